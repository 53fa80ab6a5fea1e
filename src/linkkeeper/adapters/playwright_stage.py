"""Replays seen with the engine's own browser, which here reaches the replay host and nothing else."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Error, Page
from playwright.async_api import TimeoutError as PlaywrightTimeout

from linkkeeper.adapters.playwright_browser import PlaywrightPool
from linkkeeper.errors import BrowserError
from linkkeeper.replay.likeness import COLUMNS, ROWS, Grid

_LOOK_TIMEOUT_S = 20.0
_REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_LONGEST_REQUEST = 65_536

#: Draws a picture and gives four numbers a cell, as :class:`linkkeeper.replay.likeness.Cell` has them;
#: null for what is no picture.
_CELLS = """async ([picture, columns, rows]) => {
  const bytes = Uint8Array.from(atob(picture), one => one.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], {type: 'image/png'})).catch(() => null);
  if (image === null) return null;
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext('2d', {willReadFrequently: true});
  context.drawImage(image, 0, 0);
  const {data} = context.getImageData(0, 0, image.width, image.height);
  const numbers = [];
  for (let row = 0; row < rows; row += 1) for (let column = 0; column < columns; column += 1) {
    const left = Math.floor(column * image.width / columns), right = Math.floor((column + 1) * image.width / columns);
    const top = Math.floor(row * image.height / rows), bottom = Math.floor((row + 1) * image.height / rows);
    let red = 0, green = 0, blue = 0, light = 0, squared = 0, count = 0;
    for (let y = top; y < bottom; y += 1) for (let x = left; x < right; x += 1) {
      const at = (y * image.width + x) * 4;
      const one = 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
      red += data[at]; green += data[at + 1]; blue += data[at + 2]; light += one; squared += one * one; count += 1;
    }
    count = count || 1;
    const spread = Math.sqrt(Math.max(0, squared / count - (light / count) ** 2));
    numbers.push(red / count, green / count, blue / count, spread);
  }
  return numbers;
}"""


class DeadEnd:
    """Stands for the way out: refuses every request that comes, and counts them."""

    def __init__(self) -> None:
        self.asked = 0
        self.port = 0

    @asynccontextmanager
    async def standing(self) -> AsyncIterator["DeadEnd"]:
        server = await asyncio.start_server(self._refuse, "127.0.0.1", 0, limit=_LONGEST_REQUEST)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _refuse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            writer.write(_REFUSAL)
            await writer.drain()
        writer.close()


class PlaywrightStage:
    """Satisfies :class:`linkkeeper.replay.ports.Stage`."""

    def __init__(self, page: Page, measuring: Page, dead_end: DeadEnd) -> None:
        self._page = page
        self._measuring = measuring
        self._dead_end = dead_end

    @property
    def asked_outside(self) -> int:
        return self._dead_end.asked

    async def ready(self, *, timeout_s: float) -> bool:
        try:
            await self._page.wait_for_selector("html[data-replay=ready]", state="attached", timeout=timeout_s * 1000)
        except PlaywrightTimeout:
            return False
        except Error as error:
            raise _died(error) from error
        return True

    async def look(self) -> Grid:
        try:
            picture = await self._page.screenshot(timeout=_LOOK_TIMEOUT_S * 1000)
            return await _grid(self._measuring, picture)
        except Error as error:
            raise _died(error) from error
        except ValueError as error:
            raise BrowserError("see a replay", subject="the browser", reason="it drew no picture") from error


class PlaywrightReplays:
    """
    Satisfies :class:`linkkeeper.replay.ports.ReplayBrowser`.

    The browser's way out is a dead end; only the replay host's own address
    goes around it.
    """

    def __init__(self, pool: PlaywrightPool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def open(self, address: str) -> AsyncIterator[PlaywrightStage]:
        async with (
            DeadEnd().standing() as dead_end,
            self._context(dead_end, around=urlsplit(address).netloc) as context,
        ):
            try:
                # Pictures are measured in a page where nobody's scripts run but ours.
                measuring, page = await context.new_page(), await context.new_page()
                await page.goto(address, wait_until="commit", timeout=_LOOK_TIMEOUT_S * 1000)
            except Error as error:
                raise _died(error) from error
            yield PlaywrightStage(page, measuring, dead_end)

    async def grid(self, picture: bytes) -> Grid:
        async with DeadEnd().standing() as dead_end, self._context(dead_end, around="") as context:
            try:
                return await _grid(await context.new_page(), picture)
            except Error as error:
                raise _died(error) from error

    @asynccontextmanager
    async def _context(self, dead_end: DeadEnd, *, around: str) -> AsyncIterator[BrowserContext]:
        proxy = f"http://127.0.0.1:{dead_end.port}"
        async with self._pool.lease() as browser, browser.context(proxy=proxy, around_it=around) as context:
            yield context


async def _grid(page: Page, picture: bytes) -> Grid:
    """The cells of *picture*; a ValueError if it is none."""
    numbers = await page.evaluate(_CELLS, [base64.b64encode(picture).decode("ascii"), COLUMNS, ROWS])
    if numbers is None:
        raise ValueError("it is no picture")
    return Grid.of_numbers(numbers)


def _died(error: Error) -> BrowserError:
    return BrowserError("see a replay", subject="the browser", reason=error.message.splitlines()[0])
