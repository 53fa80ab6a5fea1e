"""For arbitrary documents and choices, in every format: undo gives the old bytes, and nothing else changed."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linkkeeper.citations.read import read
from linkkeeper.errors import InputError
from linkkeeper.relinking.places import unsplice
from linkkeeper.relinking.repair import Text, plan
from linkkeeper.relinking.undo import undo
from linkkeeper.vocabulary.relink import Repair, RepairPolicy
from linkkeeper.vocabulary.state import LinkState

URLS = [
    "https://gone.example/a",
    "https://gone.example/a/b_(c)?x=1&y=2",
    "http://www.lost.example",
    "https://perma.cc/AB12-CD34",
]
COMMON = [
    "\n",
    "\n\n",
    "\r\n",
    " ",
    ". ",
    "; and ",
    "Text ",
    "é ",
    "日本 ",
    "(",
    ")",
    "[",
    "]",
    "<",
    ">",
    "“",
    "”",
    "*",
    "`",
]
PIECES = {
    "md": [
        "[^1]: ",
        "[words](",
        "[1]: ",
        "```\n",
        "    ",
        "<a href='",
        "'>x</a>",
        "Claim.[^1] ",
        "| ",
        "> ",
        "![",
        "\\",
    ],
    "txt": [
        "[1] ",
        "1. ",
        "2 | ",
        "Ibid. ",
        "↩ ",
        "accessed 3 May 2020",
        " [archived 2020-01-01: https://k.example/x]",
    ],
    "rst": [".. [1] ", ".. _name: ", "`words <", ">`_", "| ", "+---+\n", "::\n\n   ", "Claim [1]_"],
    "wiki": ["<ref>", "</ref>", "{{cite web|url=", "|title=T", "}}", "== H ==\n", "|archive-url=", "{{x|", "<nowiki>"],
    "html": [
        "<p>",
        "</p>",
        '<a href="',
        '">',
        "</a>",
        "<li id=fn1>",
        "<sup>",
        "<!-- ",
        " -->",
        "<nav>",
        "<code>",
        "&amp;",
    ],
}


documents = st.sampled_from(sorted(PIECES)).flatmap(
    lambda suffix: st.tuples(
        st.just(suffix), st.lists(st.sampled_from([*PIECES[suffix], *COMMON, *URLS, *URLS]), max_size=40).map("".join)
    )
)
mementos = st.sampled_from(["", "?a=(b", "/x|y[z]", "/ж", "/'q'"])


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(documents, st.sets(st.sampled_from(URLS), min_size=1), mementos, st.sampled_from(RepairPolicy), st.booleans())
def test_undo_is_the_inverse_and_only_the_places_change(
    document: tuple[str, str], dead: set[str], tail: str, policy: RepairPolicy, hostile: bool
) -> None:
    suffix, text = document
    data = text.encode()
    state = LinkState.PARKED if hostile else LinkState.DEAD
    repairs = [
        Repair(
            url=url, uri_m=f"https://k.example/web/1/{url}{tail}", moment=datetime(2024, 2, 3, tzinfo=UTC), state=state
        )
        for url in sorted(dead)
    ]
    with contextlib.suppress(InputError):
        made = plan(Text(data=data, location=f"x.{suffix}"), repairs, policy=policy, read=read)
        assert unsplice(made.after, made.edits) == data
        undone = undo(made.after, made.edits)
        assert undone.data == data and not undone.refusals
        old = new = 0
        for edit in made.edits:
            at = edit.span.start + edit.shift
            assert made.after[new:at] == data[old : edit.span.start]
            old, new = edit.span.end, at + len(edit.after)
        assert made.after[new:] == data[old:]
        again = plan(Text(data=made.after, location=f"x.{suffix}"), repairs, policy=policy, read=read)
        assert unsplice(again.after, again.edits) == made.after


@pytest.mark.parametrize(
    ("suffix", "piece"),
    [
        ("rst", "- "),
        ("rst", "::\n"),
        ("rst", ">>> x\n"),
        ("md", "``a`"),
        ("md", "{{<"),
        ("md", "<code>"),
        ("wiki", "{{a|"),
    ],
)
def test_openings_without_ends_are_read_in_no_time(suffix: str, piece: str) -> None:
    """The suite's time limit tells; none of these takes a tenth of a second."""
    data = (piece * (40_000 // len(piece)) + f"\n\nSee {URLS[0]} x\n").encode()
    repair = Repair(url=URLS[0], uri_m="https://k.example/a", moment=datetime(2024, 2, 3, tzinfo=UTC))
    made = plan(Text(data=data, location=f"x.{suffix}"), [repair], read=read)
    assert unsplice(made.after, made.edits) == data
