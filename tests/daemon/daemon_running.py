"""A running ``linkkeeper up`` for tests: started, asked through its API, stopped."""

import json
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from command_line import PROGRAM

ANSWERS_WITHIN_S = 120.0
STOPS_WITHIN_S = 10.0


class Running:
    """One daemon in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]", url: str, token: str) -> None:
        self.process = process
        self.url = url
        self._token = token

    def call(self, path: str, *, data: object = None, token: bool = True) -> tuple[int, Any]:
        """Status and JSON of one request; errors are answers too."""
        body = None if data is None else json.dumps(data).encode()
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {self._token}"
        request = urllib.request.Request(self.url + path, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, None

    def until(self, path: str, wanted: Callable[[Any], bool]) -> Any:
        """Ask *path* until its answer is *wanted*."""
        ends = time.monotonic() + ANSWERS_WITHIN_S
        while time.monotonic() < ends:
            status, found = self.call(path)
            if status == 200 and wanted(found):
                return found
            assert _still_runs(self.process), "the daemon ended"
        raise AssertionError(f"{path} did not become what was wanted: {found}")

    def stop(self) -> float:
        """SIGTERM; returns how many seconds the stop took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=STOPS_WITHIN_S + 20)
        return time.monotonic() - began

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=30)


def sandbox_here() -> str:
    """The setting for this machine: off in a chroot or a container that forbids namespaces, where `up` would refuse."""
    tried = subprocess.run(["unshare", "--user", "true"], capture_output=True, check=False)
    return "auto" if tried.returncode == 0 else "off"


def command(config: Path, *arguments: str) -> str:
    ran = subprocess.run(
        [str(PROGRAM), *arguments, "--config", str(config)], capture_output=True, text=True, check=True
    )
    return ran.stdout.strip()


@contextmanager
def daemon(config: Path, *, token: str, log: Path) -> Iterator[Running]:
    """Start ``up``; whatever happens, it is gone afterwards."""
    with log.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen([str(PROGRAM), "up", "-v", "--config", str(config)], stderr=stream, text=True)
        try:
            yield Running(process, _address(process, log), token)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(timeout=30)


def _address(process: "subprocess.Popen[str]", log: Path) -> str:
    ends = time.monotonic() + ANSWERS_WITHIN_S
    while time.monotonic() < ends:
        found = re.search(r"reading room (http\S+?)/ ", log.read_text("utf-8"))
        if found:
            return found[1]
        assert process.poll() is None, log.read_text("utf-8")
    raise AssertionError(log.read_text("utf-8"))


def _still_runs(process: "subprocess.Popen[str]") -> bool:
    """Whether it has not ended within the next moment; the wait leaves the processor to it."""
    try:
        process.wait(timeout=0.1)
    except subprocess.TimeoutExpired:
        return True
    return False
