"""A command that is told to end clears up and says so, whichever signal says it."""

import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import start_linkkeeper
from testweb import TestWeb, behaviours

PAGE = "https://slow.example/page"


@pytest.fixture
def web() -> Iterator[TestWeb]:
    with TestWeb() as running:
        yield running


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A temporary folder that another user's browser may write to, with a name short enough for its sockets."""
    with tempfile.TemporaryDirectory(prefix="lk-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder


@pytest.mark.browser
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_capture_that_is_ended_leaves_nothing_behind(
    web: TestWeb, tmp_path: Path, scratch: Path, number: signal.Signals
) -> None:
    web.place(PAGE, behaviours.Silent())
    config = web.write_config(tmp_path / "config.toml", storage=tmp_path / "storage")
    process = start_linkkeeper("capture", PAGE, "--config", config, cwd=tmp_path, TMPDIR=str(scratch))
    try:
        deadline = time.monotonic() + 60
        while not any(asked.url == PAGE for asked in web.requests) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert any(scratch.iterdir()), "the browser keeps its profile there"
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, err
    assert "interrupted" in err
    assert "Traceback" not in err
    assert list(scratch.iterdir()) == []
    assert list((tmp_path / "storage").rglob("*.tmp*")) == []
