"""Browsers for visits: the only place, with the tab beside it, that names Playwright."""

import asyncio
import ctypes
import os
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import uuid4

import playwright
from playwright.async_api import Browser, BrowserContext, Error, Playwright, async_playwright

from linkkeeper.adapters import chromium
from linkkeeper.adapters.playwright_tab import VIEWPORT_HEIGHT, VIEWPORT_WIDTH, PlaywrightTab
from linkkeeper.captures.browser_key import BrowserKey, new_browser_key
from linkkeeper.captures.ports import ProxyAddress, SandboxMode, TabLost
from linkkeeper.errors import BrowserError

#: The one that comes with Playwright.
_NODE = Path(playwright.__file__).parent / "driver" / "node"
_CLOSE_TIMEOUT_S = 5.0
_START_TIMEOUT_S = 60.0
_TAB_TIMEOUT_S = 30.0
_MEMORY_CHECK_EVERY = 5
_DRIVER_VARIABLE = "PLAYWRIGHT_NODEJS_PATH"
#: One driver starts at a time, whatever loop or thread its pool belongs to: all read the same environment.
_DRIVER_STARTING = threading.Lock()
_DRIVER_CHECK_S = 0.02
#: What the browser must not do by itself. It takes the last list that it is given, so this one says again what
#: of Playwright's own matters here: http stays http, nothing is fetched for the browser, partitions as without it.
_WITHOUT_FEATURES = (
    # Asks Google what the forms of a page are for, through the proxy and into the capture.
    "AutofillServerCommunication",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "PreconnectToSearch",
    "AimEnabled",
    "MediaRouter",
    "LensOverlay",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "PaintHolding",
)
#: WebRTC and QUIC would go around the proxy; the rest saves memory and noise.
#: Quirk: the WebRTC switch lost its "force-"; a Chromium takes one and ignores the other.
_FLAGS = (
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    f"--disable-features={','.join(_WITHOUT_FEATURES)}",
    "--disable-gpu",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserOptions:
    """
    As in ``[browser]``.

    Attributes:
        allow_unsandboxed: Whether ``auto`` may end without a sandbox (one-off commands only).
        consent_rules: Script of a rule set that dismisses consent banners; None, or a file that
            is not there, means that only our own rules do.
        flags: Further arguments of the browser; no setting, for measurements.
    """

    executable: str = ""
    sandbox: Literal["auto", "on", "off"] = "auto"
    allow_unsandboxed: bool = False
    recycle_after: int = 60
    recycle_memory_bytes: int = 1_500_000_000
    recycle_age_s: float = 3600.0
    consent_rules: Path | None = None
    flags: tuple[str, ...] = ()


class RunningBrowser:
    """One browser process with its key; satisfies :class:`linkkeeper.captures.ports.BrowserLease`."""

    def __init__(
        self, browser: Browser, *, key: BrowserKey, sandbox: SandboxMode, marker: str, consent_rules: str
    ) -> None:
        self._browser = browser
        self._consent_rules = consent_rules
        self.key = key
        self.version = browser.version
        self.sandbox = sandbox
        self.marker = marker
        self.born = time.monotonic()
        self.uses = 0
        self.held = 0
        self.sick = False

    @property
    def alive(self) -> bool:
        return self._browser.is_connected()

    @asynccontextmanager
    async def tab(
        self, proxy: ProxyAddress, *, service_workers: bool, on_landing: Callable[[str], None]
    ) -> AsyncIterator[PlaywrightTab]:
        context: BrowserContext | None = None
        tab: PlaywrightTab | None = None
        try:
            try:
                async with asyncio.timeout(_TAB_TIMEOUT_S):
                    context = await self._browser.new_context(
                        proxy={"server": f"http://127.0.0.1:{proxy.port}"},
                        service_workers="allow" if service_workers else "block",
                        viewport={"width": VIEWPORT_WIDTH, "height": VIEWPORT_HEIGHT},
                        accept_downloads=False,
                    )
                    page = await context.new_page()
                    session = await context.new_cdp_session(page)
                    tab = PlaywrightTab(context, page, session, consent_rules=self._consent_rules)
                    await tab.prepare(proxy, on_landing=on_landing)
            except (Error, TimeoutError) as error:
                self.sick = True
                raise TabLost("the browser died", crashed=True) from error
            yield tab
        finally:
            if tab is not None:
                await tab.release()
            if context is not None:
                await self._close_context(context)

    @asynccontextmanager
    async def context(self, *, proxy: str, around_it: str) -> AsyncIterator[BrowserContext]:
        """
        A context of its own that records nothing.

        Args:
            proxy: Where everything goes.
            around_it: Host and port that are asked directly; empty for none.
        """
        try:
            async with asyncio.timeout(_TAB_TIMEOUT_S):
                context = await self._browser.new_context(
                    proxy={"server": proxy, **({"bypass": around_it} if around_it else {})},
                    service_workers="allow",
                    viewport={"width": VIEWPORT_WIDTH, "height": VIEWPORT_HEIGHT},
                    accept_downloads=False,
                )
        except (Error, TimeoutError) as error:
            self.sick = True
            raise BrowserError("open a page", subject="the browser", reason="it died") from error
        try:
            yield context
        finally:
            await self._close_context(context)

    async def _close_context(self, context: BrowserContext) -> None:
        closing = asyncio.ensure_future(context.close())
        closing.add_done_callback(lambda done: done.cancelled() or done.exception())
        done, _ = await asyncio.wait({closing}, timeout=_CLOSE_TIMEOUT_S)
        if not done:
            # A context that does not close would keep its pages running.
            self.sick = True

    async def close(self) -> None:
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                await self._browser.close()


class PlaywrightPool:
    """
    Satisfies :class:`linkkeeper.captures.ports.BrowserPool`; use as an asynchronous context manager.

    One browser serves many visits in contexts of their own. A spent one is
    closed when its last visit ends; new visits get a fresh one meanwhile.
    """

    def __init__(self, options: BrowserOptions) -> None:
        self._options = options
        self._stack = AsyncExitStack()
        self._playwright: Playwright | None = None
        self._current: RunningBrowser | None = None
        self._starting = asyncio.Lock()
        self._folder = Path()

    async def __aenter__(self) -> "PlaywrightPool":
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="linkkeeper-browser-")))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._current is not None:
            await self._current.close()
            self._current = None
        await self._stack.aclose()

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[RunningBrowser]:
        browser = await self._fit()
        browser.held += 1
        browser.uses += 1
        try:
            yield browser
        finally:
            browser.held -= 1
            if browser is not self._current and browser.held == 0:
                await browser.close()
            elif browser.held == 0 and self._is_spent(browser):
                self._current = None
                await browser.close()

    async def _fit(self) -> RunningBrowser:
        async with self._starting:
            if self._current is not None and (self._is_spent(self._current) or await self._is_heavy(self._current)):
                spent, self._current = self._current, None
                if spent.held == 0:
                    await spent.close()
            if self._current is None:
                self._current = await self._start()
            return self._current

    def _is_spent(self, browser: RunningBrowser) -> bool:
        if not browser.alive or browser.sick or browser.uses >= self._options.recycle_after:
            return True
        return time.monotonic() - browser.born > self._options.recycle_age_s

    async def _is_heavy(self, browser: RunningBrowser) -> bool:
        """Adding up the memory takes tens of milliseconds: not before every visit, and not in the event loop."""
        if browser.uses % _MEMORY_CHECK_EVERY:
            return False
        await asyncio.to_thread(_give_back_memory)
        memory = await asyncio.to_thread(chromium.memory_of, browser.marker)
        return memory > self._options.recycle_memory_bytes

    async def _start(self) -> RunningBrowser:
        executable = await self.executable()
        if self._options.sandbox == "off":
            return await self._launch(executable, SandboxMode.OFF)
        mode, started = self._sandboxed(executable)
        try:
            if mode is None:
                raise BrowserError("sandbox the browser", subject=str(executable), reason="no user to start it as")
            return await self._launch(started, mode)
        except BrowserError as error:
            if self._options.sandbox == "auto" and self._options.allow_unsandboxed:
                return await self._launch(executable, SandboxMode.OFF)
            raise BrowserError(
                error.operation,
                subject=error.subject,
                reason=error.reason,
                hint='run linkkeeper as an ordinary user, or set [browser] sandbox = "off" if you trust every page',
            ) from error

    def _sandboxed(self, executable: Path) -> tuple[SandboxMode | None, Path]:
        if not chromium.we_are_root():
            return SandboxMode.ON, executable
        user = chromium.unprivileged_user()
        if user is None:
            return None, executable
        return SandboxMode.UNPRIVILEGED_USER, chromium.write_wrapper(self._folder, executable, user)

    async def executable(self) -> Path:
        """The browser that is or would be used."""
        own = Path((await self._driver()).chromium.executable_path)
        return chromium.find_browser(self._options.executable, playwrights_own=own)

    async def _driver(self) -> Playwright:
        if self._playwright is None:
            async with _in_a_session_of_its_own(self._folder):
                try:
                    self._playwright = await self._stack.enter_async_context(async_playwright())
                except Exception as error:  # Playwright says it with the bare class when its driver dies
                    raise BrowserError("start the browser", subject="Playwright's driver", reason=str(error)) from error
        return self._playwright

    async def _launch(self, executable: Path, sandbox: SandboxMode) -> RunningBrowser:
        assert self._playwright is not None, "started before"
        key = new_browser_key()
        agent = await asyncio.to_thread(chromium.user_agent, executable)
        marker = f"--linkkeeper-browser={uuid4().hex}"
        try:
            browser = await self._playwright.chromium.launch(
                executable_path=executable,
                chromium_sandbox=sandbox is not SandboxMode.OFF,
                args=[
                    *_FLAGS,
                    *self._options.flags,
                    *agent,
                    f"--ignore-certificate-errors-spki-list={key.spki_sha256}",
                    marker,
                ],
                timeout=_START_TIMEOUT_S * 1000,
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
            )
        except Error as error:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                # Whoever gave up the start is not told that it failed.
                raise asyncio.CancelledError from error
            reason = error.message.strip().splitlines()[0]
            raise BrowserError("start the browser", subject=str(executable), reason=reason) from error
        rules = await asyncio.to_thread(_script_of, self._options.consent_rules)
        return RunningBrowser(browser, key=key, sandbox=sandbox, marker=marker, consent_rules=rules)


@asynccontextmanager
async def _in_a_session_of_its_own(folder: Path) -> AsyncIterator[None]:
    """
    Start Playwright's driver, a child of ours, in another session than ours.

    Quirk: Ctrl-C and ``kill -- -GROUP`` go to all processes of a group. A driver that dies at once takes the
    browser along, under visits that we still want to end in order. It ends by itself when we are gone.
    """
    # Not in a thread: who is cancelled while a thread waits for the lock would leave it locked.
    while not _DRIVER_STARTING.acquire(blocking=False):  # noqa: ASYNC110  # no primitive of asyncio serves two loops
        await asyncio.sleep(_DRIVER_CHECK_S)
    try:
        before = os.environ.get(_DRIVER_VARIABLE)
        wrapper = chromium.write_session_wrapper(folder, before or str(_NODE))
        if wrapper is not None:
            os.environ[_DRIVER_VARIABLE] = str(wrapper)
        try:
            yield
        finally:
            os.environ.pop(_DRIVER_VARIABLE, None)
            if before is not None:
                os.environ[_DRIVER_VARIABLE] = before
    finally:
        _DRIVER_STARTING.release()


def _give_back_memory() -> None:
    """
    Return freed memory of ours to the system.

    Quirk: glibc keeps what each thread freed for that thread; pictures and PDFs pass through
    many, so that a process grew by a megabyte every hundred visits without holding anything.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _script_of(path: Path | None) -> str:
    return path.read_text("utf-8") if path is not None and path.is_file() else ""
