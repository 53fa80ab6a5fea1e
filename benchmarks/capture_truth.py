"""
Fidelity against the truth web: what its server logged, byte for byte, and what the visits recorded.

Run: ``python benchmarks/capture_truth.py``. A line a case and the sums of the table.
"""

import sys
from collections import Counter
from dataclasses import dataclass, fields
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from captures.truth_web import CASES, truth_web
from captures.visiting import Visited, Visitor


@dataclass(slots=True)
class Count:
    """
    Attributes:
        sent: Answers that the server began.
        recorded: Of these, with a record of their exact head.
        whole: Answers of which the server sent all.
        exact: Of these, with a record of the same body bytes.
        requests: Of these, whose request head and body were recorded as they arrived.
    """

    sent: int = 0
    recorded: int = 0
    whole: int = 0
    exact: int = 0
    requests: int = 0

    def add(self, other: "Count") -> None:
        for item in fields(self):
            setattr(self, item.name, getattr(self, item.name) + getattr(other, item.name))


def count(visited: Visited) -> Count:
    heads = Counter((kept.exchange.url, kept.exchange.response_head) for kept in visited.sink.kept)
    bodies = Counter((kept.exchange.url, kept.exchange.response_head, kept.body_sha256) for kept in visited.sink.kept)
    requests = Counter((kept.exchange.request_head, kept.request_body) for kept in visited.sink.kept)
    found = Count()
    for sent in visited.truth:
        if not sent.head:
            continue
        found.sent += 1
        found.recorded += _taken(heads, (sent.url, sent.head))
        found.requests += _taken(requests, (sent.request_head, sent.request_body))
        if sent.complete:
            found.whole += 1
            found.exact += _taken(bodies, (sent.url, sent.head, sent.body_sha256))
    return found


def _taken(counter: "Counter[tuple[object, ...]]", key: tuple[object, ...]) -> int:
    if counter[key] == 0:
        return 0
    counter[key] -= 1
    return 1


def main() -> None:
    visitor = Visitor(truth_web()).open()
    total = Count()
    print(f"{'case':24} {'sent':>5} {'headers exact':>14} {'whole':>6} {'bodies exact':>13} {'requests':>9}  quality")
    for name, url in CASES.items():
        visited = visitor.visit(url)
        case = count(visited)
        total.add(case)
        print(
            f"{name:24} {case.sent:5} {case.recorded:14} {case.whole:6} {case.exact:13} {case.requests:9}"
            f"  {visited.visit.quality}",
            flush=True,
        )
    visitor.close()
    print(f"{'all':24} {total.sent:5} {total.recorded:14} {total.whole:6} {total.exact:13} {total.requests:9}")


if __name__ == "__main__":
    main()
