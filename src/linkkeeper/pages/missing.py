"""
Error pages that were sent as pages: their words, in many languages, and traces in their markup.

Words raise a suspicion and prove nothing: articles quote “page not found” too.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from linkkeeper.pages.hosting import HOST_PAGES, TO_THE_OWNER
from linkkeeper.pages.marks import labels, unquoted
from linkkeeper.pages.regret import other_words, says_item_missing, says_missing, tells_of_else
from linkkeeper.pages.text import Page

_SHORT_WORDS = 150
_STUB_WORDS = 40
_FEW_OTHERS = 6
_LONGEST_LABEL = 160


def _one_of(*patterns: str) -> str:
    return "|".join(f"(?:{pattern})" for pattern in patterns)


#: Words of regret that open the headings of error pages.
_REGRET = (
    r"(?:(?:oops|ooops|whoops|uh[- ]oh|hmm+|sorry|we(?:'re| are) sorry|ups|oups|ops|hoppla|huch|hups|hoppsan|oeps|"
    r"hopa|"
    r"leider|entschuldigung|désolée?|nous sommes désolés|vaya|lo sentimos|desculpe|spiacenti|siamo spiacenti|beklager|"
    r"przepraszamy|к сожалению|упс|извините|عذراً|抱歉|很抱歉|对不起|糟糕|죄송합니다|申し訳ございません)"
    r"(?:[\W_]{1,6}(?:but|aber|mais|pero|ma|mas)?\W{0,3}))?"
)
#: What a site may have lost.
_THING = (
    r"(?:page|file|url|document(?:ation)?(?: page)?|resource|article|content|site|story|post|record|entry|topic|"
    r"thread|"
    r"listing|publication|item|address|location|blog)"
)
#: What a site may say the same of, but also that it *is* available.
_ITEM = (
    r"(?:product|job(?: posting)?|offer|event|course|episode|question|user|profile|project|repository|data ?set|paper|"
    r"report|thesis|book|recipe|album|game|lesson|ad|vacancy)"
)

#: What stands as the whole title, a part of it, a heading, or alone in a line of error pages.
_PHRASES = _one_of(
    # English
    r"(?:http )?error[ :]*(?:code[ :]*)?404(?: error)?|(?:http )?status 404",
    r"404(?:[ :.,–-]*(?:error|fehler|erreur|page))?|(?:http )?(?:error )?410\W{0,3}gone",
    r"(?:404\W{0,3})?not found(?:\W{0,3}404)?|nothing (?:was )?found(?: (?:at this location|for .{1,80}))?|"
    r"object not found|bad title",
    rf"(?:404\W{{0,3}})?(?:the |this |that |your |requested |content |web ?)*{_THING}"
    r"(?: or \w+)?(?: that)?(?: you(?:'ve| have)? (?:requested|want)| requested| was| is| are| be| could| can| can't|"
    r" cannot| couldn't| wasn't| isn't| doesn't| has been| not| no longer| longer|"
    r" you(?:'re| are| were) (?:after|looking|searching|trying)(?: for| to (?:reach|access|view|open))?)*"
    r" (?:found|not found|not be found|exists?|missing|gone|available|unavailable|removed|deleted|withdrawn)"
    r"(?: (?:or|and) (?:re)?moved)?",
    r"(?:it )?looks like you(?:'re| are|'ve got(?:ten)?| got) lost|"
    r"(?:this|that|the) (?:page|file|url|document|article|content) (?:has gone|(?:is|has been) permanently "
    r"(?:gone|removed|deleted))",
    rf"(?:the |this |that |your )?(?:requested )?{_ITEM} (?:(?:was |is |has been )?(?:not found|no longer "
    rf"(?:available|"
    r"listed|exists)|unavailable|removed|deleted)|(?:could not|couldn't|cannot|can't) be found|"
    r"does(?: not|n't) exist)",
    rf"no (?:such )?{_THING} (?:was )?(?:found|exists?)|invalid (?:{_THING} (?:id|number|address)|url)",
    rf"(?:the|this|that) (?:(?:requested|selected|specified|chosen) )?{_THING}(?: .{{1,40}})? (?:does not|doesn't|no "
    r"longer) exists?",
    rf"we (?:can't|cannot|couldn't|could not) (?:seem to )?find (?:that|the|this|your) {_THING}.{{0,40}}",
    r"we (?:can't|cannot|couldn't|could not) (?:seem to )?find (?:what you(?:'re| are) looking for|that|it)",
    r"it (?:seems|looks like) (?:we can't find what you're looking for|nothing was found at this location).{0,40}",
    rf"(?:this|that|the) {_THING} (?:has gone|went|seems to (?:be|have gone)|got|is|appears to be) "
    r"(?:missing|walkabout|astray|lost|away)",
    r"page (?:does not|doesn't|no longer) exists?|page (?:can ?not|could not|couldn't|can't) be (?:found|displayed)",
    # German
    r"(?:fehler|fehlercode)[ :]*404|(?:die(?:se)? )?(?:seite|url) existiert nicht(?: mehr)?|nicht gefunden",
    r"(?:die |der |das |diese[rs]? |ihre )?(?:von ihnen )?(?:angeforderte |aufgerufene |gewünschte |gesuchte |"
    r"angegebene )?"
    r"(?:seite|datei|webseite|artikel|beitrag|inhalt|dokument|meldung|nachricht|pressemitteilung|angebot|produkt|"
    r"stellenanzeige|veranstaltung|video)(?: wurde| konnte| existiert| ist| kann)? ?(?:leider )?"
    r"(?:nicht|nicht (?:\()?mehr(?:\))?) (?:gefunden(?: werden)?|vorhanden|verfügbar|erreichbar|auffindbar)",
    r"(?:wir konnten |konnten wir )(?:leider )?(?:die |den |das )?(?:gewünschte |gesuchte |angeforderte )?"
    r"(?:seite|datei|artikel|beitrag) (?:leider )?nicht finden",
    r"(?:diese[rsn]? |die |den |das )?(?:seite|artikel|beitrag|inhalt|dokument) gibt es (?:hier )?(?:leider "
    r")?nicht(?: "
    r"mehr)?|hier (?:ist|gibt es) (?:leider )?nichts (?:zu (?:finden|sehen))",
    # French
    r"erreur[ :]*404|(?:la |cette |votre )?(?:page|article|document|contenu)(?: (?:demandée?|recherchée?|que vous "
    r"(?:recherchez|cherchez|demandez)))?(?: est| semble| n'a pas été)? (?:non trouvée?|introuvable|inexistante?|"
    r"trouvée?)",
    r"(?:la |cette |cet |ce |le |l')?(?:page|article|document|contenu)(?: .{1,40})? n'(?:existe|est) (?:pas|plus)"
    r"(?: ou plus| disponible| en ligne)?(?: ou n'existe plus)?",
    # Spanish, Catalan, Portuguese, Italian, Romanian
    r"(?:la )?página(?: (?:solicitada|que (?:busca|buscas|está buscando|intenta .{1,20})))? no (?:fue |ha sido )?"
    r"(?:encontrada|existe|disponible|se encuentra|está disponible)|no (?:encontrada|encontrado|se encontró la "
    r"página)|"
    r"no se (?:puede|pudo) encontrar (?:esa|esta|la) página|pàgina no trobada|no s'ha trobat la pàgina",
    r"no (?:hemos (?:podido )?|podemos |pudimos )?(?:encontra(?:mos|do|r)) (?:la|esta|esa) página.{0,40}",
    r"(?:(?:este|el|la|esta) )?(?:contenido|artículo|documento|noticia|página)(?: (?:solicitad[oa]|que busc\w+))? "
    r"(?:ya )?no (?:(?:fue |ha sido |est[áa] )?(?:encontrad[oa]|disponible)|existe)",
    r"(?:il |questo |l'|la )?(?:contenuto|articolo|documento|notizia)(?: richiest[oa])? non (?:è )?(?:stat[oa] |più )?"
    r"(?:disponibile|trovat[oa]|esiste(?: più)?)|questa pagina non esiste(?: più)?",
    r"(?:o |este |a |esta )?(?:conteúdo|artigo|documento|notícia)(?: (?:solicitad[oa]|que .{1,30}))? (?:já )?não "
    r"(?:(?:foi |está |est[áa] mais )?(?:encontrad[oa]|disponível)|existe)(?: mais)?",
    r"errore?[ :]*404|(?:la )?pagina(?: (?:richiesta|cercata|che (?:cerchi|stai cercando)))? (?:non (?:è (?:stata )?"
    r"(?:trovata|disponibile)|trovata|esiste(?: più)?|disponibile)|inesistente)",
    r"erro[ :]*404|(?:a )?página(?: .{1,40})? (?:não (?:foi )?(?:encontrada|existe|está disponível)|inexistente)"
    r"(?: ou foi removida)?",
    r"(?:această |această )?pagina? (?:nu a fost găsită|nu există|căutată nu .{1,20})|această pagină nu poate fi "
    r"găsită",
    # Dutch, Scandinavian, Finnish
    r"(?:het |dit |de )?(?:artikel|inhoud|document) (?:is )?(?:niet (?:gevonden|(?:meer )?beschikbaar)|bestaat niet"
    r"(?: meer)?)|(?:artikeln|innehållet) (?:finns inte(?: längre)?|kunde inte hittas)|"
    r"fout[ :]*404|(?:de |deze )?(?:gevraagde )?pagina (?:is |kon |kan )?(?:niet (?:worden )?(?:gevonden|beschikbaar)"
    r"(?: worden)?|bestaat niet(?: \(?meer\)?)?)",
    r"sidan(?: du (?:söker|letar efter))? (?:hittades inte|kunde inte hittas|kan inte hittas|finns inte(?: längre)?)",
    r"siden(?: du (?:leter etter|leder efter|søger|søker))? (?:(?:blev|ble) ikke (?:fundet|funnet)|findes ikke(?: "
    r"længere)?|"
    r"ikke funnet|finnes ikke|eksisterer ikke)|vi finner ikke siden(?: du leter etter)?|vi kan ikke finde "
    r"siden.{0,30}",
    r"(?:hakemaasi |etsimääsi )?sivua ei (?:löydy|löytynyt|ole olemassa)",
    # Polish, Czech, Slovak, Slovene, Croatian, Serbian, Hungarian
    r"nie ma takiej strony|(?:artykuł|dokument|treść) nie (?:istnieje|został[ao]? znalezion[ya])|nie znaleźliśmy "
    r"(?:tej )?strony.{0,30}",
    r"błąd[ :]*404|strona(?:, której szukasz,)? nie (?:istnieje|została (?:znaleziona|odnaleziona))|"
    r"nie (?:znaleziono|można znaleźć)(?: tej| takiej)?(?: strony)?",
    r"chyba[ :]*404|(?:tato |táto )?(?:požadovaná )?stránka (?:nenalezena|nebyla nalezena|neexistuje|sa nenašla|"
    r"nebola nájdená)",
    r"strani ni (?:mogoče najti|bilo mogoče najti)|stranica nije pronađena|(?:tražena )?stranica ne postoji|"
    r"(?:страница|тражена страница) (?:није пронађена|не постоји)",
    r"(?:a keresett |az )?oldal nem található",
    # Russian, Ukrainian, Bulgarian, Turkish, Greek
    r"(?:материал|статья|документ|новость|контент) не (?:найден[ао]?|существует|доступ\w+)|страница удалена|"
    r"ошибка[ :]*404|(?:запрашиваемая |запрошенная |такая |данная )?(?:страница|сторінк[ау]|страницата) "
    r"(?:не (?:найдена|существует|знайдено|знайдена|е намерена)|(?:была )?удалена)(?: или (?:была )?удалена)?|"
    r"помилка[ :]*404|сторінку не знайдено або .{1,40}|"
    r"такой страницы (?:нет|не существует)|сторінку не знайдено",
    r"hata[ :]*404|(?:aradığınız )?sayfa(?: .{1,20})? (?:bulunamadı|mevcut değil)|η σελίδα (?:.{1,30} )?δεν "
    r"(?:βρέθηκε|υπάρχει)",
    # Chinese, Japanese, Korean, Arabic, Persian, Hebrew, Vietnamese, Indonesian, Thai, Hindi
    r"(?:您|你|这个|這個|该|此)?(?:所)?(?:访问|请求|要找|要访问|查找|訪問|浏览)?的?(?:页面|网页|頁面|網頁|文章|内容)"
    r"(?:已经|已經|可能)?(?:不存在|未找到|找不到|没有找到|已被删除|已删除|走丢|不见|丢失|迷路|飞走|不翼而飞|"
    r"不存在或已被?删除)了?",
    r"(?:找不到|未找到|没有找到)(?:您|你)?(?:想要|要|访问|请求)?的?(?:页面|网页|頁面|網頁)了?",
    r"(?:指定的)(?:主题|帖子|页面|文章|内容)不存在(?:或.{1,20})?",
    r"(?:お探しの|指定された|ご指定の|アクセスしようとした)?(?:ページ|記事|ファイル)(?:が|は)"
    r"(?:見つかりません|存在しません|見つかりませんでした|存在しないか.{1,30}|削除されました)(?:でした)?",
    r"(?:요청하신 |찾으시는 )?페이지를 찾을 수 없습니다|(?:존재하지 않는|삭제된) (?:페이지|게시물)입니다",
    r"الصفحة (?:.{1,20} )?غير موجودة|لم يتم العثور على (?:هذه )?الصفحة|صفحه(?: .{1,20})? (?:یافت|پیدا) نشد",
    r"(?:הדף|העמוד) (?:.{1,20} )?לא נמצא|không tìm thấy trang|halaman tidak ditemukan|ไม่พบหน้า.{0,20}|पृष्ठ नहीं "
    r"मिला",
)
_WHOLE = re.compile(rf"^\W*{_REGRET}(?:{_PHRASES})\W*$", re.IGNORECASE)
_START = re.compile(rf"^\W*(?:{_PHRASES})\b", re.IGNORECASE)

#: What an embedding page may say of one film or picture: counts only where hardly anything else is said.
_PARTS = re.compile(
    r"^(?:sorry, )?(?:this|the) (?:video|image|photo|file|item|document|link)"
    r" (?:is (?:no longer|not) available|is unavailable|isn't available|(?:has been|was) (?:deleted|removed))(?: by "
    r".{0,45})?$",
    re.IGNORECASE,
)

#: In running text a phrase counts only where a sentence or a label begins, and not inside quotation marks.
_SENTENCES = re.compile(
    r"(?<![\"“”'‘’«»>])(?:"
    + _one_of(
        r"\b(?:Page|PAGE|File|FILE) (?:[Nn]ot [Ff]ound|NOT FOUND)\b",
        r"\bSeite (?:nicht|wurde nicht) gefunden\b|\bPágina n(?:o|ão) encontrada\b",
        r"\bPagina (?:non trovata|niet gevonden)\b",
        r"\bStrona nie znaleziona\b|\bСтраница не найдена\b",
        r"\bSidan hittades inte\b|\bSiden (?:ikke funnet|blev ikke fundet)\b",
        r"\b(?:The|This) (?:requested )?(?:page|URL|file|document)(?: /\S{0,200})?(?: that)?"
        r"(?: you (?:requested|were looking for|are looking for|tried to reach))?"
        r"(?: (?:in|on) this (?:blog|site|server|website))? "
        r"(?:was not found|(?:could not|cannot|can't|couldn't) be found|does(?: not|n't) exist|no longer exists|"
        r"is no longer available|has been removed|has been moved or deleted|may have been (?:removed|moved|deleted))",
        r"\b(?:No|Invalid) (?:Thread|Post|User|Attachment|Forum) specified\b",
        r"\bThe resource you are looking for (?:might have|has|may have) been removed\b",
        r"\b(?:We|we) (?:can't|cannot|can’t|couldn't|couldn’t|could not) (?:seem to )?find (?:(?:the|that|this) page|"
        r"what you(?:'re| are) looking for)",
        r"\bDie (?:angeforderte |gewünschte |gesuchte )?Seite (?:wurde|konnte)(?: leider)? nicht gefunden",
        r"\bCette page n'existe pas\b",
        r"\b(?:Your|The) search (?:returned no|(?:has|found|gave|yielded) no|did(?: not|n't) (?:return|match|find) "
        r"any) "
        r"(?:results|matches|hits|documents)\b",
        r"(?:找不到|未找到)[^。]{0,8}(?:页面|网页)|(?:页面|网页)(?:不存在|未找到)",
        r"ページが見つかりません|페이지를 찾을 수 없습니다",
    )
    + r")(?![\"”»’<])"
)
#: So short that a box within a living page may say it too.
_BARE = re.compile(r"^\W*(?:404|error|not found|nothing found|no \w+ found)\W*$", re.IGNORECASE)
#: What other things are called too.
_WEAK = re.compile(
    r"^\W*(?:(?:http )?(?:error)?\W*(?:code\W*)?(?:404|410)(?:\W+(?:not found|gone|error))?|not found(?:\W+404)?|"
    r"error|gone|"
    r"missing|(?:it )?looks like you(?:'re| are|'ve got(?:ten)?| got) lost|"
    r"it works|welcome to nginx|iis windows(?: server)?|account suspended)\W*$",
    re.IGNORECASE,
)
#: Of these histories and laws tell as well.
_TOLD_OF = re.compile(
    r"remov|delet|withdraw|missing|lost|gone|document|dokument|documento|article|artikel|artículo|story|record|"
    r"gelöscht|supprim|"
    r"eliminad|статья|удал|删除|削除",
    re.IGNORECASE,
)
_WIKI = re.compile(r"^There is currently no text in this page\b")
#: Answers of machines: storage services and interfaces.
_MACHINE = re.compile(
    r"<Code>NoSuch(?:Key|Bucket|Website)|"
    r"^\s*\{(?:\s*\"errors?\"\s*:\s*\[?\s*\{)?[^{}]{0,200}\"(?:error|message|detail|status|code)\"\s*:\s*(?:404\b|"
    r"\"(?:404|not[ _]?found)\b)",
    re.IGNORECASE,
)

_OWN_NAME = re.compile(r"/(?:404|not-?found)(?:\.\w{2,5})?/?$", re.IGNORECASE)
_BODY_CLASS = re.compile(
    rb"<body[^>]{0,400}\b(?:error-?404|page-?404|is-404|http-?404|page-?not-?found|error-?page-?404)\b", re.IGNORECASE
)
_ERROR_SCRIPT = re.compile(rb"<script[^>]{1,300}/404/", re.IGNORECASE)
#: What frameworks leave in the page that they show for a lost address, whatever their scripts draw. A status counts in
#: the page's own properties and the page's own error only: living pages embed answers to questions of theirs. A script
#: counts where it is run: living pages fetch that of the error page beforehand, in a link.
_FRAMEWORKS = re.compile(
    rb"\"page\"\s*:\s*\"/(?:_error|404|_not-found)\"|"
    rb"\"props\"\s*:\s*\{\s*\"pageProps\"\s*:\s*\{[^{}]{0,300}\"statusCode\"\s*:\s*404\b|"
    rb"[,{]error:\{[^{}]{0,300}\bstatusCode:404\b|"
    rb"window\.pagePath\s*=\s*[\"']/404|name=[\"']prerender-status-code[\"'][^>]{0,40}404|"
    rb"<script[^>]{1,200}/(?:pages|containers|views|routes|templates|errors)/404\.[^>]{0,60}\.js"
)
_FRAMEWORK_WORDS = (
    b'"/_error"',
    b'"/404"',
    b'"/_not-found"',
    b"statusCode",
    b"pagePath",
    b"prerender-status",
    b"s/404.",
)


@dataclass(frozen=True, slots=True)
class MissingMarks:
    """
    How much a page reads like an error page.

    Attributes:
        score: 0 to about 8; 2 on a short page or 4 on a long one is a suspicion.
        marks: What was found, in an editor's words.
        in_scripts: The part of *score* that readers would not see and scripts may undo.
    """

    score: int
    marks: tuple[str, ...]
    in_scripts: int = 0


def missing_marks(body: bytes, page: Page) -> MissingMarks:
    """Words and traces of an error page that was not sent as one."""
    scripts = _in_scripts(body, page)
    found = [*_worded(page), *_traces(body, page), *scripts]
    return MissingMarks(_sum(found), tuple(words for _, words in found), in_scripts=_sum(scripts))


def _sum(found: Sequence[tuple[int, str]]) -> int:
    return sum(score for score, _ in found)


def _worded(page: Page) -> list[tuple[int, str]]:
    found = []
    # Manuals, exhibitions and area codes bear such names too, and have something else to say.
    weak = any(map(tells_of_else, page.lines))
    telling = [part for part in (page.title, *labels(page.title)) if _tells(part) and not (weak and _is_weak(part))]
    # A number that begins the heading too is the name of something: a car, a bus, a model.
    named = len(labels(page.title)) > 1 and page.title in page.headings[:2] and all(part.isdigit() for part in telling)
    if telling and not named:
        found.append((2, f"title “{page.title[:80]}”"))
    elif _START.match(_plain(page.title)):
        found.append((1, f"title “{page.title[:80]}”"))
    headings = (text for text in page.headings[:6] if _tells(text) and not (weak and _is_weak(text)))
    if heading := next(headings, None):
        found.append((1 if weak and _TOLD_OF.search(heading) else 2, f"heading “{heading[:80]}”"))
    if page.word_count < _SHORT_WORDS:
        found.extend((score, f"the words “{said[:80]}”") for score, said in _said(page, weak=weak))
    return found


def _is_weak(text: str) -> bool:
    said = _plain(text)
    fixed = _WHOLE.match(said) or HOST_PAGES.match(said)
    return not fixed or bool(_WEAK.match(said)) or text[:1] in '“"„«'


def _said(page: Page, *, weak: bool) -> list[tuple[int, str]]:
    """What a short page says of itself, in lines or a sentence of its own."""
    lines = [line for line in dict.fromkeys(page.lines) if _tells(line) or _WIKI.match(line)]
    if weak:
        lines = [line for line in lines if line not in page.headings and (_BARE.match(line) or not _is_weak(line))]
    telling = lines
    whole = next((line for line in telling if not _BARE.match(line)), None)
    if whole is not None:
        return [(2, whole)]
    if page.word_count < _STUB_WORDS and other_words(page.main_text) <= _FEW_OTHERS:
        said = next((text for text in (*page.headings[:3], *page.lines) if says_item_missing(text)), None)
        if said is not None:
            return [(2, said)]
    if page.word_count < _STUB_WORDS and (said := _said_alone(page)):
        return [(2, said)]
    if match := _SENTENCES.search(_plain(_without_headings(page))):
        return [(2, match.group(0))]
    # Lists and empty boxes say as much of other things; several such lines together do not.
    return [(1, line) for line in telling[:3]]


def _without_headings(page: Page) -> str:
    """The page's text without its first headings, which were heard already."""
    text = page.visible_text
    for heading in page.headings[:3]:
        text = text.replace(heading, " ", 1)
    return text


def _said_alone(page: Page) -> str | None:
    if not page.markup and (match := _MACHINE.search(page.visible_text)):
        return match.group(0)
    return next((line for line in page.lines if _PARTS.match(_plain(line))), None)


def _tells(text: str) -> bool:
    said = _plain(text)
    return len(said) < _LONGEST_LABEL and bool(
        _WHOLE.match(said) or HOST_PAGES.match(said) or says_missing(unquoted(said))
    )


def _plain(text: str) -> str:
    return text.replace("’", "'")


def _traces(body: bytes, page: Page) -> list[tuple[int, str]]:
    found = []
    if page.word_count < 2 * _STUB_WORDS and (match := TO_THE_OWNER.search(page.visible_text)):
        found.append((2, f"the words “{match.group(0)[:80]}”"))
    if page.canonical_url and _OWN_NAME.search(page.canonical_url):
        found.append((2, f"the page names itself {page.canonical_url[:80]}"))
    head = body[:65_536]
    if _BODY_CLASS.search(head):
        found.append((2, "the page's own class says error 404"))
    if page.word_count < 20 and _ERROR_SCRIPT.search(head):
        found.append((2, "nothing but a script of an error page"))
    return found


def _in_scripts(body: bytes, page: Page) -> list[tuple[int, str]]:
    if page.markup and any(word in body for word in _FRAMEWORK_WORDS) and _FRAMEWORKS.search(body):
        return [(2, "the page's own scripts call it an error page")]
    return []
