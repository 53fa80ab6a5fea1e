"""Running linkkeeper as a user does: in this process (quick) or in one of its own."""

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkkeeper.cli import run

PROGRAM = Path(sys.executable).with_name("linkkeeper")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Standard output as ``--json`` writes it: one object a line and nothing else."""
        return [json.loads(line) for line in self.out.splitlines()]


def linkkeeper(*arguments: object) -> Ran:
    """Run one command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = run([str(argument) for argument in arguments])
    return Ran(status, out.getvalue(), err.getvalue())


def start_linkkeeper(*arguments: object, cwd: Path, **environment: str) -> "subprocess.Popen[str]":
    """Start one command in a process of its own."""
    return subprocess.Popen(
        [PROGRAM, *(str(argument) for argument in arguments)],
        cwd=cwd,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
