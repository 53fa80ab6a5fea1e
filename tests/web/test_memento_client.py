"""An independent Memento client finds its way through TimeGate, Link headers and mementos (a battery)."""

import http.server
import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import other_tools
from web_making import Listeners, Room, days_ago

pytestmark = [pytest.mark.battery, pytest.mark.timeout(300)]

PROGRAM = """
import json, sys
from memento_client import MementoClient
base, url = sys.argv[1:3]
client = MementoClient(timegate_uri=base + "/timegate/", check_native_timegate=False)
found = []
for wanted in sys.argv[3:]:
    told = client.get_memento_info(url, MementoClient.convert_to_datetime(wanted))
    found.append({name: (told["mementos"][name]["datetime"].isoformat(), told["mementos"][name]["uri"][0])
                  for name in ("first", "closest", "last")} | {"timegate": told["timegate_uri"]})
memento = found[0]["closest"][1]
print(json.dumps({"found": found, "is_timegate": MementoClient.is_timegate(base + "/timegate/" + url),
                  "is_memento": MementoClient.is_memento(memento), "original": client.get_original_uri(memento)}))
"""


class Alive(http.server.BaseHTTPRequestHandler):
    """The original, which the client asks before anything else."""

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """The battery's output is its own."""


@pytest.fixture
def original() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Alive)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/report?lang=en"
    server.shutdown()
    server.server_close()


def test_the_memento_project_s_own_client_is_led_to_each_memento(
    room: Room, listeners: Listeners, original: str, tmp_path: Path
) -> None:
    binaries = other_tools.environment("memento-client", folder=tmp_path)
    for days in (40, 25, 10):
        room.add_capture(original, moment=days_ago(days))
    wanted = ["Mon, 01 Jan 2001 00:00:00 GMT", "Thu, 29 Oct 2026 00:00:00 GMT", "Sat, 21 Nov 2026 00:00:00 GMT"]
    ran = subprocess.run(
        [str(binaries / "python"), "-W", "ignore", "-c", PROGRAM, listeners.desk, original, *wanted],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    first, middle, last = ("2026-10-13T09:00:00", "2026-10-28T09:00:00", "2026-11-12T09:00:00")
    assert [found["closest"][0] for found in told["found"]] == [first, middle, last]
    for found in told["found"]:
        assert (found["first"][0], found["last"][0]) == (first, last)
        assert found["timegate"] == f"{listeners.desk}/timegate/{original}"
    assert told["found"][1]["closest"][1] == f"{listeners.desk}/web/20261028090000/{original}"
    assert told["is_timegate"]
    assert told["is_memento"]
    assert told["original"] == original
