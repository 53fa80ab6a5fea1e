"""The page's print: the first of three ways that has its text."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace

from linkkeeper.captures import pdf_text
from linkkeeper.captures.ports import PageTrouble, Tab

_HALF = 0.5
_MOST = 0.9
#: What a reader of the page would unfold, and a reader of paper can't. Menus stay shut: they lie over the page.
_UNFOLD = """() => {
  const over = element => ['absolute', 'fixed'].includes(getComputedStyle(element).position);
  let count = 0;
  try { for (const part of document.querySelectorAll('details:not([open])')) {
    if (part.closest('nav, header, footer, [role="navigation"], [role="menu"]')) continue;
    part.removeAttribute('name');
    part.open = true;
    if ([...part.children].some(over)) part.open = false; else count++;
  } } catch {}
  return count;
}"""
#: Pages that scroll in a box of their own, or whose scrolling a dialog locks, print the first screen only;
#: of a long text that waits to be unfolded, there is the beginning. Their boxes grow to what they hold.
_UNROLL = """() => {
  const cuts = element => {
    const way = getComputedStyle(element).overflowY;
    return ['auto', 'scroll', 'overlay'].includes(way)
      || (['hidden', 'clip'].includes(way) && element.textContent.length > 1000);
  };
  const scrolls = element => element.scrollHeight > element.clientHeight + 50
    && element.clientWidth > innerWidth / 3 && cuts(element);
  const boxes = [...document.body.querySelectorAll('*')].filter(scrolls);
  const all = document.createRange();
  all.selectNodeContents(document.body);
  const locked = getComputedStyle(document.body).position === 'fixed'
    && all.getBoundingClientRect().height > document.body.getBoundingClientRect().height + 50;
  if (locked) boxes.push(document.body);
  for (const box of boxes) {
    for (let element = box; element; element = element.parentElement) {
      const placed = ['fixed', 'absolute', 'sticky'].includes(getComputedStyle(element).position);
      const grown = {height: 'auto', 'max-height': 'none', overflow: 'visible', contain: 'none',
        ...(placed ? {position: 'static'} : {})};
      for (const [name, value] of Object.entries(grown)) element.style.setProperty(name, value, 'important');
    }
  }
  return boxes.length;
}"""
#: Text that fades in only while it is looked at is on no paper. What lies over the page stays away.
_UNFADE = """() => {
  const over = element => ['absolute', 'fixed'].includes(getComputedStyle(element).position);
  const faded = element => getComputedStyle(element).opacity === '0' && element.textContent.trim().length > 40
    && element.getClientRects().length > 0 && !over(element);
  const parts = [...document.body.querySelectorAll('*')].filter(faded);
  for (const part of parts) {
    const shown = {opacity: '1', transform: 'none', transition: 'none', animation: 'none'};
    for (const [name, value] of Object.entries(shown))
      part.style.setProperty(name, value, 'important');
  }
  return parts.length;
}"""


@dataclass(frozen=True, slots=True)
class Printed:
    """
    A print of a page.

    Attributes:
        share: Of the page's text that it has; None where that can't be told.
        way: How it was made, in words; "" for the page's own print style.
    """

    pdf: bytes
    share: float | None
    way: str = ""


async def print_page(tab: Tab, page_text: str, *, timeout_s: float) -> Printed:
    """
    Print by the page's print style; where that leaves text out, by other ways, and keep what has most.

    Printing changes the page: what is read of it is read before.
    """

    async def printed(way: str, *, for_screen: bool) -> Printed:
        pdf = await tab.pdf(for_screen=for_screen, timeout_s=timeout_s)
        return Printed(pdf, await asyncio.to_thread(pdf_text.share_of_text, page_text, pdf), way)

    unfolded = await tab.run(_UNFOLD, timeout_s=timeout_s)
    best = await printed("", for_screen=False)
    # A first print in hand is not given up for a better one that fails.
    with suppress(PageTrouble, TimeoutError):
        async with asyncio.timeout(timeout_s / 2):
            if _short_of(best, _HALF):
                # Some sites hide their text in print: their screen style is then the honest one.
                best = max(best, await printed("by the screen style", for_screen=True), key=_share)
            if _short_of(best, _MOST) and await _uncovered(tab, timeout_s=timeout_s):
                way = "with what only scrolling shows"
                best = max(best, await printed(way, for_screen=bool(best.way)), key=_share)
    parts = f"{unfolded} folded parts opened" if unfolded else ""
    return replace(best, way=", ".join(filter(None, (best.way, parts))))


async def _uncovered(tab: Tab, *, timeout_s: float) -> bool:
    """Show what only scrolling shows, in boxes, in frames and on the page itself; False if there was nothing."""
    counts = [await tab.run(script, timeout_s=timeout_s) for script in (_UNFADE, _UNROLL)]
    return any([*counts, await tab.grow_frames(timeout_s=timeout_s)])


def _short_of(printed: Printed, share: float) -> bool:
    return printed.share is not None and printed.share < share


def _share(printed: Printed) -> float:
    return printed.share or 0.0
