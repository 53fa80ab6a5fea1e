"""
Error pages that were sent as pages: their words, in many languages, and traces in their markup.

Words raise a suspicion and prove nothing: articles quote “page not found” too.
"""

import re
from dataclasses import dataclass

from linkkeeper.pages.marks import segments
from linkkeeper.pages.text import Page

_SHORT_WORDS = 150
_STUB_WORDS = 40


def _one_of(*patterns: str) -> str:
    return "|".join(f"(?:{pattern})" for pattern in patterns)


#: What stands as the whole title, a part of it, or a heading of error pages.
_PHRASES = _one_of(
    # English
    r"(?:http )?error[ :]*(?:code[ :]*)?404(?: error)?",
    r"404(?:[ :.,-]*(?:error|fehler|erreur|page))?",
    r"(?:404\W{0,3})?not found(?:\W{0,3}404)?|nothing found|object not found|broken link",
    r"(?:404\W{0,3})?(?:the |this |requested )*(?:page|file|url|document|resource|article|content|site|story)"
    r"(?: you requested| requested)?(?: was| is| could| can| has been| you(?:'re| are) looking for)*"
    r"(?: not| no longer|n't|not be|n't be)* "
    r"(?:found|not found|be found|exists?|missing|available|unavailable|removed)",
    r"(?:oops|sorry|whoops|uh[- ]oh|hmm)\b.{0,40}"
    r"(?:page|404|not found|can't find|cannot find|couldn't find|does(?:n't| not) exist).{0,40}",
    r"we (?:can't|cannot|couldn't|could not) find (?:that|the|this|your) page.{0,40}",
    r"page (?:does not|doesn't|no longer) exists?|page (?:can ?not|could not|couldn't|can't) be (?:found|displayed)",
    # German
    r"(?:fehler|fehlercode)[ :]*404|seite existiert nicht(?: mehr)?|nicht gefunden",
    r"(?:die )?(?:angeforderte |gewünschte )?(?:seite|datei)(?: wurde| konnte| existiert| ist)? ?(?:leider )?"
    r"(?:nicht|nicht mehr) (?:gefunden(?: werden)?|vorhanden|verfügbar)",
    # French, Spanish, Italian, Portuguese, Romanian
    r"erreur[ :]*404|(?:la )?page (?:non trouvée|introuvable|inexistante|demandée n'existe (?:pas|plus))",
    r"(?:la )?página no (?:encontrada|existe|disponible)|no (?:encontrada|encontrado|se encontró la página)",
    r"errore?[ :]*404|(?:la )?pagina (?:non (?:trovata|esiste|disponibile)|inesistente)",
    r"erro[ :]*404|página (?:não encontrada|inexistente)|pagina nu a fost găsită",
    # Dutch, Scandinavian, Finnish
    r"fout[ :]*404|(?:de )?pagina (?:is )?niet (?:gevonden|beschikbaar)",
    r"sidan (?:hittades inte|kunde inte hittas|finns inte)|sivua ei (?:löydy|löytynyt)",
    r"siden (?:(?:blev|ble) ikke fundet|findes ikke|ikke funnet|finnes ikke)",
    # Polish, Czech, Russian, Ukrainian, Hungarian, Turkish, Greek
    r"błąd[ :]*404|strona nie (?:istnieje|została znaleziona)|nie znaleziono(?: strony)?",
    r"chyba[ :]*404|stránka (?:nenalezena|nebyla nalezena|neexistuje)",
    r"ошибка[ :]*404|(?:страница|сторінк[ау]) не (?:найдена|существует|знайдено|знайдена)",
    r"hata[ :]*404|sayfa bulunamadı|az oldal nem található|η σελίδα δεν βρέθηκε",
    # Chinese, Japanese, Korean, Arabic, Hebrew, Vietnamese, Indonesian
    r"(?:您|你)?(?:访问|请求|要找|要访问|查找)?的?(?:页面|网页|頁面|網頁)(?:不存在|未找到|找不到|没有找到|已被删除|已删除)了?",
    r"(?:找不到|未找到|没有找到)(?:您|你)?(?:想要|要|访问|请求)?的?(?:页面|网页|頁面|網頁)了?",
    r"(?:お探しの)?ページ(?:が|は)(?:見つかりません|存在しません)(?:でした)?|페이지를 찾을 수 없습니다",
    r"الصفحة غير موجودة|הדף לא נמצא|không tìm thấy trang|halaman tidak ditemukan",
)
_WHOLE = re.compile(rf"^\W*(?:{_PHRASES})\W*$", re.IGNORECASE)
_START = re.compile(rf"^\W*(?:{_PHRASES})\b", re.IGNORECASE)

#: Titles of hosts that have lost the site behind an address.
_HOST_PAGES = re.compile(
    r"^(?:"
    + _one_of(
        r"welcome to nginx!?|it works!?|iis windows(?: server)?|account suspended|site not found|domain not configured",
        r"apache2? (?:\w+ )?default page(?:: it works)?|test page for the (?:apache|nginx|http).*",
        r"default (?:web ?site|parallels plesk|plesk) page|web server's default page",
        r"this account has been suspended|website (?:suspended|disabled|expired|not found)",
        r"no such (?:app|site)|there isn't a github pages site here\.?|project not found",
        r"this (?:site|blog|shop|store|website) (?:is no longer available|has been (?:deleted|removed|suspended)|"
        r"has been archived or suspended)",
    )
    + r")\W*$",
    re.IGNORECASE,
)

#: In running text a phrase counts only where a sentence or a label begins, and not inside quotation marks.
_SENTENCES = re.compile(
    r"(?<![\"“”'‘’«»])(?:"
    + _one_of(
        r"\b(?:Page|PAGE|File|FILE) (?:[Nn]ot [Ff]ound|NOT FOUND)\b",
        r"\bSeite (?:nicht|wurde nicht) gefunden\b|\bPágina n(?:o|ão) encontrada\b",
        r"\bPagina (?:non trovata|niet gevonden)\b",
        r"\bStrona nie znaleziona\b|\bСтраница не найдена\b",
        r"\bSidan hittades inte\b|\bSiden (?:ikke funnet|blev ikke fundet)\b",
        r"\b(?:The|This) (?:requested )?(?:page|URL|file|document)(?: /\S{0,200})?(?: that)?"
        r"(?: you (?:requested|were looking for|are looking for|tried to reach))? "
        r"(?:was not found|(?:could not|cannot|can't|couldn't) be found|does(?: not|n't) exist|no longer exists|"
        r"is no longer available|has been removed|has been moved or deleted|may have been (?:removed|moved|deleted))",
        r"\b(?:We|we) (?:can't|cannot|can’t|couldn't|couldn’t|could not) (?:seem to )?find (?:the|that|this) page",
        r"\bDie (?:angeforderte |gewünschte |gesuchte )?Seite (?:wurde|konnte)(?: leider)? nicht gefunden",
        r"\bCette page n'existe pas\b",
        r"(?:找不到|未找到)[^。]{0,8}(?:页面|网页)|(?:页面|网页)(?:不存在|未找到)",
        r"ページが見つかりません|페이지를 찾을 수 없습니다",
    )
    + r")(?![\"”»’])"
)
_STUBS = re.compile(r"\b404 (?:[Nn]ot [Ff]ound|NOT FOUND|[Ee]rror|ERROR)\b|\b(?:Error|ERROR) 404\b")

_OWN_NAME = re.compile(r"/(?:404|not-?found)(?:\.\w{2,5})?/?$", re.IGNORECASE)
_BODY_CLASS = re.compile(rb"<body[^>]{0,400}\b(?:error-?404|page-?404|is-404)\b", re.IGNORECASE)
_ERROR_SCRIPT = re.compile(rb"<script[^>]{1,300}/404/", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MissingMarks:
    """
    How much a page reads like an error page.

    Attributes:
        score: 0 to about 8; 2 on a short page or 4 on a long one is a suspicion.
        marks: What was found, in an editor's words.
    """

    score: int
    marks: tuple[str, ...]


def missing_marks(body: bytes, page: Page) -> MissingMarks:
    """Words and traces of an error page that was not sent as one."""
    found = [*_worded(page), *_traces(body, page)]
    return MissingMarks(sum(score for score, _ in found), tuple(words for _, words in found))


def _worded(page: Page) -> list[tuple[int, str]]:
    found = []
    if any(_tells(part) for part in (page.title, *segments(page.title))):
        found.append((2, f"title “{page.title[:80]}”"))
    elif _START.match(page.title):
        found.append((1, f"title “{page.title[:80]}”"))
    if heading := next((text for text in page.headings[:6] if _tells(text)), None):
        found.append((2, f"heading “{heading[:80]}”"))
    if page.word_count < _SHORT_WORDS:
        match = _SENTENCES.search(page.visible_text)
        if match is None and page.word_count < _STUB_WORDS:
            match = _STUBS.search(page.visible_text)
        if match:
            found.append((2, f"the words “{match.group(0)[:80]}”"))
    return found


def _tells(text: str) -> bool:
    return bool(_WHOLE.match(text) or _HOST_PAGES.match(text))


def _traces(body: bytes, page: Page) -> list[tuple[int, str]]:
    found = []
    if page.canonical_url and _OWN_NAME.search(page.canonical_url):
        found.append((2, f"the page names itself {page.canonical_url[:80]}"))
    head = body[:65_536]
    if _BODY_CLASS.search(head):
        found.append((2, "the page's own class says error 404"))
    if page.word_count < 20 and _ERROR_SCRIPT.search(head):
        found.append((2, "nothing but a script of an error page"))
    return found
