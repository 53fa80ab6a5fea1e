"""Who acts on the command line."""

import getpass
import os


def operator() -> str:
    """The name kept with a decision made at a terminal."""
    try:
        return f"{getpass.getuser()} (command line)"
    except (KeyError, OSError):
        # A user id without a name, as in many containers.
        return f"user {os.getuid()} (command line)"
