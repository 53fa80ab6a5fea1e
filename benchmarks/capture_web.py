"""The truth web as a process of its own, so that it does not share the recorder's interpreter."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen

TESTS = Path(__file__).resolve().parent.parent / "tests"


@dataclass(frozen=True, slots=True)
class Web:
    """Where the truth web listens."""

    connect_to: dict[str, str]
    ca_file: str


@contextmanager
def running_web() -> Iterator[Web]:
    with Popen([sys.executable, __file__], stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdout is not None and process.stdin is not None
        try:
            yield Web(**json.loads(process.stdout.readline()))
        finally:
            process.stdin.close()


def _serve() -> None:
    sys.path.insert(0, str(TESTS))
    from captures.truth_web import truth_web

    web = truth_web().start()
    facts = {"connect_to": web.connect_to, "ca_file": str(web.ca_file)}
    print(json.dumps(facts), flush=True)
    sys.stdin.read()
    web.stop()


if __name__ == "__main__":
    _serve()
