"""
How fast citations are read, and how much memory it takes.

Run: ``python benchmarks/citations_speed.py [MEGABYTES]``. One line a case:
megabytes a second and the peak of memory as a multiple of the document.
"""

import sys
import time
import tracemalloc
from collections.abc import Iterator

from linkkeeper.citations.read import read
from linkkeeper.pages.markup import parse

_PROSE = (
    "The council met on Tuesday to discuss the state of the harbour, the price of salt, and the many complaints "
    "of the fishing fleet about the new breakwater, which nobody had asked for &amp; nobody would pay for. "
)


def html_page(size: int) -> bytes:
    """An article with a note for every paragraph."""
    body, notes, number = [], [], 0
    length = 0
    while length < size:
        number += 1
        paragraph = (
            f'<p class="para">{_PROSE}<a href="https://harbour.example/{number}">As reported</a>, '
            f'<em>it did</em>.<sup id="fnref{number}"><a href="#fn{number}">{number}</a></sup></p>\n'
        )
        note = (
            f'<li id="fn{number}">Board, <em>Minutes</em>, March {number % 28 + 1}, 2020,'
            f" https://board.example/{number}?a=1&amp;b=2 "
            f'[https://perma.cc/AB{number % 90 + 10}-CD34]. <a href="#fnref{number}">↩</a></li>\n'
        )
        body.append(paragraph)
        notes.append(note)
        length += len(paragraph) + len(note)
    listed = f"<ol class=footnotes>{''.join(notes)}</ol>"
    return f"<html><body><article>{''.join(body)}{listed}</article></body></html>".encode()


def text_file(size: int) -> bytes:
    """A flattened text with its notes at the end."""
    body, notes, number, length = [], [], 0, 0
    while length < size:
        number += 1
        body.append(f"{_PROSE}[{number}] ")
        notes.append(f"[{number}] Board, “Minutes,” March 3, 2020, https://board.example/{number}?a=1. ")
        length += len(body[-1]) + len(notes[-1])
    return f"{''.join(body)} Endnotes {''.join(notes)}".encode()


def markdown_file(size: int) -> bytes:
    body, notes, number, length = [], [], 0, 0
    while length < size:
        number += 1
        body.append(f"{_PROSE}[As reported](https://harbour.example/{number}).[^{number}]\n\n")
        notes.append(f"[^{number}]: Board, *Minutes*, <https://board.example/{number}>.\n")
        length += len(body[-1]) + len(notes[-1])
    return f"{''.join(body)}\n{''.join(notes)}".encode()


def cases(size: int) -> Iterator[tuple[str, bytes]]:
    yield "page.html", html_page(size)
    yield "text.txt", text_file(size)
    yield "notes.md", markdown_file(size)


def main() -> None:
    size = int(float(sys.argv[1]) * 1e6) if len(sys.argv) > 1 else 3_000_000
    for name, data in cases(size):
        started = time.process_time()
        reading = read(data, location=name)
        took = time.process_time() - started
        tracemalloc.start()
        read(data[: min(len(data), 2_000_000)], location=name)
        peak = tracemalloc.get_traced_memory()[1] / min(len(data), 2_000_000)
        tracemalloc.stop()
        print(
            f"{name:10} {len(data) / 1e6:6.1f} MB  {len(data) / 1e6 / took:6.1f} MB/s  memory {peak:4.1f} x  "
            f"{len(reading.notes)} notes, {len(reading.links)} links"
        )
    page = html_page(size)
    started = time.process_time()
    parse(page)
    print(f"markup     {len(page) / 1e6:6.1f} MB  {len(page) / 1e6 / (time.process_time() - started):6.1f} MB/s")


if __name__ == "__main__":
    main()
