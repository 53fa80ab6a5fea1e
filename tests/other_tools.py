"""
Other people's programs as second opinions, each in an environment of its own.

They are never installed beside linkkeeper: some pin old packages, some have
another licence. A battery that needs one makes its environment in a temporary
folder, or takes the one that ``OTHER_TOOLS`` names (a folder with one virtual
environment per package).
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def environment(package: str, *, folder: Path) -> Path:
    """
    Return the ``bin`` folder of an environment that holds *package*.

    Skips the test, with the installer's own last words, where it can't be had.
    """
    given = os.environ.get("OTHER_TOOLS")
    place = (Path(given) if given else folder) / package
    if not (place / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True, capture_output=True)
        installed = subprocess.run(
            [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", package],
            capture_output=True,
            text=True,
            check=False,
        )
        if installed.returncode != 0:
            pytest.skip(f"{package} can't be installed here: {installed.stderr.strip()[-300:]}")
    return place / "bin"
