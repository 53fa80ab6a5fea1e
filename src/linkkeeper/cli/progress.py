"""The bar of a round: counts, the host at work, the time left."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from linkkeeper.pipeline.archive_run import Tally
from linkkeeper.vocabulary.capture import Quality
from linkkeeper.vocabulary.uri import host_of

_ENDED = frozenset(quality.value for quality in Quality)


class RoundProgress:
    """Two bars on standard error, for captures and looks; on a pipe a line per ended capture instead."""

    def __init__(self, console: Console, *, tally: Tally) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description:9}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TextColumn("{task.fields[host]}", style="dim"),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            console=console,
            disable=not console.is_terminal,
        )
        self._captures = self._progress.add_task("captures", total=tally.captures_left, host="")
        self._looks = self._progress.add_task("looks", total=tally.looks_left, host="")
        self._done = 0
        self._total = tally.captures_left

    def __enter__(self) -> "RoundProgress":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def capture_moved(self, url: str, words: str) -> None:
        """A capture started, moved on to a step, or ended with its quality."""
        if words not in _ENDED:
            self._show(self._captures, f"{host_of(url)}: {words}")
            return
        self._done += 1
        self._total = max(self._total, self._done)
        self._progress.update(self._captures, completed=self._done, total=self._total, host=host_of(url))
        if not self._console.is_terminal:
            self._console.print(f"[{self._done}/{self._total}] {words:9} {url}")

    def look_ended(self, url: str, words: str) -> None:
        self._progress.advance(self._looks)
        self._show(self._looks, f"{host_of(url)}: {words}")

    def _show(self, task: TaskID, host: str) -> None:
        self._progress.update(task, host=host)
