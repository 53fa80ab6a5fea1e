"""
Fingerprints of text: 4-word shingles, a bottom-k sketch of them, a 64-bit simhash.

Words are case-folded; a character of a script without spaces counts as a word
of its own, so that Chinese and Japanese pages are compared like others.

Source: Broder 1997 (shingles, bottom-k); Charikar 2002 (simhash).
"""

import re
import struct
import unicodedata
from collections.abc import Iterable, Set
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

SHINGLE_WORDS = 4
SKETCH_SIZE = 256
_VERSION = 1

# Han, Hiragana, Katakana, Thai, Lao, Khmer and Myanmar are written without spaces.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")


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
            "version": _VERSION,
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
            ValueError: of another version, or not a sketch.
        """
        if data.get("version") != _VERSION:
            raise ValueError(f"sketch of version {data.get('version')!r}, this release reads {_VERSION}")
        return cls(
            words=int(data["words"]),
            shingles=int(data["shingles"]),
            simhash=int(data["simhash"], 16),
            sample=tuple(int(value, 16) for value in data["sample"]),
        )


def words_of(text: str) -> list[str]:
    """The words of *text*, case-folded, in order; punctuation is no word."""
    folded = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    return _WORD.findall(folded)


def shingles_of(text: str) -> frozenset[int]:
    """The 64-bit hashes of the 4-word shingles of *text*; one for a text of one to three words."""
    return frozenset(_hashes(_digests(words_of(text))))


def sketch(text: str) -> Sketch:
    """Sketch *text*; an empty text gives an empty sketch."""
    words = words_of(text)
    digests = _digests(words)
    hashes = set(_hashes(digests))
    return Sketch(
        words=len(words),
        shingles=len(hashes),
        sample=tuple(sorted(hashes)[:SKETCH_SIZE]),
        simhash=_simhash(b"".join(digests)),
    )


def simhash(text: str) -> int:
    """The 64-bit simhash of *text*; 0 for an empty one."""
    return _simhash(b"".join(_digests(words_of(text))))


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


def _digests(words: list[str]) -> list[bytes]:
    if not words:
        return []
    # Encoded at once: a word has no line break.
    parts = "\n".join(words).encode("utf-8", "replace").split(b"\n")
    if len(parts) < SHINGLE_WORDS:
        return [blake2b(b" ".join(parts), digest_size=8).digest()]
    runs: Iterable[tuple[bytes, ...]] = zip(parts, parts[1:], parts[2:], parts[3:], strict=False)
    return [blake2b(text, digest_size=8).digest() for text in map(b" ".join, runs)]


def _hashes(digests: list[bytes]) -> tuple[int, ...]:
    return struct.unpack(f">{len(digests)}Q", b"".join(digests))


def _simhash(digests: bytes) -> int:
    # Bit by bit over all hashes at once, as big integers: far faster than hash by hash.
    count = len(digests) // 8
    ones = 0
    for place in range(8):
        column = int.from_bytes(digests[7 - place :: 8], "big")
        lowest = int.from_bytes(b"\x01" * count, "big")
        for bit in range(8):
            if (column & lowest << bit).bit_count() * 2 > count:
                ones |= 1 << (place * 8 + bit)
    return ones
