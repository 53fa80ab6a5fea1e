"""What a reader would do: scroll for what loads late, ask for more, start the media."""

from linkkeeper.captures.ports import Tab

_MOST_SCREENS = 60
_MOST_CLICKS = 4

#: One jump to the end tells whether scrolling matters on a long page; so do parts that fade in when they are reached.
_LAYOUT = """() => {
  const fades = element => getComputedStyle(element).opacity === '0' && element.textContent.trim().length > 40;
  const root = document.scrollingElement || document.documentElement;
  if (!root) return null;
  return {
    height: root.scrollHeight, screen: innerHeight,
    lazy: document.querySelectorAll(
      'img[loading="lazy"], iframe[loading="lazy"], [data-src], [data-srcset], .lazy, .lazyload').length,
    faded: [...document.querySelectorAll('body div, section, article, p, li, blockquote, figure')]
      .slice(0, 3000).some(fades),
    media: document.querySelectorAll('video, audio').length,
    frames: document.querySelectorAll('iframe').length,
  };
}"""
_SCROLL = """async ({screens, pause}) => {
  const root = document.scrollingElement || document.documentElement;
  const frame = () => new Promise(done => { requestAnimationFrame(() => done()); setTimeout(done, 100); });
  let count = 0;
  for (; count < screens; count++) {
    const before = scrollY;
    scrollTo({top: before + innerHeight * 0.9, behavior: 'instant'});
    await frame();
    await new Promise(done => setTimeout(done, pause));
    if (scrollY <= before) break;
  }
  return {count, more: count === screens};
}"""
_JUMP = """async () => {
  const root = document.scrollingElement || document.documentElement;
  const before = root.scrollHeight;
  scrollTo({top: before, behavior: 'instant'});
  await new Promise(done => {
    requestAnimationFrame(() => requestAnimationFrame(() => done()));
    setTimeout(done, 200);
  });
  const grown = root.scrollHeight > before;
  scrollTo({top: 0, behavior: 'instant'});
  return grown;
}"""
_TOP = "() => scrollTo({top: 0, behavior: 'instant'})"
_MORE = """most => {
  const more = '(show|load|see|view|read) more|(show|view|read) (the )?(full|whole|entire)|continue reading';
  const english = new RegExp(`^\\\\s*(${more})\\\\b`, 'i');
  const others = new RegExp('^\\\\s*(' + ['mehr (an)?zeigen', 'weiterlesen', 'mehr laden', 'afficher plus', 'voir plus',
    'lire la suite', 'ver más', 'mostrar más', 'leer más', 'seguir leyendo', 'mostra altro', 'continua a leggere',
    'meer tonen', 'lees meer', 'ler mais', 'читать дальше', 'показать еще', 'もっと見る', '続きを読む', '查看更多',
    '展开全文'].join('|') + ')', 'i');
  const asks = text => english.test(text) || others.test(text);
  let clicked = 0;
  const stays = 'a:not([href]), a[href^="#"], a[href^="javascript:"]';
  for (const button of document.querySelectorAll(`button, [role="button"], summary, ${stays}`)) {
    if (clicked >= most) break;
    const around = button.closest('form, a[href]');
    if ((around && !around.matches(stays)) || !asks(button.innerText || button.ariaLabel || '')) continue;
    if (button.getClientRects().length === 0) continue;
    button.click();
    clicked++;
  }
  return clicked;
}"""
_PLAY = """() => {
  let started = 0;
  for (const media of document.querySelectorAll('video, audio')) {
    media.muted = true;
    media.preload = 'auto';
    const playing = media.play();
    if (playing) playing.catch(() => {});
    started++;
  }
  return started;
}"""


async def behave(tab: Tab, *, timeout_s: float) -> str:
    """
    Scroll, ask for more and start media, each only where the page has it.

    Returns:
        What was done, in an editor's words; "" if there was nothing to do.
    """
    layout = await tab.run(_LAYOUT, timeout_s=timeout_s)
    if not isinstance(layout, dict):
        return ""
    done = []
    if layout.get("media"):
        started = await tab.run(_PLAY, timeout_s=timeout_s)
        done.append(f"started {started} audio or video")
    if clicked := await tab.run(_MORE, _MOST_CLICKS, timeout_s=timeout_s):
        done.append(f"asked {clicked} times for more")
    if scrolled := await _scroll(tab, layout, timeout_s=timeout_s):
        done.append(scrolled)
    return ", ".join(done)


async def _scroll(tab: Tab, layout: dict[str, object], *, timeout_s: float) -> str:
    height, screen = layout.get("height"), layout.get("screen")
    if not isinstance(height, int | float) or not isinstance(screen, int | float) or height <= screen * 1.1:
        return ""
    long = height > screen * 6
    if long and not (layout.get("lazy") or layout.get("faded")) and not await tab.run(_JUMP, timeout_s=timeout_s):
        return ""
    result = await tab.run(_SCROLL, {"screens": _MOST_SCREENS, "pause": 30}, timeout_s=timeout_s)
    await tab.run(_TOP, timeout_s=timeout_s)
    if not isinstance(result, dict):
        return ""
    return f"scrolled {result['count']} screens{', and there was more' if result['more'] else ''}"
