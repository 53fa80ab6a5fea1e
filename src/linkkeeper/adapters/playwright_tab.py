"""One page in a context of its own, driven through Playwright."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from playwright.async_api import (
    BrowserContext,
    CDPSession,
    Dialog,
    Error,
    FloatRect,
    Frame,
    Page,
)
from playwright.async_api import (
    TimeoutError as PlaywrightTimeout,
)

from linkkeeper.adapters.playwright_paper import PlaywrightPaper
from linkkeeper.captures.ports import Arrival, PageTrouble, ProxyAddress, TabLost
from linkkeeper.captures.recorder import GREETING_HOST
from linkkeeper.captures.settling import SHOWN_WORDS

VIEWPORT_WIDTH = 1280
VIEWPORT_HEIGHT = 900
#: A page that opens more dialogs than this has its script broken off.
_MOST_DIALOGS = 8
_ORDER_TIMEOUT_S = 2.0
_NEWS_S = 0.2
_GREETING = f"http://{GREETING_HOST}/"
#: How long a banner that the rule set knows may take to show.
_BANNER_S = 0.8
_RULE_SET_NEWS = """() => {
  const said = (globalThis.autoconsentStandalone || {messages: []}).messages;
  const named = (type, good) => (said.find(message => message.type === type && good(message)) || {cmp: null}).cmp;
  return {found: named('cmpDetected', () => true), done: named('optOutResult', message => message.result)};
}"""
#: How long a frame may take to hand over its text.
_FRAME_TEXT_MS = 5000
#: What elements show from their open shadow roots, which is in no ``innerText`` of what is around them.
_SHADOW_TEXT = """() => {
  const texts = [];
  const collect = within => {
    for (const element of within.querySelectorAll('*')) {
      const root = element.shadowRoot;
      if (!root) continue;
      const shown = [...root.children].filter(
        child => child.getClientRects().length > 0 || getComputedStyle(child).display === 'contents');
      texts.push(...shown.map(child => child.innerText || ''));
      collect(root);
    }
  };
  collect(document);
  return texts.filter(text => text.trim()).join('\\n');
}"""
#: The document with its open shadow roots written out as templates; null where it has none.
_WITH_SHADOW_ROOTS = """() => {
  const roots = [];
  const collect = within => {
    for (const element of within.querySelectorAll('*')) {
      if (element.shadowRoot) { roots.push(element.shadowRoot); collect(element.shadowRoot); }
    }
  };
  collect(document);
  const root = document.documentElement;
  if (roots.length === 0 || !root.getHTML) return null;
  const tags = root.cloneNode(false).outerHTML, middle = tags.lastIndexOf('</');
  const type = document.doctype ? new XMLSerializer().serializeToString(document.doctype) : '';
  return type + tags.slice(0, middle) + root.getHTML({shadowRoots: roots}) + tags.slice(middle);
}"""


class PlaywrightTab:
    """Satisfies :class:`linkkeeper.captures.ports.Tab`."""

    def __init__(self, context: BrowserContext, page: Page, session: CDPSession, *, consent_rules: str = "") -> None:
        self._context = context
        self._page = page
        self._session = session
        self._consent_rules = consent_rules
        self._paper = PlaywrightPaper(page, self._evaluate)
        self._lost: TabLost | None = None
        self._gone = asyncio.Event()
        self._background: set[asyncio.Future[Any]] = set()
        self.dialogs = 0
        self.popups = 0
        self.downloads = 0
        self.trouble = ""

    async def prepare(self, proxy: ProxyAddress, *, on_landing: Callable[[str], None]) -> None:
        """Teach the context the proxy's credentials, and listen to what the page does."""
        await self._introduce(proxy)
        self._page.on("dialog", self._on_dialog)
        self._page.on("crash", lambda _: self._lose("the page's process crashed", crashed=True))
        self._page.on("close", lambda _: self._lose("the page closed itself", crashed=False))
        self._page.on("framenavigated", lambda frame: self._on_navigated(frame, on_landing))
        self._page.on("download", lambda _: self._count_download())
        self._context.on("page", self._on_popup)

    async def _introduce(self, proxy: ProxyAddress) -> None:
        """
        Answer the proxy's first challenge; Chromium then remembers for the whole context.

        Quirk: credentials given to Playwright's ``new_context`` make it pause
        every request of every page in the driver, which nearly doubles load times.
        """
        patterns = [{"urlPattern": f"{_GREETING}*"}]
        self._session.on("Fetch.requestPaused", lambda event: self._later(self._go_on(event)))
        self._session.on("Fetch.authRequired", lambda event: self._later(self._authorise(event, proxy)))
        await self._session.send("Fetch.enable", {"handleAuthRequests": True, "patterns": patterns})
        await self._page.evaluate("url => fetch(url, {cache: 'no-store'}).then(answer => answer.status)", _GREETING)
        await self._session.send("Fetch.disable")

    async def _go_on(self, event: dict[str, Any]) -> None:
        await self._session.send("Fetch.continueRequest", {"requestId": event["requestId"]})

    async def _authorise(self, event: dict[str, Any], proxy: ProxyAddress) -> None:
        answer = {"response": "ProvideCredentials", "username": proxy.user, "password": proxy.password}
        parameters = {"requestId": event["requestId"], "authChallengeResponse": answer}
        await self._session.send("Fetch.continueWithAuth", parameters)

    # what pages do

    def _on_dialog(self, dialog: Dialog) -> None:
        self.dialogs += 1
        # Leaving is always allowed; everything else is declined.
        self._later(dialog.accept() if dialog.type == "beforeunload" else dialog.dismiss())
        if self.dialogs % _MOST_DIALOGS == 0:
            self._later(self.stop_scripts())

    def _on_popup(self, page: Page) -> None:
        if page is not self._page:
            self.popups += 1
            self._later(page.close())

    def _on_navigated(self, frame: Frame, on_landing: Callable[[str], None]) -> None:
        if frame.parent_frame is None:
            on_landing(frame.url)

    def _count_download(self) -> None:
        self.downloads += 1

    def _lose(self, reason: str, *, crashed: bool) -> None:
        self._lost = self._lost or TabLost(reason, crashed=crashed)
        self._gone.set()

    def _later(self, work: Any) -> None:
        """Do something about an event; that the page is gone by then is no news."""

        async def attempt() -> None:
            with suppress(Error):
                await work

        task = asyncio.ensure_future(attempt())
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def release(self) -> None:
        """Let go of what still waits for the page."""
        for task in tuple(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    # what a visit asks

    async def _do(self, work: Any, *, timeout_s: float) -> Any:
        """Carry *work* out within its limit, unless the page is gone first."""
        if self._lost is not None:
            work.close()
            raise self._lost
        task = asyncio.ensure_future(work)
        gone = asyncio.ensure_future(self._gone.wait())
        try:
            await asyncio.wait({task, gone}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            if self._lost is not None:
                raise await self._how_lost(self._lost)
            raise TimeoutError
        except PlaywrightTimeout:
            raise TimeoutError from None
        except Error as error:
            translated = self._translated(error)
            if isinstance(translated, TabLost):
                translated = await self._how_lost(translated)
            raise translated from error
        finally:
            gone.cancel()
            if not task.done():
                task.cancel()
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def _how_lost(self, lost: TabLost) -> TabLost:
        """Quirk: of a browser that dies, the news that its page closed comes first."""
        if not lost.crashed:
            await asyncio.sleep(_NEWS_S)
            if self._context.browser is not None and not self._context.browser.is_connected():
                return TabLost("the browser died", crashed=True)
        return lost

    def _translated(self, error: Error) -> Exception:
        if self._lost is not None:
            return self._lost
        if "has been closed" in error.message or "Target crashed" in error.message:
            return TabLost("the browser died", crashed=True)
        self.trouble = error.message.splitlines()[0]
        return PageTrouble(self.trouble)

    async def open(self, url: str, *, timeout_s: float) -> Arrival:
        try:
            await self._do(self._page.goto(url, wait_until="commit", timeout=0), timeout_s=timeout_s)
        except PageTrouble as error:
            # Quirk: a download as main resource is an error to Playwright: "Download is starting".
            starting = "Download is starting" in str(error) or self.downloads > 0
            return Arrival.DOWNLOAD if starting else Arrival.FAILED
        return Arrival.COMMITTED

    async def loaded(self, *, timeout_s: float) -> None:
        await self._do(self._page.wait_for_load_state("load", timeout=0), timeout_s=timeout_s)

    def address(self) -> str:
        return self._page.url

    async def run(self, script: str, argument: Any = None, *, timeout_s: float) -> Any:
        try:
            return await self._do(self._evaluate(script, argument), timeout_s=timeout_s)
        except PageTrouble as error:
            if "context" not in str(error):
                raise
        # The page moved on in the meantime: ask the one that came.
        await self.loaded(timeout_s=timeout_s)
        return await self._do(self._evaluate(script, argument), timeout_s=timeout_s)

    async def _evaluate(self, script: str, argument: Any) -> Any:
        """Evaluate in a world of our own, where what the page did to the language's objects does not count."""
        tree = await self._session.send("Page.getFrameTree")
        frame = {"frameId": tree["frameTree"]["frame"]["id"], "worldName": "linkkeeper"}
        world = await self._session.send("Page.createIsolatedWorld", frame)
        call = {
            "functionDeclaration": script,
            "executionContextId": world["executionContextId"],
            "arguments": [{"value": argument}],
            "awaitPromise": True,
            "returnByValue": True,
        }
        answer = await self._session.send("Runtime.callFunctionOn", call)
        if "exceptionDetails" in answer:
            raise PageTrouble(str(answer["exceptionDetails"].get("text", "a script failed")))
        return answer["result"].get("value")

    async def click_in_frames(self, selectors: tuple[str, ...], *, timeout_s: float) -> str | None:
        clicked = await self._do(self._click_first(selectors), timeout_s=timeout_s)
        return str(clicked) if clicked is not None else None

    async def _click_first(self, selectors: tuple[str, ...]) -> str | None:
        for frame in self._page.frames:
            for selector in selectors:
                with suppress(Error):
                    found = frame.locator(selector).first
                    if await found.is_visible():
                        await found.click(timeout=1500, no_wait_after=True)
                        return selector
        return None

    async def dismiss_by_rule_set(self, *, timeout_s: float) -> str | None:
        if not self._consent_rules:
            return None
        product = await self._do(self._run_rule_set(timeout_s), timeout_s=timeout_s)
        return str(product) if product is not None else None

    async def _run_rule_set(self, timeout_s: float) -> str | None:
        """The rule set runs in our world beside the page's, and keeps a list of what it did."""
        await self._evaluate(f"() => {{ {self._consent_rules}\n }}", None)
        loop = asyncio.get_running_loop()
        started = loop.time()
        while loop.time() - started < timeout_s - _NEWS_S:
            heard = await self._evaluate(_RULE_SET_NEWS, None)
            if heard["done"] is not None:
                return str(heard["done"])
            if heard["found"] is None and loop.time() - started > _BANNER_S:
                return None
            await asyncio.sleep(0.1)
        return None

    async def text(self, *, timeout_s: float) -> str:
        texts = [await self.run(script, timeout_s=timeout_s) for script in (SHOWN_WORDS, _SHADOW_TEXT)]
        texts += await self._do(self._text_of_inner_frames(), timeout_s=timeout_s)
        return "\n\n".join(str(text) for text in texts if text and text.strip())

    async def _text_of_inner_frames(self) -> list[str]:
        texts = []
        for frame in self._page.frames:
            if frame.parent_frame is not None:
                # A frame may go, or not answer, without harm to the page around it.
                with suppress(Error):
                    texts.append(await frame.locator("body").first.inner_text(timeout=_FRAME_TEXT_MS))
                    texts.append(str(await frame.evaluate(_SHADOW_TEXT)))
        return texts

    async def dom(self, *, timeout_s: float) -> str:
        return str(await self._do(self._document(), timeout_s=timeout_s))

    async def _document(self) -> str:
        """Quirk: what elements keep in a shadow root is in no ``outerHTML``, though the reader sees it."""
        whole = await self._evaluate(_WITH_SHADOW_ROOTS, None)
        return str(whole) if whole is not None else await self._page.content()

    async def picture(self, *, full_height: int | None, timeout_s: float) -> bytes:
        work = self._page.screenshot(timeout=0) if full_height is None else self._full_picture(full_height)
        picture = await self._do(work, timeout_s=timeout_s)
        assert isinstance(picture, bytes)
        return picture

    async def _full_picture(self, height: int) -> bytes:
        clip = FloatRect(x=0, y=0, width=VIEWPORT_WIDTH, height=height)
        return await self._page.screenshot(full_page=True, clip=clip, timeout=0)

    async def pdf(self, *, for_screen: bool, timeout_s: float) -> bytes:
        printed = await self._do(self._paper.print(for_screen=for_screen), timeout_s=timeout_s)
        assert isinstance(printed, bytes)
        return printed

    async def grow_frames(self, *, timeout_s: float) -> int:
        return int(await self._do(self._paper.grow_frames(), timeout_s=timeout_s))

    async def stop_loading(self) -> None:
        await self._order("Page.stopLoading")

    async def stop_scripts(self) -> None:
        await self._order("Runtime.terminateExecution")

    async def _order(self, command: str) -> None:
        """Send a command that a page too busy to listen may never answer."""
        with suppress(TimeoutError, PageTrouble):
            await self._do(self._session.send(command), timeout_s=_ORDER_TIMEOUT_S)
