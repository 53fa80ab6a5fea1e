"""A connection that passed the egress gate."""

import socket
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedConnection:
    """
    A connected, non-blocking socket that passed the gate.

    Attributes:
        address: The IP address connected to (of the proxy, if there is one).
        absolute_form: True when requests must carry the absolute URL (plain
            HTTP through an upstream proxy).
        proxy_headers: Header lines to add to absolute-form requests.
    """

    socket: socket.socket
    address: str
    absolute_form: bool = False
    proxy_headers: tuple[tuple[str, str], ...] = ()
