"""
Whether reading stays linear in the size of a page: huge, full of links, nested, hostile.

Run: ``python benchmarks/citations_growth.py [MEGABYTES]`` (of the largest page,
20 if not given). One line a case: CPU seconds for a quarter, a half and the
whole of it, what twice the size cost (2.0 is linear), and the peak of traced
memory as a multiple of the document, for at most 5 MB of it.
"""

import sys
import time
from collections.abc import Callable

from citations_speed import html_page, linked_page, peak_of, text_file

from linkkeeper.citations.read import read

#: Tracing memory takes several times as long (bytes of the size asked for).
_TRACED = 5_000_000


def repeated(unit: str, *, before: str = "", after: str = "") -> Callable[[int], bytes]:
    return lambda size: (before + unit * (size // len(unit)) + after).encode()


def linked(size: int) -> bytes:
    return linked_page(size // 400)


CASES: tuple[tuple[str, str, Callable[[int], bytes], float], ...] = (
    ("article with notes", "a.html", html_page, 1.0),
    ("50,000 links", "a.html", linked, 1.0),
    ("flattened text", "a.txt", text_file, 0.2),
    ("nested elements", "a.html", repeated("<div class=notes>x"), 0.2),
    ("nested lists", "a.html", repeated("<ol><li id=fn1><a href=#r>1</a>"), 0.2),
    ("unclosed comment starts", "a.html", repeated("<!--"), 0.2),
    ("marks to one place", "a.html", repeated("<a href=#n>1</a> ", after="<p id=n>1. x https://a.example/</p>"), 0.1),
    ("brackets", "a.md", repeated("[a]("), 0.1),
    ("scheme after scheme", "a.txt", repeated("https://"), 0.1),
    ("open brackets in a URL", "a.txt", repeated("https://a.example/(["), 0.1),
    ("quotes without end", "a.txt", repeated("“x "), 0.1),
    ("arrows", "a.txt", repeated("↩"), 0.1),
    ("data in one tag", "a.html", repeated("data-x='y z' ", before="<p>x <a ", after=">1</a>"), 0.1),
    ("notes held by tags", "a.html", repeated("<a data-note='x y z' "), 0.1),
    (
        "openers in one tag",
        "a.html",
        repeated("popovertarget=x ", before="<p>x <button ", after=">1</button><p id=x>"),
        0.1,
    ),
    ("attributes without end", "a.html", repeated('<a title="'), 0.1),
    ("destinations without end", "a.md", repeated("[a](<"), 0.05),
    ("numbers", "a.txt", repeated("1. 2. 3. [1] "), 0.1),
    ("supra after supra", "a.txt", repeated("\n[1] Kay, op. cit., supra note 3, 4 and 5-9."), 0.1),
)


def seconds(data: bytes, name: str) -> float:
    started = time.process_time()
    read(data, location=name)
    return time.process_time() - started


def main() -> None:
    largest = int(float(sys.argv[1]) * 1e6) if len(sys.argv) > 1 else 20_000_000
    for title, name, make, share in CASES:
        sizes = [int(largest * share / part) for part in (4, 2, 1)]
        quarter, half, whole = (seconds(make(size), name) for size in sizes)
        growth = ", ".join(f"{after / max(before, 1e-3):.2f}" for before, after in ((quarter, half), (half, whole)))
        spent = f"{quarter:6.2f} {half:6.2f} {whole:6.2f} s"
        memory = peak_of(make(min(sizes[-1], _TRACED)), name)
        print(
            f"{title:24} {sizes[-1] / 1e6:5.1f} MB  {spent}  twice costs {growth}  memory {memory:4.1f} x", flush=True
        )


if __name__ == "__main__":
    main()
