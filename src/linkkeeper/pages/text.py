"""
Bytes of a page to what can be judged: title, headings, text, links, language.

Only reads; spans of links are the business of the position-keeping reader.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from selectolax.lexbor import LexborHTMLParser, LexborNode

from linkkeeper.pages.decode import codec_of, encoding_of

_LONGEST_TITLE = 1_000
_HEADING_LIMIT = 40
_SHELL_LENGTH = 2_048
_AUTHOR_METAS = ("author", "citation_author", "article:author", "dc.creator", "parsely-author", "byl")
_DATE_METAS = (
    "article:published_time",
    "citation_publication_date",
    "citation_date",
    "datepublished",
    "dc.date",
    "dc.date.issued",
    "dcterms.issued",
    "date",
    "pubdate",
    "parsely-pub-date",
)
_IDENTIFIER_METAS = ("citation_doi", "dc.identifier", "prism.doi", "bepress_citation_doi")
_LINK_LIMIT = 2_000
_MARKUP_TYPES = ("text/html", "application/xhtml+xml")
_TEXT_TYPES = ("text/", "application/json", "application/xml", "application/javascript", "application/ld+json")
_INVISIBLE = ["script", "style", "noscript", "template", "svg", "iframe", "object", "select", "head"]
_HIDDEN = "[hidden], [style*='display:none'], [style*='display: none'], [type='hidden']"
_BOILERPLATE = (
    "nav, header, footer, aside, form, dialog, button, menu, [role=navigation], [role=banner], [role=contentinfo], "
    "[role=complementary], [role=search], [role=dialog], [aria-hidden=true]"
)
_NAMED_BOILERPLATE = re.compile(
    r"(?:^|[\s_-])(?:nav(?:bar|igation)?|menu|foot(?:er)?|masthead|breadcrumbs?|side-?bar|cookies?|consent|gdpr|banner|share|"
    r"sharing|social|related|recommend(?:ed|ations)?|comments?|promo|advert(?:isement)?s?|newsletter|subscribe|pagination|"
    r"toolbar|skip-?link|copyright|widget)(?:$|[\s_-])",
    re.IGNORECASE,
)
_NAMED_PARTS = "div[class], div[id], section[class], ul[class], ul[id], ol[class], table[class], p[class]"
_MAIN = "main, article, [role=main], [itemprop=articleBody], #content, #main, #main-content, #bodyContent"
_UNSPACED = re.compile("[\u3040-\u9fff]+")
_FEW_WORDS = 150
_SHORT_LINE = 400
_NOT_LINES = frozenset({"a", "button", "code", "dd", "dt", "kbd", "label", "li", "option", "pre", "samp", "td", "th"})
_TEXT_FIELDS = "textarea, input:not([type]), input[type=text], input[type=email], input[type=tel]"
_ROOT_DIV = (
    "#root, #app, #__next, #__nuxt, #___gatsby, #react-root, #main-app, #q-app, app-root, [data-reactroot], [ng-app]"
)
_REFRESH = re.compile(
    r"^\s*(\d+)(?:\.\d*)?\s*(?:[;,\s]\s*(?:url\s*=\s*)?['\"]?\s*([^'\"]*?)\s*['\"]?)?\s*$", re.IGNORECASE
)
_SCRIPT_JUMP = re.compile(
    r"(?:window\.|document\.|self\.|top\.|\b)location(?:\.href)?\s*(?:=(?!=)|\.(?:replace|assign)\()\s*[\"']([^\"']{1,500})[\"']"
)


@dataclass(frozen=True, slots=True)
class Refresh:
    """A redirect written in the page: ``<meta http-equiv=refresh>`` or a script that only jumps."""

    seconds: int
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """
    A page as far as it can be judged without a browser.

    Attributes:
        title: ``<title>``, else ``og:title``; "" where there is none.
        headings: h1 to h3 in order, at most 40.
        visible_text: White space folded; scripts, hidden elements left out.
        main_text: Without navigation, footers, banners; the whole visible
            text where no better part was found.
        links: Values of ``href`` of ``<a>`` as written, in order, each once.
        main_links: Those of the part that *main_text* was taken from.
        language: Of ``<html lang>``, lower case; None where it is silent.
        word_count: Of the visible text; unspaced scripts count two
            characters as a word.
        scripts: Number of ``<script>`` elements.
        root_div: An element that client-side frameworks render into.
        refresh: A redirect written in the page, None where there is none.
        markup: Whether the body was read as HTML.
        lines: Runs of text between two tags; empty on a page of 150 words or more.
        text_fields: Number of fields to write into, logins left out.
        media_type: Lower case, without parameters.
    """

    title: str = ""
    headings: tuple[str, ...] = ()
    visible_text: str = ""
    main_text: str = ""
    links: tuple[str, ...] = ()
    main_links: tuple[str, ...] = ()
    language: str | None = None
    word_count: int = 0
    scripts: int = 0
    root_div: bool = False
    refresh: Refresh | None = None
    markup: bool = True
    media_type: str = "text/html"
    site_name: str = ""
    description: str = ""
    authors: tuple[str, ...] = ()
    published: str | None = None
    canonical_url: str | None = None
    identifier: str | None = None
    password_field: bool = False
    text_fields: int = 0
    element_ids: frozenset[str] = frozenset()
    lines: tuple[str, ...] = ()

    @property
    def has_scripts(self) -> bool:
        return self.scripts > 0


def read_page(body: bytes, content_type: str | None) -> Page:
    """
    Read a page; never raises, whatever the bytes.

    Args:
        body: Decoded from transfer and content coding.
        content_type: The header's value; None lets the bytes decide.
    """
    media_type = (content_type or "").split(";")[0].strip().lower()
    if media_type in _MARKUP_TYPES or (_is_vague(media_type) and _looks_like_markup(body)):
        return _read_markup(_decoded(body, content_type, markup=True), media_type or "text/html")
    if media_type.startswith(_TEXT_TYPES) or (_is_vague(media_type) and b"\0" not in body[:1024]):
        text = _folded(_decoded(body, content_type, markup=False))
        first = text[:200]
        return Page(
            title="" if "<" in first else first[:80],
            visible_text=text,
            main_text=text,
            word_count=count_words(text),
            lines=(text,) if len(text) < _SHORT_LINE else (),
            markup=False,
            media_type=media_type or "text/plain",
        )
    return Page(markup=False, media_type=media_type or "application/octet-stream")


def _decoded(body: bytes, content_type: str | None, *, markup: bool) -> str:
    encoding = encoding_of(body, declared_type=content_type, markup=markup)
    return body.decode(codec_of(encoding), "replace").removeprefix("\ufeff")


def count_words(text: str) -> int:
    """Words as a reader would count them; two characters of Chinese or Japanese are one."""
    return len(text.split()) + _unspaced_words(text)


def _unspaced_words(text: str) -> int:
    return 0 if text.isascii() else sum(map(len, _UNSPACED.findall(text))) // 2


def _count_folded(text: str) -> int:
    """:func:`count_words` of a text without white space but single blanks between words."""
    return text.count(" ") + 1 + _unspaced_words(text) if text else 0


def _is_vague(media_type: str) -> bool:
    return media_type in ("", "application/octet-stream", "text/plain", "application/unknown", "unknown/unknown")


def _looks_like_markup(body: bytes) -> bool:
    head = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith(
        (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<title", b"<!--", b"<meta", b"<p")
    )


def _read_markup(text: str, media_type: str) -> Page:
    # Quirk: lexbor hands text back as C strings, which a NUL would end.
    tree = LexborHTMLParser(text.replace("\0", "\ufffd") if "\0" in text else text)
    root = tree.root
    if root is None:
        return Page(media_type=media_type)
    page = _declared(tree, root, text, media_type=media_type)
    body = tree.body or root
    tree.strip_tags(_INVISIBLE, recursive=True)
    for node in body.css(_HIDDEN):
        # A page that hides its whole body until a script runs still has its text.
        if node.tag not in ("body", "html") and node.parent is not None:
            node.decompose()
    visible = _text_of(body)
    words = _count_folded(visible)
    headings = tuple(
        found[:_LONGEST_TITLE] for node in body.css("h1, h2, h3")[:_HEADING_LIMIT] if (found := _text_of(node))
    )
    lines = tuple(_lines(body)) if words < _FEW_WORDS else ()
    main = _main_part(body, visible)
    return replace(
        page,
        headings=headings,
        visible_text=visible,
        main_text=main.text if main is not None else visible,
        main_links=_links(main.node) if main is not None else page.links,
        word_count=words,
        lines=lines,
    )


def _lines(body: LexborNode) -> Iterator[str]:
    """Runs of text between two tags, in order; of tables, lists, links and code none, for those tell of something."""
    for node in body.traverse(include_text=True):
        parent = node.parent
        if (
            node.tag == "-text"
            and parent is not None
            and parent.tag not in _NOT_LINES
            and (text := _folded(node.text()))
        ):
            yield text


def _declared(tree: LexborHTMLParser, root: LexborNode, text: str, *, media_type: str) -> Page:
    """What the page says in its markup, before anything is stripped from the tree."""
    metas = _metas(tree)
    title_node = tree.css_first("head title") or tree.css_first("title")
    html = tree.css_first("html")
    language = (html.attributes.get("lang") if html else None) or metas.get("content-language") or ""
    return Page(
        title=((_text_of(title_node) if title_node else "") or metas.get("og:title", ""))[:_LONGEST_TITLE],
        links=_links(root),
        language=language.strip().lower() or None,
        scripts=len(tree.css("script")),
        root_div=tree.css_first(_ROOT_DIV) is not None,
        refresh=_refresh(metas.get("refresh"), text),
        media_type=media_type,
        site_name=metas.get("og:site_name", ""),
        description=metas.get("description") or metas.get("og:description", ""),
        authors=tuple(metas[name] for name in _AUTHOR_METAS if metas.get(name)),
        published=next((metas[name] for name in _DATE_METAS if metas.get(name)), None),
        canonical_url=_attribute(tree, "link[rel=canonical]", "href"),
        identifier=next((metas[name] for name in _IDENTIFIER_METAS if metas.get(name)), None),
        text_fields=len(tree.css(_TEXT_FIELDS)),
        password_field=tree.css_first("input[type=password]") is not None,
        element_ids=frozenset(_ids(tree)),
    )


def _metas(tree: LexborHTMLParser) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in tree.css("meta[content]"):
        attributes = node.attributes
        name = attributes.get("name") or attributes.get("property") or attributes.get("http-equiv")
        # Script apps send readers without scripts elsewhere; nobody else goes there.
        if "http-equiv" in attributes and node.parent is not None and node.parent.tag == "noscript":
            continue
        content = attributes.get("content")
        if name and content:
            found.setdefault(name.strip().lower(), _folded(content))
    return found


def _attribute(tree: LexborHTMLParser, selector: str, name: str) -> str | None:
    node = tree.css_first(selector)
    return (node.attributes.get(name) or None) if node else None


def _ids(tree: LexborHTMLParser) -> Iterator[str]:
    for node in tree.css("[id], a[name]"):
        attributes = node.attributes
        if value := attributes.get("id") or attributes.get("name"):
            yield value


def _links(part: LexborNode) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for node in part.css("a[href]"):
        href = (node.attributes.get("href") or "").strip()
        if href and not href.startswith(("#", "javascript:")):
            found[href] = None
            if len(found) >= _LINK_LIMIT:
                break
    return tuple(found)


def refresh_of(content: str | None) -> Refresh | None:
    """Read ``5; url=/there``, the content of the ``<meta>`` and of the header of that name."""
    match = _REFRESH.match(content) if content else None
    return Refresh(seconds=int(match.group(1)[:9]), target=match.group(2)) if match and match.group(2) else None


def _refresh(content: str | None, text: str) -> Refresh | None:
    """
    A redirect written in the page.

    A jump by script counts only in a body under 2 KB: parking shells and
    "redirecting" stubs are that small, real pages mention ``location`` too.
    """
    if (written := refresh_of(content)) is not None:
        return written
    if len(text) < _SHELL_LENGTH and (jump := _SCRIPT_JUMP.search(text)):
        return Refresh(seconds=0, target=jump.group(1))
    return None


@dataclass(frozen=True, slots=True)
class _Part:
    """An element and its text, which is dear to get."""

    node: LexborNode
    text: str


def _main_part(body: LexborNode, visible: str) -> _Part | None:
    """
    The element with the text, after navigation, footers and banners were taken out of the tree.

    The container that the page itself names as its content is taken if it
    holds a third of what is left; None where hardly anything is left.
    """
    bare = True
    for node in body.css(_BOILERPLATE):
        if node.parent is not None and node.tag not in ("body", "html") and not _holds_most(node, visible):
            node.decompose()
            bare = False
    for node in body.css(_NAMED_PARTS):
        if node.parent is not None and _is_named_boilerplate(node) and not _holds_most(node, visible):
            node.decompose()
            bare = False
    rest = _Part(body, visible if bare else _text_of(body))
    containers = (_Part(node, _text_of(node)) for node in body.css(_MAIN)[:20])
    best = max(containers, key=lambda part: len(part.text), default=rest)
    chosen = best if best.text and len(best.text) * 3 >= len(rest.text) else rest
    length = len(chosen.text)
    return chosen if length >= 80 or length * 4 >= len(visible) else None


def _is_named_boilerplate(node: LexborNode) -> bool:
    attributes = node.attributes
    return any(_NAMED_BOILERPLATE.search(value) for name in ("class", "id") if (value := attributes.get(name)))


def _holds_most(node: LexborNode, visible: str) -> bool:
    # Old ASP.NET pages wrap everything in one form; some themes name the page's wrapper "banner".
    return len(node.text(separator=" ")) * 2 > len(visible)


def _text_of(node: LexborNode) -> str:
    return _folded(node.text(separator=" "))


def _folded(text: str) -> str:
    return " ".join(text.split())
