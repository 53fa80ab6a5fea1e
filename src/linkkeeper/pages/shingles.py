"""
Fingerprints of text: 4-word shingles, a bottom-k sketch of them, a 64-bit simhash.

Words are case-folded; a character of a script without spaces counts as a word
of its own, so that Chinese and Japanese pages are compared like others.

A shingle's hash is that of its words, ``w0 + K·w1 + K²·w2 + K³·w3`` modulo
2**64, and that of a word eight bytes of its BLAKE2b, so that each word of a
page is hashed once, or not at all where an earlier page had it.

Source: Broder 1997 (shingles, bottom-k); Charikar 2002 (simhash); Karp and
Rabin 1987 (hashes of runs as polynomials).
"""

import re
import struct
import unicodedata
from collections.abc import Set
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

SHINGLE_WORDS = 4
SKETCH_SIZE = 256
#: Of the hashes: values of another version are of no use beside these.
HASH_VERSION = 2

# Han, Hiragana, Katakana, Thai, Lao, Khmer and Myanmar are written without spaces.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_ASCII_BREAKS = str.maketrans({chr(code): " " for code in range(128) if not chr(code).isalnum()})

#: Odd, as is the multiplier of each distance: no bit of a word is lost.
_NEXT = int.from_bytes(blake2b(b"linkkeeper shingle", digest_size=8).digest(), "little") | 1
_NEXT_BUT_ONE = _NEXT * _NEXT % 2**64
_LANE_BYTES = 16
_MOST_WORDS_KNOWN = 30_000
_LONGEST_WORD_KNOWN = 40


class _WordLanes(dict[str, bytes]):
    """
    The hash of each word, eight bytes and as many of room for a product.

    Forgets everything once it is full: the words of a language are soon back.
    """

    def __missing__(self, word: str) -> bytes:
        lane = blake2b(word.encode("utf-8", "replace"), digest_size=8).digest() + bytes(8)
        if len(word) <= _LONGEST_WORD_KNOWN:
            if len(self) >= _MOST_WORDS_KNOWN:
                self.clear()
            self[word] = lane
        return lane


_WORD_LANES = _WordLanes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """
    What is kept of a text to compare later texts with.

    Attributes:
        words: Number of words.
        shingles: Number of distinct shingles.
        sample: The up to 256 smallest shingle hashes, ascending: a uniform
            sample of the shingles, so that the share of it found in another
            text estimates the share of all.
        simhash: Of all shingles; near texts differ in few bits.
    """

    words: int
    shingles: int
    sample: tuple[int, ...]
    simhash: int

    def to_json(self) -> dict[str, Any]:
        return {
            "version": HASH_VERSION,
            "words": self.words,
            "shingles": self.shingles,
            "simhash": f"{self.simhash:016x}",
            "sample": [f"{value:016x}" for value in self.sample],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Sketch":
        """
        The inverse of :meth:`to_json`.

        Raises:
            ValueError: of another version, or not a sketch; to be made anew from the text.
        """
        if data.get("version") != HASH_VERSION:
            raise ValueError(f"sketch of version {data.get('version')!r}, this release reads {HASH_VERSION}")
        return cls(
            words=int(data["words"]),
            shingles=int(data["shingles"]),
            simhash=int(data["simhash"], 16),
            sample=tuple(int(value, 16) for value in data["sample"]),
        )


def words_of(text: str) -> list[str]:
    """The words of *text*, case-folded, in order; punctuation is no word."""
    if text.isascii():
        return text.lower().translate(_ASCII_BREAKS).split()
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def shingles_of(text: str) -> frozenset[int]:
    """The 64-bit hashes of the 4-word shingles of *text*; one for a text of one to three words."""
    return frozenset(_hashes(_lanes(words_of(text))))


def sketch(text: str) -> Sketch:
    """Sketch *text*; an empty text gives an empty sketch."""
    words = words_of(text)
    lanes = _lanes(words)
    hashes = set(_hashes(lanes))
    return Sketch(
        words=len(words),
        shingles=len(hashes),
        sample=tuple(sorted(hashes)[:SKETCH_SIZE]),
        simhash=_simhash(lanes),
    )


def simhash(text: str) -> int:
    """The 64-bit simhash of *text*; 0 for an empty one."""
    return _simhash(_lanes(words_of(text)))


def written_simhash(text: str) -> str:
    """:func:`simhash` as rows keep it: the version of the hashes, a colon, 16 hexadecimal digits."""
    return f"{HASH_VERSION}:{simhash(text):016x}"


def simhash_distance(one: int, other: int) -> int:
    """Bits in which two simhashes differ, 0 to 64."""
    return (one ^ other).bit_count()


def kept_share(old: Sketch, new: Set[int]) -> float:
    """
    The share of the old text's shingles that the new text still has.

    Args:
        new: :func:`shingles_of` the new text.

    Returns:
        0 to 1; 1 when the old text was empty (nothing could be lost).
    """
    if not old.sample:
        return 1.0
    return sum(value in new for value in old.sample) / len(old.sample)


def likeness(one: Sketch, other: Sketch) -> float:
    """
    The Jaccard likeness of two texts' shingles, 0 to 1; 1 for two empty ones.

    Exact while both have at most 256 shingles, else an estimate from the 256
    smallest of their union. Source: Broder 1997, section 4.
    """
    first, second = set(one.sample), set(other.sample)
    smallest = sorted(first | second)[:SKETCH_SIZE]
    if not smallest:
        return 1.0
    return sum(value in first and value in second for value in smallest) / len(smallest)


def _lanes(words: list[str]) -> bytes:
    """
    The hash of each shingle, little-endian, in the lower half of a lane of 16 bytes.

    All at once, as lanes of one large integer: far faster than shingle by
    shingle. A product of two hashes and a third hash still fit into a lane.
    """
    if not words:
        return b""
    if len(words) < SHINGLE_WORDS:
        return _WORD_LANES[" ".join(words)]
    hashed = int.from_bytes(b"".join(map(_WORD_LANES.__getitem__, words)), "little")
    lower = int.from_bytes((b"\xff" * 8 + bytes(8)) * len(words), "little")
    pairs = hashed + (hashed >> 8 * _LANE_BYTES) * _NEXT & lower
    runs = pairs + (pairs >> 16 * _LANE_BYTES) * _NEXT_BUT_ONE
    # The last three lanes began too late for a run of four.
    size = _LANE_BYTES * len(words)
    return runs.to_bytes(size, "little")[: size - _LANE_BYTES * (SHINGLE_WORDS - 1)]


def _hashes(lanes: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(lanes) // 8}Q", lanes)[::2]


def _simhash(lanes: bytes) -> int:
    # Bit by bit over all hashes at once, as large integers.
    count = len(lanes) // _LANE_BYTES
    lowest = int.from_bytes(b"\x01" * count, "little")
    masks = [lowest << bit for bit in range(8)]
    ones = 0
    for place in range(8):
        column = int.from_bytes(lanes[place::_LANE_BYTES], "little")
        for bit, mask in enumerate(masks):
            if (column & mask).bit_count() * 2 > count:
                ones |= 1 << (place * 8 + bit)
    return ones
