"""
How fast repairs are: ``python benchmarks/relink_speed.py [--corpus DIR]``.

Prints MB/s of HTML with three dead links and with none, and what the
middleware adds to a page of 100 KB. Each figure is the best of several runs.
Without a corpus (``LINKKEEPER_CORPUS``) the pages are made here, of the shape
of published analyses.
"""

import argparse
import asyncio
import os
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from linkkeeper.pages.markup import parse
from linkkeeper.relinking.repair import Text, plan
from linkkeeper.vocabulary.citation import SourceFormat
from linkkeeper.vocabulary.relink import Repair

RUNS = 7
WORDS = ("policy", "of", "states", "relations", "with", "others", "said", "changed", "after", "war", "ended")


def made_page(size: int, *, seed: int = 1) -> bytes:
    """A page of about *size* bytes: navigation, paragraphs with links, notes with links."""
    rng = random.Random(seed)
    head = '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>An analysis</title></head><body>'
    nav = "".join(
        f'<li class="menu-item"><a href="https://publisher.example/topic/{n}">Topic {n}</a></li>' for n in range(40)
    )
    body, notes, number = [], [], 0
    while sum(map(len, body)) + sum(map(len, notes)) < size:
        number += 1
        words = " ".join(rng.choice(WORDS) for _ in range(90))
        body.append(
            f'<p class="has-text">{words}<sup><a href="#fn{number}" id="ref{number}">{number}</a></sup> {words}</p>\n'
        )
        url = f"https://source-{number}.example/reports/{rng.randrange(10**6)}/the-title-of-the-report.html"
        notes.append(
            f'<li id="fn{number}">Author, “Title {number},” <em>Journal</em>, <a href="{url}">{url}</a>.</li>\n'
        )
    page = f"{head}<nav><ul>{nav}</ul></nav><article>{''.join(body)}<ol>{''.join(notes)}</ol></article></body></html>"
    return page.encode()


def dense_page(links: int = 10_000) -> bytes:
    """A list of links and hardly a word: a page of about 1 MB that is nothing but tags."""
    items = "".join(
        f'<li class="item"><a class="link" href="https://site-{n % 500}.example/path/{n}">Entry <b>{n}</b></a>'
        f" <small>x</small></li>\n"
        for n in range(links)
    )
    head = '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>A list</title></head><body>'
    return f"{head}<main><ul>{items}</ul></main></body></html>".encode()


def wordy_page(size: int) -> bytes:
    """Long paragraphs in UTF-8 with a note here and there."""
    rng = random.Random(2)
    body, number = [], 0
    while sum(map(len, body)) < size:
        number += 1
        words = " ".join(rng.choice((*WORDS, "größer", "“so”")) for _ in range(900))
        body.append(f'<p>{words} (<a href="https://source-{number}.example/a">source</a>).</p>\n')
    head = '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>An essay</title></head><body>'
    return f"{head}<article>{''.join(body)}</article></body></html>".encode()


def joined(pages: Sequence[bytes]) -> bytes:
    """The bodies of *pages* as one page."""
    parts = [page.decode("utf-8", "replace") for page in pages]
    bodies = [part[part.lower().find("<body") : part.lower().rfind("</body>")] for part in parts]
    return f'<!DOCTYPE html><html><head><meta charset="utf-8"></head>{"".join(bodies)}</html>'.encode()


def hrefs(page: bytes) -> list[str]:
    markup = parse(page)
    found = (markup.attributes(element).get("href") for element in markup.elements() if element.name == "a")
    return list(dict.fromkeys(href.value for href in found if href is not None and href.value.startswith("http")))


def repair(url: str) -> Repair:
    moment = datetime(2026, 11, 22, 9, tzinfo=UTC)
    return Repair(url=url, uri_m=f"https://keeper.example/web/20261122090000/{url}", moment=moment)


def best(action: Callable[[], object]) -> float:
    """Seconds of the quickest run; of this process's own time, as other programs may run beside it."""
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return min(times)


def measure(name: str, page: bytes) -> tuple[float, float]:
    """MB/s with three dead links, and with none."""
    cited = hrefs(page)
    step = max(1, len(cited) // 4)
    dead = [repair(url) for url in cited[step::step][:3]]
    none = [repair(f"https://gone-{n}.example/x") for n in range(3)]
    text = Text(data=page, format=SourceFormat.HTML)
    edits = len(plan(text, dead).edits)
    with_dead, without = best(lambda: plan(text, dead)), best(lambda: plan(text, none))
    megabytes = len(page) / 1e6
    print(
        f"{name:16} {len(page):9,} bytes  {edits} edits  three dead {megabytes / with_dead:6.1f} MB/s"
        f"  none {megabytes / without:8.1f} MB/s"
    )
    return megabytes / with_dead, megabytes / without


def measure_middleware(page: bytes, repairs: Sequence[Repair]) -> None:
    from linkkeeper.web.repairs_middleware import RepairsMiddleware, StaticRepairs

    async def app(scope: dict, receive: object, send: Callable) -> None:  # type: ignore[type-arg]
        headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(page)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": page})

    async def sent(message: object) -> None:
        return None

    async def nothing() -> dict[str, str]:
        return {"type": "http.request"}

    async def pages(served: Callable, number: int) -> None:  # type: ignore[type-arg]
        for _ in range(number):
            await served({"type": "http", "method": "GET", "path": "/", "headers": []}, nothing, sent)

    repaired = RepairsMiddleware(app, StaticRepairs(repairs))
    plain = best(lambda: asyncio.run(pages(app, 50))) / 50
    with_it = best(lambda: asyncio.run(pages(repaired, 50))) / 50
    print(f"middleware, {len(repairs)} repairs known: adds {(with_it - plain) * 1000:.3f} ms to {len(page):,} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, default=os.environ.get("LINKKEEPER_CORPUS"))
    chosen = parser.parse_args().corpus
    pages = {
        "made, 1 MB": made_page(1_000_000),
        "made, 100 KB": made_page(100_000),
        "10,000 links": dense_page(),
        "wordy, 1 MB": wordy_page(1_000_000),
    }
    if chosen:
        folder = Path(chosen) / "corpus" / "citations" / "documents"
        found = {path.name: path.read_bytes() for path in sorted(folder.glob("*.html"))}
        pages |= {"corpus, joined": joined(list(found.values()))} | found
    figures = [measure(name, page) for name, page in pages.items() if len(hrefs(page)) >= 3]
    print(
        f"least: three dead {min(one for one, _ in figures):.1f} MB/s, none {min(two for _, two in figures):.1f} MB/s"
    )
    for known in (3, 5_000):
        measure_middleware(pages["made, 100 KB"], [repair(f"https://gone-{n}.example/x") for n in range(known)])


if __name__ == "__main__":
    main()
