"""
Marks of logins, consent and withholding in a page's words, and the parts of a title.

Finds marks; what they mean together with status, headers and landing place is
judged in ``checks``.
"""

import re
from collections.abc import Sequence

from linkkeeper.pages.text import Page

_GEO_WORDS = re.compile(
    r"(?:not|un|n't)\s?(?:currently )?available (?:in|to|for)(?: users| visitors| readers)?(?: in| from)? "
    r"(?:your|this|the|most) (?:country|region|location|european|eu\b|area)|"
    r"access (?:from|in) your (?:country|region|location) (?:is|has been) (?:blocked|restricted|denied|not)|"
    r"block access from your (?:country|region|location)|"
    r"(?:blocked|restricted|denied) (?:access )?(?:in|from|to) your (?:country|region|location)|"
    r"european economic area[^.]{0,120}(?:cannot|can't|unable|not)|in ihrem land nicht verfügbar|"
    r"pas disponible dans votre (?:pays|région)|no está disponible en (?:su|tu) (?:país|región)",
    re.IGNORECASE,
)

#: What shops say of some of their goods.
_IN_PART = re.compile(
    r"\b(?:some|many|most|certain|a few|several|not all|einige|manche|certains|algunos)\b", re.IGNORECASE
)


def geography_words(page: Page) -> str | None:
    """The words that say that the page is withheld from this country; None on any page with a text of its own."""
    if page.word_count >= 90:
        return None
    text = f"{page.title}. {page.visible_text}"
    match = _GEO_WORDS.search(text)
    if match is None or _IN_PART.search(text[max(0, match.start() - 60) : match.start()].rpartition(". ")[2]):
        return None
    return match.group(0)


_LOGIN_SEGMENTS = re.compile(
    r"^(?:please )?(?:log ?in(?:to)?|sign ?in|log ?on|member login|user login|login required|"
    r"sign in to continue|log in to continue|"
    r"authentication required|anmelden|anmeldung|einloggen|connexion|se connecter|iniciar sesión|acceder|accedi|entrar|"
    r"inloggen|logga in|log ind|logg inn|kirjaudu(?: sisään)?|zaloguj(?: się)?|logowanie|přihlášení|вход|войти|"
    r"登录|登入|ログイン|로그인|giriş(?: yap)?)(?: (?:to|in|bei|à|en|auf) .{1,60})?$",
    re.IGNORECASE,
)
#: What stands beside a login without a field for the password.
_LOGIN_NEAR = re.compile(
    r"password|passwor[dt]|account|konto|compte|cuenta|user ?name|benutzer|e-?mail|\bsso\b|continue with|forgot|"
    r"regist|sign up|member|subscri|to (?:view|continue|see|read|access)",
    re.IGNORECASE,
)
_ACCESS_WORDS = re.compile(
    r"you need (?:access|permission)|ask for access, or switch to an account|"
    r"sign in to (?:view|continue|see)|"
    r"(?:log|sign) in to (?:view|read|access) this|you must be logged in|(?:you must|please) log ?in (?:first|to "
    r"continue)",
    re.IGNORECASE,
)


def login_words(page: Page) -> str | None:
    """What shows that the page only asks to log in; None on any page with a text of its own."""
    if page.word_count >= 200:
        return None
    for text in (*segments(page.title), *(heading.lower() for heading in page.headings[:3])):
        asks = page.password_field or _LOGIN_NEAR.search(page.visible_text) or " to " not in text
        at_head = text not in (heading.lower() for heading in page.headings[1:3])
        if _LOGIN_SEGMENTS.match(text) and ((page.password_field and at_head) or (page.word_count < 80 and asks)):
            return f"“{text}”"
    if page.word_count < 100 and (match := _ACCESS_WORDS.search(f"{page.title}. {page.visible_text}")):
        return f"“{match.group(0)}”"
    if page.word_count < 100:
        alone = {part.strip(" .!").lower() for part in (*page.lines, *labels(page.title))}
        return next((f"“{words}”" for words in ("request access", "members only") if words in alone), None)
    return None


_CONSENT_WORDS = re.compile(
    r"before you continue|we (?:value|respect) your privacy|your privacy (?:choices|matters)|"
    r"bevor sie (?:zu|mit) |mit werbung und tracking|avant d'accéder|antes de continuar|prima di continuare",
    re.IGNORECASE,
)
_CONSENT_BUTTON = re.compile(
    r"\b(?:accept all|agree and continue|accept and continue|i agree|alle akzeptieren|zustimmen(?: und weiter)?|"
    r"tout accepter|aceptar todo|accetta tutto|alles accepteren)\b",
    re.IGNORECASE,
)


def consent_words(page: Page) -> str | None:
    """What shows that the page is only a question for consent; None on a page with a text beside its banner."""
    if page.word_count >= 300:
        return None
    text = f"{page.title}. {page.main_text}"
    asks = _CONSENT_WORDS.search(text)
    return f"“{asks.group(0)}”" if asks and _CONSENT_BUTTON.search(page.visible_text) else None


_QUOTED = re.compile(r"“[^“”]{1,200}”|„[^„“”]{1,200}[“”]|«[^«»]{1,200}»|\"[^\"]{1,200}\"")


def unquoted(text: str) -> str:
    """*text* without what it only quotes, apostrophes kept."""
    return _QUOTED.sub(" ", text)


_SEPARATORS = re.compile(r"\s+[|\-–—·•:»«/]+\s+|\s*[|»«]\s*|:\s+|\s[-–—]\s")


def labels(title: str) -> Sequence[str]:
    """:func:`segments` without those that only introduce the next: ``Blocked: canal closed`` is about a canal."""
    written = title.lower()
    return [part for part in segments(title) if f"{part}:" not in written]


def segments(title: str) -> Sequence[str]:
    """The parts of a title between separators, folded: ``Not found | The Site`` gives two."""
    return [part for raw in _SEPARATORS.split(title) if (part := raw.strip().strip("….").strip().lower())]
