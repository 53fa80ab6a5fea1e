"""A citation stays itself from edition to edition."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from linkkeeper.citations.identity import match
from linkkeeper.vocabulary.records import CitationMark, StoredCitation

KEY = "https://a.example/"


def mark(text: str, *, key: str = KEY, kind: str = "note", ordinal: int = 0) -> CitationMark:
    return CitationMark(identity_key=key, note_text=text, kind=kind, ordinal=ordinal)


def stored(*marks: CitationMark) -> list[StoredCitation]:
    return [StoredCitation(id=index + 1, mark=item) for index, item in enumerate(marks)]


def test_an_inserted_note_is_new_and_moves_no_other() -> None:
    old = stored(mark("Kay, Salt, 3."), mark("Kay, Salt, 9.", ordinal=1))
    new = [mark("Kay, Salt, 3."), mark("Ott on iron mines", ordinal=1), mark("Kay, Salt, 9.", ordinal=2)]
    assert match(old, new) == [1, None, 2]


def test_a_corrected_note_stays_itself() -> None:
    old = stored(mark("Kay, The History of Salt, 1999, p. 3."), mark("Ott, Iron and Steel, 2002.", ordinal=1))
    new = [mark("Ott, Iron and Steel, 2003, p. 4."), mark("Kay, The Historie of Salt, 1999, p. 3.", ordinal=1)]
    assert match(old, new) == [2, 1]


def test_a_rewritten_note_on_the_same_source_stays_itself() -> None:
    assert match(stored(mark("Kay, Salt.")), [mark("As the board admitted only much later")]) == [1]


def test_another_source_is_another_citation() -> None:
    assert match(stored(mark("Kay, Salt.")), [mark("Kay, Salt.", key="https://b.example/")]) == [None]


def test_links_of_the_text_and_repeats_are_not_mixed_with_notes() -> None:
    old = stored(mark("", kind="link"), mark("Ibid.", kind="repeat"))
    assert match(old, [mark("", kind="repeat"), mark("", kind="link"), mark("")]) == [2, 1, None]


def test_of_two_merged_notes_one_goes_on() -> None:
    old = stored(mark("Kay, Salt, 3."), mark("Kay, Salt, 9.", ordinal=1))
    assert match(old, [mark("Kay, Salt, 3 and 9.")]) in ([1], [2])


def test_the_nth_stays_the_nth_where_texts_are_alike() -> None:
    old = stored(*(mark("Ibid.", ordinal=index) for index in range(5)))
    assert match(old, [mark("Ibid.", ordinal=index) for index in range(5)]) == [1, 2, 3, 4, 5]


_MARKS = st.builds(
    CitationMark,
    identity_key=st.sampled_from([KEY, "https://b.example/"]),
    note_text=st.sampled_from(["", "Ibid.", "Kay, Salt.", "Kay, Salt, 3.", "Ott"]),
    kind=st.sampled_from(["note", "link"]),
    ordinal=st.integers(0, 4),
)


@given(st.lists(_MARKS, max_size=12))
def test_an_unchanged_edition_keeps_every_identity(marks: Sequence[CitationMark]) -> None:
    assert match(stored(*marks), marks) == list(range(1, len(marks) + 1))


@given(st.lists(_MARKS, max_size=12), st.lists(_MARKS, max_size=12))
def test_no_stored_citation_is_given_twice(old: Sequence[CitationMark], new: Sequence[CitationMark]) -> None:
    kept = stored(*old)
    found = [identity for identity in match(kept, new) if identity is not None]
    assert len(found) == len(set(found))
    by_id = {citation.id: citation.mark for citation in kept}
    for identity, item in zip(match(kept, new), new, strict=True):
        assert identity is None or by_id[identity].identity_key == item.identity_key
