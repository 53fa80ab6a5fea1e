"""Taking edits back is exact, also after unrelated edits elsewhere; what is not certain is refused."""

from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from linkkeeper.relinking.places import unsplice
from linkkeeper.relinking.undo import undo
from linkkeeper.vocabulary.citation import OccurrenceForm
from linkkeeper.vocabulary.edition import Span
from linkkeeper.vocabulary.relink import CONTEXT_BYTES, Edit, RefusalReason

MEMENTO = b"https://keeper.example/web/20261122090000/https://gone.example/a"
TEXT = (
    b"First paragraph cites https://gone.example/a in full, with words of its own.\n\n"
    b"Second paragraph, which says something quite different, cites https://gone.example/a too.\n\n"
    b"Third paragraph cites nothing at all.\n"
)


def repaired(before: bytes, changes: Sequence[tuple[int, int, bytes]]) -> tuple[bytes, tuple[Edit, ...]]:
    """Make the edits of *changes* (ascending: start, end, new bytes)."""
    pieces, position = [], 0
    for start, end, after in changes:
        pieces += [before[position:start], after]
        position = end
    new = b"".join([*pieces, before[position:]])
    edits, shift = [], 0
    for start, end, after in changes:
        at = start + shift
        edits.append(
            Edit(
                span=Span(start, end),
                before=before[start:end],
                after=after,
                url="https://gone.example/a",
                uri_m=MEMENTO.decode(),
                form=OccurrenceForm.BARE_TEXT,
                left=new[max(0, at - CONTEXT_BYTES) : at],
                right=new[at + len(after) : at + len(after) + CONTEXT_BYTES],
                shift=shift,
            )
        )
        shift += len(after) - (end - start)
    return new, tuple(edits)


def swapped(text: bytes = TEXT, url: bytes = b"https://gone.example/a") -> tuple[bytes, tuple[Edit, ...]]:
    places, start = [], text.find(url)
    while start >= 0:
        places.append((start, start + len(url), MEMENTO))
        start = text.find(url, start + 1)
    return repaired(text, places)


def test_undo_gives_the_old_bytes() -> None:
    new, edits = swapped()
    assert len(edits) == 2
    assert undo(new, edits).data == TEXT
    assert unsplice(new, edits) == TEXT


def test_some_of_them_can_be_taken_back() -> None:
    new, edits = swapped()
    undone = undo(new, edits[1:])
    assert undone.data.count(MEMENTO) == 1
    assert undone.data.index(MEMENTO) == TEXT.index(b"https://gone.example/a")


@pytest.mark.parametrize("insertion", [b"A new beginning.\n\n", b"x" * 5000, b"\xef\xbb\xbf"])
def test_text_added_before_does_not_matter(insertion: bytes) -> None:
    new, edits = swapped()
    assert undo(insertion + new, edits).data == insertion + TEXT


def test_text_changed_between_and_behind_does_not_matter() -> None:
    new, edits = swapped()
    changed = new.replace(b"Second paragraph", b"The second one").replace(b"Third", b"Last")
    expected = TEXT.replace(b"Second paragraph", b"The second one").replace(b"Third", b"Last")
    assert undo(changed, edits).data == expected


def test_paragraphs_that_changed_places_are_found() -> None:
    new, edits = swapped()
    first, second, third = new.split(b"\n\n")
    old_first, old_second, old_third = TEXT.split(b"\n\n")
    moved = b"\n\n".join([second, first, third])
    assert undo(moved, edits).data == b"\n\n".join([old_second, old_first, old_third])


def test_a_removed_paragraph_is_listed_and_the_other_taken_back() -> None:
    new, edits = swapped()
    without = new[new.index(b"Second") :]
    undone = undo(without, edits)
    assert undone.data == TEXT[TEXT.index(b"Second") :]
    assert [refusal.reason for refusal in undone.refusals] == [RefusalReason.CHANGED_SINCE]


def test_a_repaired_link_that_the_publisher_changed_is_left() -> None:
    new, edits = swapped()
    changed = new.replace(MEMENTO, MEMENTO + b"?better", 1)
    undone = undo(changed, edits)
    assert undone.data.count(b"?better") == 1
    assert len(undone.refusals) == 1 and len(undone.edits) == 1


def test_the_publishers_own_link_to_the_same_copy_is_not_ours() -> None:
    """An archived copy that stood in the text before is told apart by its surroundings."""
    text = b"See https://gone.example/a (copy: " + MEMENTO + b"), and more of the same sentence.\n"
    start = text.index(b"https://gone.example/a")
    new, edits = repaired(text, [(start, start + 22, MEMENTO)])
    assert undo(b"Preface.\n" + new, edits).data == b"Preface.\n" + text


def test_twins_are_taken_back_in_their_order() -> None:
    """A paragraph that stands twice, word for word."""
    text = (b"The same words cite https://gone.example/a here.\n" * 2) + b"End.\n"
    new, edits = swapped(text)
    assert undo(b"New: " + new, edits).data == b"New: " + text


def test_a_copied_paragraph_is_ambiguous() -> None:
    text = b"p" * 100 + b" https://gone.example/a " + b"q" * 100
    new, edits = swapped(text)
    undone = undo(b"- " + new + new, edits)
    assert undone.data == b"- " + new + new
    assert [refusal.reason for refusal in undone.refusals] == [RefusalReason.AMBIGUOUS]


def test_an_edit_at_the_very_edges_is_found() -> None:
    new, edits = swapped(b"https://gone.example/a")
    assert undo(new, edits).data == b"https://gone.example/a"
    assert undo(new + b" and more words\n", edits).data == b"https://gone.example/a and more words\n"


pieces = st.lists(st.binary(max_size=30), min_size=1, max_size=6)


@given(pieces, st.lists(st.binary(min_size=1, max_size=20), min_size=6, max_size=6))
def test_undo_of_any_edits_is_exact(texts: list[bytes], additions: list[bytes]) -> None:
    """Un-splice after splice is the identity, on any bytes."""
    before = b"".join(texts)
    changes, position = [], 0
    for text, after in zip(texts, additions, strict=False):
        changes.append((position, position + len(text) // 2, after))
        position += len(text)
    new, edits = repaired(before, changes)
    assert unsplice(new, edits) == before
    undone = undo(new, edits)
    assert undone.data == before and not undone.refusals


@given(
    st.integers(1, 5),
    st.lists(st.tuples(st.integers(0, 4), st.binary(max_size=40)), max_size=4),
)
def test_undo_after_unrelated_edits_leaves_exactly_these(count: int, insertions: list[tuple[int, bytes]]) -> None:
    """Paragraphs are inserted between the repaired ones; undo gives the old text with the same paragraphs."""
    assume(all(b"gone.example" not in data and b"keeper" not in data for _, data in insertions))
    paragraphs = [
        b"Paragraph %d begins, with number %d, and cites https://gone.example/a before it goes on, %d.\n"
        % (n, n, n * n)
        for n in range(count)
    ]
    before = b"".join(paragraphs)
    new, edits = swapped(before)
    old_parts, new_parts = list(paragraphs), [part.replace(b"https://gone.example/a", MEMENTO) for part in paragraphs]
    for place, data in insertions:
        old_parts.insert(min(place, len(old_parts)), data + b"\n")
        new_parts.insert(min(place, len(new_parts)), data + b"\n")
    undone = undo(b"".join(new_parts), edits)
    assert new == b"".join(part.replace(b"https://gone.example/a", MEMENTO) for part in paragraphs)
    assert undone.data == b"".join(old_parts) and not undone.refusals
