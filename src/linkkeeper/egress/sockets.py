"""
Waiting on non-blocking sockets, with limits.

Plainer and cheaper than asyncio's transports, which copy TLS through two
buffers and keep 0.2 MB a connection.
"""

import asyncio
import errno
import os
import select
import socket
from collections.abc import Callable
from typing import Any

Register = Callable[..., Any]


async def readable(fd: int, *, timeout_s: float | None) -> None:
    """
    Wait until *fd* can be read.

    Raises:
        TimeoutError: not within *timeout_s*.
    """
    loop = asyncio.get_running_loop()
    await _ready(loop, fd, loop.add_reader, loop.remove_reader, timeout_s)


async def writable(fd: int, *, timeout_s: float | None) -> None:
    """
    Wait until *fd* can be written.

    Raises:
        TimeoutError: not within *timeout_s*.
    """
    loop = asyncio.get_running_loop()
    await _ready(loop, fd, loop.add_writer, loop.remove_writer, timeout_s)


async def connect(address: str, port: int, *, timeout_s: float | None) -> socket.socket:
    """
    Open a TCP connection to a numeric address.

    Returns:
        A non-blocking socket; the caller closes it.

    Raises:
        TimeoutError: not within *timeout_s*.
        OSError: with the system's errno.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setblocking(False)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        code = opened.connect_ex((address, port))
        if code in (errno.EINPROGRESS, errno.EWOULDBLOCK):
            await writable(opened.fileno(), timeout_s=timeout_s)
            code = opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
    except BaseException:
        opened.close()
        raise
    return opened


async def receive(opened: socket.socket, limit: int, *, timeout_s: float | None) -> bytes:
    """Receive at most *limit* bytes; empty at the end of the stream."""
    while True:
        try:
            return opened.recv(limit)
        except (BlockingIOError, InterruptedError):
            await readable(opened.fileno(), timeout_s=timeout_s)


async def send(opened: socket.socket, data: bytes, *, timeout_s: float | None) -> None:
    """Send all of *data*; the limit is for each wait, not for the whole."""
    left = memoryview(data)
    while left:
        try:
            left = left[opened.send(left) :]
        except (BlockingIOError, InterruptedError):
            await writable(opened.fileno(), timeout_s=timeout_s)


def has_input(fd: int) -> bool:
    """Whether something, the end of the stream included, can be read from *fd* now."""
    poll = select.poll()
    poll.register(fd, select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(0))


async def _ready(
    loop: asyncio.AbstractEventLoop, fd: int, add: Register, remove: Register, timeout_s: float | None
) -> None:
    waiting: asyncio.Future[None] = loop.create_future()
    add(fd, _succeed, waiting)
    alarm = loop.call_later(timeout_s, _expire, waiting) if timeout_s is not None else None
    try:
        await waiting
    finally:
        remove(fd)
        if alarm is not None:
            alarm.cancel()


def _succeed(waiting: "asyncio.Future[None]") -> None:
    if not waiting.done():
        waiting.set_result(None)


def _expire(waiting: "asyncio.Future[None]") -> None:
    if not waiting.done():
        waiting.set_exception(TimeoutError())
