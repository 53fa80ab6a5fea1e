"""
How fast citations are read, and how much memory it takes.

Run: ``python benchmarks/citations_speed.py [MEGABYTES]``. One line a case:
megabytes of CPU second, the share of the speed of ``html.parser`` on the same
bytes (a yardstick where the machine has other work), and the peak of traced
memory as a multiple of the document. With ``LINKKEEPER_CORPUS`` set, the HTML
pages of the shared corpus come first.
"""

import os
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

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


def linked_page(links: int) -> bytes:
    """An article with nothing but links, *links* of them."""
    items = "".join(f'<p>See <a href="https://a{n % 500}.example/{n}">number {n}</a>.</p>\n' for n in range(links))
    return f"<html><body><article>{items}</article></body></html>".encode()


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
    yield "links.html", linked_page(size // 64)
    yield "text.txt", text_file(size)
    yield "notes.md", markdown_file(size)


def corpus() -> list[bytes]:
    folder = Path(os.environ.get("LINKKEEPER_CORPUS", "")) / "corpus" / "citations" / "documents"
    return [path.read_bytes() for path in sorted(folder.glob("*.html"))] if folder.is_dir() else []


def seconds(work: Callable[[bytes], object], documents: list[bytes]) -> float:
    """The best of three runs over all documents, CPU time."""
    taken = []
    for _ in range(3):
        started = time.process_time()
        for data in documents:
            work(data)
        taken.append(time.process_time() - started)
    return min(taken)


def parse_alone(data: bytes) -> None:
    parser = HTMLParser()
    parser.feed(data.decode("utf-8", "replace"))
    parser.close()


def peak_of(data: bytes, name: str) -> float:
    tracemalloc.start(1)
    read(data, location=name)
    peak = tracemalloc.get_traced_memory()[1] / len(data)
    tracemalloc.stop()
    return peak


def report(title: str, name: str, documents: list[bytes]) -> None:
    def work(data: bytes) -> object:
        return read(data, location=name)

    size = sum(len(data) for data in documents) / 1e6
    took = seconds(work, documents)
    share = f"{seconds(parse_alone, documents) / took:4.2f} of html.parser" if name.endswith("html") else ""
    peaks = [peak_of(data[:2_000_000], name) for data in documents]
    print(f"{title:12} {size:5.1f} MB  {size / took:5.2f} MB/s {share:20}  memory {max(peaks):4.1f} x", flush=True)


def main() -> None:
    size = int(float(sys.argv[1]) * 1e6) if len(sys.argv) > 1 else 3_000_000
    if pages := corpus():
        report("corpus", "page.html", pages)
    for name, data in cases(size):
        report(name, name, [data])
    took = seconds(parse, [html_page(size)])
    print(f"markup alone {size / 1e6:5.1f} MB  {size / 1e6 / took:5.2f} MB/s")


if __name__ == "__main__":
    main()
