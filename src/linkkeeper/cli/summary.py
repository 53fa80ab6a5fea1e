"""The table at the end of a run."""

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from linkkeeper.pipeline.report import Report, SourceFound

_TONES = {
    "alive": "green",
    "redirected": "green",
    "dead": "red",
    "soft_404": "red",
    "parked": "red",
    "usurped": "red",
    "never_existed": "red",
    "new": "dim",
}


def print_summary(report: Report, out: Path, console: Console) -> None:
    """Sources by state and capture, then where everything lies."""
    table = Table(title=None, show_edge=False, pad_edge=False)
    table.add_column("source", overflow="fold", ratio=3)
    table.add_column("state", no_wrap=True)
    table.add_column("found", overflow="fold", ratio=2)
    table.add_column("capture", no_wrap=True)
    for source in report.sources():
        tone = _TONES.get(source.state.value, "yellow")
        state = Text(source.state.value.replace("_", " "), style=tone)
        table.add_row(source.url, state, source.words, _capture_words(source))
    console.print(table)
    states = ", ".join(f"{amount} {state.value.replace('_', ' ')}" for state, amount in report.states())
    shown = sum(source.shown for source in report.sources())
    notes = sum(len(analysis.notes) for analysis in report.analyses)
    console.print(f"\n{notes} notes, {len(report.sources())} sources: {states}; {shown} with a good capture")
    for analysis in report.analyses:
        if analysis.relinked:
            words = "1 repair" if analysis.repairs == 1 else f"{analysis.repairs} repairs"
            console.print(f"relinked copy: {out / analysis.relinked} ({words})")
        for refusal in analysis.refusals:
            console.print(f"  not repaired: {refusal}")
    console.print(f"report: {out / 'report.html'}")


def _capture_words(source: SourceFound) -> str:
    if source.capture is None:
        return "none"
    quality = source.capture.quality.value.replace("_", " ")
    return quality if source.capture.confirmed or not source.shown else f"{quality}, unconfirmed"
