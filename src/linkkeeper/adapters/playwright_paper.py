"""A page on paper, printed through Playwright."""

from contextlib import suppress
from typing import Any, Protocol

from playwright.async_api import Error, Frame, Page, PdfMargins

_MARGIN = "14mm"
_A4_WIDTH = 794
_A4_SHAPE = 297 / 210
#: A page this wide is still printed whole on A4.
_FITS_A4 = 960
#: No paper for a wider or higher page than this.
_WIDEST = 2400
_HIGHEST = 18_000
_VIEWPORT_HEIGHT = 900
#: What a page hides beyond its edge (the next pictures of a gallery) needs no paper.
_WIDTH = """() => {
  const cut = element => element && ['hidden', 'clip'].includes(getComputedStyle(element).overflowX);
  const root = document.documentElement;
  return cut(root) || cut(document.body) ? 0 : root.scrollWidth;
}"""
_IS_FRAMESET = "() => document.body instanceof HTMLFrameSetElement"
_DOCUMENT_HEIGHT = "() => (document.scrollingElement || document.documentElement).scrollHeight"
#: A frame is narrower in print than on screen, and higher.
_HIGHER_IN_PRINT = 1.4
#: A frame of a readable width that holds more than it shows grows to what it holds.
_GROW = """(element, height) => {
  if (element.clientWidth < innerWidth / 3 || height < element.clientHeight * 1.4 + 50) return false;
  element.style.setProperty('height', `${height}px`, 'important');
  return true;
}"""


class Evaluate(Protocol):
    """Runs a script in a world of our own."""

    async def __call__(self, script: str, argument: Any) -> Any: ...


class PlaywrightPaper:
    """The print of one page; printing changes it."""

    def __init__(self, page: Page, evaluate: Evaluate) -> None:
        self._page = page
        self._evaluate = evaluate

    async def print(self, *, for_screen: bool) -> bytes:
        await self._page.emulate_media(media="screen" if for_screen else "print")
        margin = PdfMargins(top=_MARGIN, bottom=_MARGIN, left=_MARGIN, right=_MARGIN)
        width = await self._width()
        return await self._page.pdf(
            width=f"{width}px",
            height=f"{max(width * _A4_SHAPE, await self._height_of_frameset()):.0f}px",
            print_background=True,
            margin=margin,
            tagged=True,
        )

    async def grow_frames(self) -> int:
        """Make the page's own frames as high as what they hold; returns how many grew."""
        grown = 0
        for frame in self._page.frames:
            if frame.parent_frame is self._page.main_frame:
                height = round(await _height_of(frame) * _HIGHER_IN_PRINT)
                with suppress(Error):
                    grown += bool(await (await frame.frame_element()).evaluate(_GROW, min(height, _HIGHEST)))
        return grown

    async def _width(self) -> int:
        """
        A4's in pixels; more for a page that would be cut off there.

        Quirk: Chromium makes what it prints smaller to fit its paper, but not by half.
        """
        await self._page.set_viewport_size({"width": _FITS_A4, "height": _VIEWPORT_HEIGHT})
        needed = int(await self._evaluate(_WIDTH, None) or 0)
        return _A4_WIDTH if needed <= _FITS_A4 else round(min(needed, _WIDEST) * _A4_WIDTH / _FITS_A4)

    async def _height_of_frameset(self) -> int:
        """
        Of paper that shows the frames of a frameset whole; 0 for other pages.

        Quirk: a frame of a frameset is printed as far as it fits on the one sheet that they share.
        """
        if not await self._evaluate(_IS_FRAMESET, None):
            return 0
        heights = [await _height_of(frame) for frame in self._page.frames if frame.parent_frame is not None]
        return round(min(max(heights, default=0) * _HIGHER_IN_PRINT, _HIGHEST))


async def _height_of(frame: Frame) -> int:
    with suppress(Error):
        return int(await frame.evaluate(_DOCUMENT_HEIGHT))
    return 0
