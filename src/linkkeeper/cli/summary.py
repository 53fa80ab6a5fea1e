"""The table at the end of a run."""

from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from linkkeeper.cli.output import counted
from linkkeeper.pipeline.report import Hindrance, Report, SourceFound

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
_ADVICE = {
    Hindrance.ADDRESS: "at a private address. If it is yours, name it in [network] allow_addresses.",
    Hindrance.PROXY: "because the proxy did not let us out. See [network] proxy and `linkkeeper doctor`.",
    Hindrance.OUTAGE: "because our own network was out. See `linkkeeper doctor`, and run this again.",
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
    console.print(
        f"\n{counted(notes, 'note')}, {counted(len(report.sources()), 'source')}: {states}; {shown} with a good capture"
    )
    for hindrance, amount in Counter(source.hindrance for source in report.sources() if source.hindrance).items():
        console.print(f"not visited: {counted(amount, 'source')}, {_ADVICE[hindrance]}")
    for analysis in report.analyses:
        if analysis.relinked:
            console.print(f"relinked copy: {out / analysis.relinked} ({counted(analysis.repairs, 'repair')})")
        for refusal in analysis.refusals:
            console.print(f"  not repaired: {refusal}")
    console.print(f"report: {out / 'report.html'}")


def _capture_words(source: SourceFound) -> str:
    if source.capture is None:
        return "none"
    quality = source.capture.quality.value.replace("_", " ")
    return quality if source.capture.confirmed or not source.shown else f"{quality}, unconfirmed"
