"""Shingles, sketches and simhashes: what is kept of a text to compare later ones with."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkkeeper.pages.shingles import (
    HASH_VERSION,
    SKETCH_SIZE,
    Sketch,
    kept_share,
    likeness,
    shingles_of,
    simhash,
    simhash_distance,
    sketch,
    words_of,
    written_simhash,
)

DICE = random.Random(4)
WORDS = [f"word{number}" for number in range(4_000)]
TEXT = " ".join(DICE.choices(WORDS, k=3_000))


def test_words_have_no_case_and_no_punctuation() -> None:
    expected = ["the", "well", "s", "depth", "2", "41", "m", "strasse", "strasse"]
    assert words_of("The well's “Depth”: 2.41 m, straße_Straße") == expected


def test_characters_of_unspaced_scripts_are_words() -> None:
    assert words_of("地下水 level") == ["地", "下", "水", "level"]


def test_a_text_keeps_all_of_itself_and_nothing_of_another() -> None:
    other = " ".join(f"other{number}" for number in range(500))
    assert kept_share(sketch(TEXT), shingles_of(TEXT)) == 1.0
    assert kept_share(sketch(TEXT), shingles_of(other)) == 0.0
    assert likeness(sketch(TEXT), sketch(TEXT)) == 1.0
    assert likeness(sketch(TEXT), sketch(other)) == 0.0


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.8])
def test_the_sample_estimates_the_share_that_is_kept(share: float) -> None:
    kept = " ".join(TEXT.split()[: int(3_000 * share)])
    assert kept_share(sketch(TEXT), shingles_of(kept)) == pytest.approx(share, abs=0.1)


def test_near_texts_have_near_simhashes_and_others_not() -> None:
    near = TEXT.replace("word7 ", "word8 ")
    assert simhash_distance(simhash(TEXT), simhash(near)) < 8
    other = " ".join(f"other{number}" for number in range(500))
    assert simhash_distance(simhash(TEXT), simhash(other)) > 16


@pytest.mark.parametrize(("text", "words", "shingles"), [("", 0, 0), ("one", 1, 1), ("a b c", 3, 1), ("a b c d", 4, 1)])
def test_short_texts_have_a_sketch_too(text: str, words: int, shingles: int) -> None:
    made = sketch(text)
    assert (made.words, made.shingles, len(made.sample)) == (words, shingles, shingles)
    assert likeness(made, sketch(text)) == 1.0


def test_the_sketch_of_a_long_text_stays_small() -> None:
    made = sketch(TEXT)
    assert len(made.sample) == SKETCH_SIZE
    assert len(json.dumps(made.to_json())) < 6_000


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_a_sketch_reads_back_as_written(text: str) -> None:
    made = sketch(text)
    assert Sketch.from_json(json.loads(json.dumps(made.to_json()))) == made
    assert made.simhash == simhash(text)
    assert 0 <= simhash(text) < 2**64


def test_a_sketch_of_another_version_is_refused() -> None:
    """Hashes of another release compare with nothing of ours."""
    with pytest.raises(ValueError, match="version 1"):
        Sketch.from_json(sketch(TEXT).to_json() | {"version": 1})


def test_a_written_simhash_names_its_version() -> None:
    assert written_simhash(TEXT) == f"{HASH_VERSION}:{simhash(TEXT):016x}"


def test_these_hashes_are_those_of_this_version() -> None:
    """Whoever changes them raises the version: what was kept can't be compared any more."""
    assert HASH_VERSION == 2
    assert shingles_of("one two three four") == {0xD22019425FB29517}
    assert shingles_of("Viele Grüße") == {0x2BCA27B76AADA834}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "water", "Wasser", "é", "水", "7"]), min_size=4, max_size=40))
def test_a_run_of_four_has_one_hash_wherever_it_stands(words: list[str]) -> None:
    """All shingles of a text are hashed at once, as lanes of one integer: none may touch its neighbours."""
    text = " ".join(words)
    assert shingles_of(text) == frozenset(_hashes(text))


def test_the_order_of_the_words_counts() -> None:
    runs = ["a b c d", "b a c d", "a c b d", "d c b a", "a a a a", "b b b b"]
    assert len({next(iter(shingles_of(run))) for run in runs}) == len(runs)


def test_the_simhash_is_the_majority_of_the_bits() -> None:
    """Against the definition, bit by bit."""
    hashes = _hashes(TEXT)
    expected = sum(1 << bit for bit in range(64) if sum(value >> bit & 1 for value in hashes) * 2 > len(hashes))
    assert simhash(TEXT) == expected


def _hashes(text: str) -> list[int]:
    words = words_of(text)
    runs = [" ".join(words[index : index + 4]) for index in range(len(words) - 3)]
    return [next(iter(shingles_of(run))) for run in runs]
