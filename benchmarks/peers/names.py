"""
Runs another's program with a table of names, as other recorders know no ``connect_to``.

Started in the other program's environment: ``python names.py MODULE:FUNCTION ARGUMENT…`` with the table
(``{"www.example:443": "127.0.0.1:8443"}``) in ``PEER_NAMES``.
"""

import importlib
import json
import os
import socket
import sys


def main() -> None:
    table = json.loads(os.environ["PEER_NAMES"])
    place, *sys.argv[1:] = sys.argv[1:]
    module, _, function = place.partition(":")
    program = getattr(importlib.import_module(module), function)
    # After the import: some programs exchange the socket module's functions for their own.
    plain = socket.getaddrinfo

    def getaddrinfo(host, port, *arguments, **options):  # type: ignore[no-untyped-def]
        name = host.decode() if isinstance(host, bytes) else host
        address, _, given = table.get(f"{name}:{port}", "").partition(":")
        return plain(address or host, int(given) if given else port, *arguments, **options)

    socket.getaddrinfo = getaddrinfo
    program()


if __name__ == "__main__":
    main()
