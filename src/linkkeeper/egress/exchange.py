"""
HTTP/1.1 on one stream: one request, one answer, then the next.

h11 keeps the protocol. Not httpcore's connection around it: its locks, traces
and events serve callers that share a connection, and took a sixth of a look;
ours has one task at a time. Its exceptions stay, because httpx's users know them.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import h11
import httpcore

from linkkeeper.egress.heads import without_stray_lines
from linkkeeper.egress.stream import GateStream

_READ_BYTES = 65_536
_MOST_HEAD_BYTES = 100 * 1024
_SWITCHING = 101

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Head:
    """Status and header of an answer, in order of arrival, names as received."""

    status: int
    headers: Headers


class Exchange:
    """
    The requests of one connection, one after the other.

    Args:
        stream: Whose bytes they are; closed with the exchange.
        keep_s: How long an idle connection may wait for its next request.
    """

    def __init__(self, stream: GateStream, *, keep_s: float) -> None:
        self._stream = stream
        self._keep_s = keep_s
        self._http = _protocol()
        self._request: h11.Request | None = None
        self._heads = b""
        self._read_s: float | None = None
        self._idle_until: float | None = None

    @property
    def idle(self) -> bool:
        """Whether another request can be sent: the last answer ended well, lately, and the server is still there."""
        until = self._idle_until
        return until is not None and time.monotonic() <= until and not self._stream.get_extra_info("is_readable")

    async def ask(
        self,
        method: bytes,
        target: bytes,
        headers: Headers,
        *,
        timeout_s: float,
        before: Callable[[], Awaitable[None]],
    ) -> Head:
        """
        Send a request without body and wait for the head of its answer.

        Args:
            timeout_s: Of each wait for the server.
            before: Awaited right before the first byte goes out.

        Raises:
            httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError: the exchange is over.
        """
        self._idle_until, self._read_s, self._heads = None, timeout_s, b""
        try:
            await self._send(method, target, headers, before)
            while True:
                event = await self._next_event()
                if isinstance(event, h11.Response) or _switches(event):
                    return Head(event.status_code, event.headers.raw_items())
        except BaseException:
            self.close()
            raise

    async def more(self) -> bytes:
        """
        The next piece of the answer's body, content codings not undone; empty at its end.

        Raises:
            httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError: it broke off.
        """
        try:
            while True:
                event = await self._next_event()
                if isinstance(event, h11.Data):
                    if event.data:
                        return bytes(event.data)
                elif isinstance(event, h11.EndOfMessage) or event is h11.PAUSED:
                    return b""
        except BaseException:
            self.close()
            raise

    def end(self) -> None:
        """Be done with the answer: an unread rest costs the connection."""
        finished = self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
        # What came after the answer would be read as the next one's.
        if finished and not self._http.trailing_data[0]:
            self._http.start_next_cycle()
            self._idle_until = time.monotonic() + self._keep_s
        else:
            self.close()

    def close(self) -> None:
        self._idle_until = None
        self._stream.close()

    async def _send(
        self, method: bytes, target: bytes, headers: Headers, before: Callable[[], Awaitable[None]]
    ) -> None:
        try:
            self._request = h11.Request(method=method, target=target, headers=headers)
            data = _sent(self._http, self._request)
        except h11.LocalProtocolError as error:
            raise httpcore.LocalProtocolError(str(error)) from error
        await before()
        try:
            await self._stream.write(data, timeout=self._read_s)
        except httpcore.WriteError:
            # A server may answer and hang up before it has read all: its answer is still there to be read.
            return

    async def _next_event(self) -> Any:
        while True:
            at_head = self._http.their_state is h11.SEND_RESPONSE
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                if at_head and self._pass_over_stray_lines():
                    continue
                raise httpcore.RemoteProtocolError(str(error)) from error
            if event is not h11.NEED_DATA:
                return event
            data = await self._stream.read(_READ_BYTES, timeout=self._read_s)
            if at_head:
                if not data:
                    raise httpcore.RemoteProtocolError("Server disconnected without sending a response.")
                self._heads += data
                if len(self._heads) > _MOST_HEAD_BYTES + _READ_BYTES:
                    raise httpcore.RemoteProtocolError("its heads do not end")
            self._http.receive_data(data)

    def _pass_over_stray_lines(self) -> bool:
        """Read again what h11 refused, without the lines that are no fields; False where there are none."""
        cleaned = without_stray_lines(self._heads)
        if cleaned == self._heads or self._request is None:
            return False
        self._heads = cleaned
        self._http = _protocol()
        _sent(self._http, self._request)
        self._http.receive_data(cleaned)
        return True


def _protocol() -> h11.Connection:
    return h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=_MOST_HEAD_BYTES)


def _sent(http: h11.Connection, request: h11.Request) -> bytes:
    return (http.send(request) or b"") + (http.send(h11.EndOfMessage()) or b"")


def _switches(event: Any) -> bool:
    return isinstance(event, h11.InformationalResponse) and event.status_code == _SWITCHING
