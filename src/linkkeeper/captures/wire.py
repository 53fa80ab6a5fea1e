"""One connection as a buffered stream of bytes, on asyncio's own transports."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

from linkkeeper.captures.messages import HeadTooLarge, head_end

#: Bytes waiting on one connection before its sender is made to wait.
HIGH_WATER_BYTES = 1 << 18


class WireLost(Exception):
    """The connection broke, as opposed to ending."""


class Wire(asyncio.Protocol):
    """
    Reads heads and body pieces, writes with back-pressure.

    Lighter than :class:`asyncio.StreamReader`: a body piece is handed on as it
    came, without a copy into a second buffer.

    Args:
        initial: Bytes that were read from the socket before.

    Attributes:
        on_lost: Called when the connection is gone.
    """

    def __init__(self, initial: bytes = b"") -> None:
        self._buffer = bytearray(initial)
        self.on_lost: Callable[[], None] | None = None
        self._transport: asyncio.Transport | None = None
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._ended = False
        self._error: Exception | None = None
        self._reading_paused = False
        self._writing_paused = False
        self.lost = False

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > HIGH_WATER_BYTES and not self._reading_paused and self._transport is not None:
            self._transport.pause_reading()
            self._reading_paused = True
        self._wake_reader()

    def eof_received(self) -> bool:
        self._ended = True
        self._wake_reader()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        self._error = exc
        self.lost = True
        self._writing_paused = False
        self._wake_reader()
        self._wake_writer()
        if self.on_lost is not None:
            self.on_lost()

    def pause_writing(self) -> None:
        self._writing_paused = True

    def resume_writing(self) -> None:
        self._writing_paused = False
        self._wake_writer()

    # for the recorder

    @property
    def ended(self) -> bool:
        """True when nothing more will come."""
        return self._ended and not self._buffer

    @property
    def unused(self) -> bool:
        """True while the connection can carry another message."""
        return not self._ended and not self.lost and not self._buffer

    def ssl_object(self) -> ssl.SSLObject | None:
        found: Any = self._transport.get_extra_info("ssl_object") if self._transport is not None else None
        return found if isinstance(found, ssl.SSLObject) else None

    async def head(self, *, limit: int) -> bytes | None:
        """
        Read up to and with the empty line.

        Returns:
            None if the connection ended before the first byte.

        Raises:
            HeadTooLarge: larger than *limit*.
            WireLost: the connection broke or ended within the head.
        """
        searched = 0
        while True:
            self._skip_blank_lines()
            end = head_end(self._buffer, start=searched)
            if end >= 0:
                break
            searched = len(self._buffer)
            if searched > limit:
                raise HeadTooLarge
            if not await self._more():
                if not self._buffer and self._error is None:
                    return None
                raise WireLost(_reason(self._error) or "the connection ended within a message head")
        if end > limit:
            raise HeadTooLarge
        head = bytes(self._buffer[:end])
        del self._buffer[:end]
        return head

    def _skip_blank_lines(self) -> None:
        """RFC 9112 section 2.2: empty lines before a message are ignored."""
        while self._buffer[:2] == b"\r\n" or self._buffer[:1] == b"\n":
            del self._buffer[: 2 if self._buffer[:1] == b"\r" else 1]

    async def some(self) -> bytes:
        """
        The next piece, as much as is there; empty at the end.

        Raises:
            WireLost: the connection broke.
        """
        while not self._buffer:
            if not await self._more():
                if self._error is not None:
                    raise WireLost(_reason(self._error))
                return b""
        piece = bytes(self._buffer)
        self._buffer.clear()
        self._resume_reading()
        return piece

    def unread(self, data: bytes) -> None:
        self._buffer[:0] = data

    async def send(self, data: bytes) -> None:
        """
        Write, waiting while the other side is slow.

        Raises:
            WireLost: the connection is gone.
        """
        if self.lost or self._transport is None or self._transport.is_closing():
            raise WireLost(_reason(self._error) or "the connection is closed")
        self._transport.write(data)
        if self._writing_paused:
            self._writer = asyncio.get_running_loop().create_future()
            await self._writer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def _more(self) -> bool:
        """Wait for more bytes; False when there will be none."""
        if self._ended:
            return False
        self._resume_reading()
        before = len(self._buffer)
        self._reader = asyncio.get_running_loop().create_future()
        try:
            await self._reader
        finally:
            self._reader = None
        return len(self._buffer) > before

    def _resume_reading(self) -> None:
        if self._reading_paused and self._transport is not None and not self._transport.is_closing():
            self._reading_paused = False
            self._transport.resume_reading()

    def _wake_reader(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _wake_writer(self) -> None:
        if self._writer is not None and not self._writer.done():
            self._writer.set_result(None)


def _reason(error: Exception | None) -> str:
    if error is None:
        return ""
    return str(error) or type(error).__name__
