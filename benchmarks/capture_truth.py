"""
Fidelity against the truth web: what its server logged, byte for byte, and what was recorded.

Run: ``python benchmarks/capture_truth.py [--by NAME]… [CASE…]``. By ``linkkeeper`` (the default) a line a case and the
sums; by ``warcprox`` and ``pywb`` (installed by pip, each into an environment of its own) the sums, of the same web
browsed through them. A browser asks a little differently each time: compare what was found with what was sent.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from capture_peers import PEERS, Kept, Peer, browse, plain_url, recorded
from playwright.async_api import async_playwright

from captures.truth_server import Sent, TruthServer
from captures.truth_web import CASES, truth_web
from captures.visiting import Visited, Visitor

#: Last, as some recorders shun a host for a while after these, or hang on an endless stream.
DISTURBING = ("never idle", "http/1.0 until close", "broken pictures", "bad certificate beside")
TITLES = ("sent", "found", "heads exact", "whole", "bodies exact", "framing aside", "requests exact")


@dataclass(slots=True)
class Count:
    """
    Attributes:
        sent: Answers that the server began.
        found: Of these, with a record of this URL and status.
        heads: Of these, with a record of their exact head.
        whole: Answers of which the server sent all.
        exact: Of these, with a record of the same body bytes.
        payloads: The same with chunk framing left out of the comparison.
        requests: Of the whole ones, whose request head and body were recorded as they arrived.
    """

    sent: int = 0
    found: int = 0
    heads: int = 0
    whole: int = 0
    exact: int = 0
    payloads: int = 0
    requests: int = 0

    def add(self, other: "Count") -> None:
        for item in fields(self):
            setattr(self, item.name, getattr(self, item.name) + getattr(other, item.name))

    def line(self, name: str, words: str = "") -> str:
        cells = (
            f"{getattr(self, item.name):{len(title) + 2}}" for item, title in zip(fields(self), TITLES, strict=True)
        )
        return f"{name:24}{''.join(cells)}  {words}".rstrip()


def tally(kept: Iterable[Kept]) -> dict[str, Counter[tuple[object, ...]]]:
    """How often each thing was recorded, by what is compared."""
    kept = tuple(kept)
    return {
        "found": Counter((one.url, one.status) for one in kept),
        "heads": Counter((one.url, one.head) for one in kept),
        "exact": Counter((one.url, one.status, one.body_sha256) for one in kept),
        "payloads": Counter((one.url, one.status, one.payload_sha256) for one in kept),
        "requests": Counter((one.request_head, one.request_body) for one in kept),
    }


def count(truth: Iterable[Sent], left: dict[str, Counter[tuple[object, ...]]]) -> Count:
    """Compare; what answers for one answer is taken out of *left*."""
    total = Count()
    for sent in truth:
        if not sent.head:
            continue
        url = plain_url(sent.url)
        total.sent += 1
        total.found += _taken(left["found"], (url, sent.status))
        total.heads += _taken(left["heads"], (url, sent.head))
        if sent.complete:
            total.whole += 1
            total.exact += _taken(left["exact"], (url, sent.status, sent.body_sha256))
            total.payloads += _taken(left["payloads"], (url, sent.status, sent.payload_sha256))
            total.requests += _taken(left["requests"], (sent.request_head, sent.request_body))
    return total


def _taken(counter: "Counter[tuple[object, ...]]", key: tuple[object, ...]) -> int:
    if counter[key] == 0:
        return 0
    counter[key] -= 1
    return 1


def ours(visited: Visited) -> list[Kept]:
    return [
        Kept(
            url=plain_url(kept.exchange.url),
            head=kept.exchange.response_head,
            body_sha256=kept.body_sha256,
            payload_sha256=kept.payload_sha256,
            request_head=kept.exchange.request_head,
            request_body=kept.request_body,
        )
        for kept in visited.sink.kept
    ]


def measure_ours(cases: dict[str, str]) -> None:
    visitor = Visitor(truth_web()).open()
    total = Count()
    print(f"{'case':24}{''.join(f'  {title}' for title in TITLES)}  quality")
    for name, url in cases.items():
        visited = visitor.visit(url)
        case = count(visited.truth, tally(ours(visited)))
        total.add(case)
        print(case.line(name, visited.visit.quality), flush=True)
    visitor.close()
    print(total.line("linkkeeper"), flush=True)


async def browse_all(web: TruthServer, cases: dict[str, str], port: int) -> list[list[Sent]]:
    truth = []
    async with async_playwright() as playwright:
        executable = shutil.which("chromium") or shutil.which("google-chrome")
        browser = await playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-quic"])
        for url in cases.values():
            web.log.clear()
            await browse(browser, url, port=port)
            truth.append(list(web.log))
        await browser.close()
    return truth


def measure_peer(peer: Peer, cases: dict[str, str], tools: Path) -> None:
    # Not 127.0.0.1, where some recorders refuse to go.
    web = truth_web("127.0.0.2").start()
    with tempfile.TemporaryDirectory(prefix="peer-") as folder:
        home = Path(folder)
        with peer.running(tools, home, web.connect_to) as port:
            truth = asyncio.run(browse_all(web, cases, port))
        web.stop()
        total, kept = Count(), tally(recorded(home))
        for name, sent in zip(cases, truth, strict=True):
            case = count(sent, kept)
            total.add(case)
            print(case.line(f"  {name}"), flush=True)
        print(total.line(peer.name), flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--by", action="append", choices=["linkkeeper", *(peer.name for peer in PEERS)])
    options.add_argument("cases", nargs="*", metavar="CASE")
    given = options.parse_args()
    cases = {name: CASES[name] for name in given.cases or sorted(CASES, key=DISTURBING.__contains__)}
    wanted = given.by or ["linkkeeper"]
    if "linkkeeper" in wanted:
        measure_ours(cases)
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        tools = Path(os.environ.get("OTHER_TOOLS", folder))
        for peer in PEERS:
            if peer.name in wanted:
                measure_peer(peer, cases, tools)


if __name__ == "__main__":
    main()
