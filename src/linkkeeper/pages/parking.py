"""
Parked and offered domains: what parking services and sellers leave in their pages.

A page that writes *about* them is not one of them: mere links and text to a
service do not count, and words count only with other signs of an offer.
"""

import re

from linkkeeper.pages.text import Page

_LONGEST_WORDS = 1_500
_LONG_WORDS = 150
_OFFER_WORDS = 60
_NOTHING_ELSE_WORDS = 20
_OFFER_SIGNS = 3

#: Lower-case bytes of markup and scripts.
_MARKUP = (
    (b"data-adblockkey", "advertiser's key on <html>"),
    (b"window.lander_system", "landing page system"),
    (b"parking-lander", "landing page of a registrar"),
    (b"sedoparking.com", "Sedo parking"),
    (b"parkingcrew", "ParkingCrew"),
    (b"parklogic", "ParkLogic"),
    (b"dp-teaminternet", "Team Internet"),
    (b"d38psrni17bvxu.cloudfront.net", "Team Internet"),
    (b"bodis.com", "Bodis"),
    (b"bodiscdn.com", "Bodis"),
    (b"cdnpark.com", "CDNpark"),
    (b"adsense/domains/caf.js", "Google advertisements for domains"),
    (b"google.ads.domains.caf", "Google advertisements for domains"),
    (b"cdn0.dan.com", "Dan"),
    (b"namebright.com", "NameBright"),
    (b"efty.com/", "Efty"),
    (b"parkingpage.namecheap.com", "Namecheap parking"),
    (b"parking.reg.ru", "REG.RU parking"),
    (b"voodoo.com/", "Voodoo parking"),
    (b"rookdns.com", "Rook parking"),
    (b"smartname.com", "SmartName"),
    (b"above.com/park", "Above parking"),
    (b'window.location.href="/lander"', "jump to a parking lander"),
    (b"window.park =", "parking settings"),
    (b"window.park=", "parking settings"),
)

#: Lower-case bytes of links to an offer of this one name.
_OFFERS = (
    (b"sedo.com/search/details", "offer at Sedo"),
    (b"hugedomains.com/domain_profile", "offer at HugeDomains"),
    (b"afternic.com/forsale", "offer at Afternic"),
    (b"afternic.com/domain", "offer at Afternic"),
    (b"dan.com/buy-domain", "offer at Dan"),
    (b"undeveloped.com/buy-domain", "offer at Undeveloped"),
    (b"above.com/marketplace", "offer at Above"),
    (b"squadhelp.com/name", "offer at Squadhelp"),
    (b"atom.com/name/", "offer at Atom"),
    (b"domainmarket.com/buynow", "offer at DomainMarket"),
    (b"buydomains.com/lander", "offer at BuyDomains"),
    (b"porkbun.com/auction", "auction at Porkbun"),
    (b"sav.com/domain", "offer at Sav"),
    (b"spaceship.com/domain", "offer at Spaceship"),
    (b"dynadot.com/market", "offer at Dynadot"),
    (b"uniregistry.com/buy-domain", "offer at Uniregistry"),
    (b"godaddy.com/forsale", "offer at GoDaddy"),
)
_SELLERS_TITLE = re.compile(
    r"\b(?:is|may be) for sale\b.*"
    r"\b(?:hugedomains|afternic|dan\.com|sedo|atom\.com|squadhelp|godaddy|efty|brandbucket)\b",
    re.IGNORECASE,
)
_ANCHOR = re.compile(rb"<a\s[^>]{0,800}>")

_NAME = r"(?: [\w.-]+\.\w+)?"
_WORDS = re.compile(
    r"(?<![\"“‘«„])(?:"
    + "|".join(
        (
            rf"(?:this|the|your) (?:web ?site|domain(?: name)?){_NAME} (?:is|may be|might be|could be) "
            r"(?:currently |now )?(?:for sale|parked|available for (?:purchase|sale))",
            r"(?:[\w-]+\.)+[a-z]{2,} (?:is|may be|has) (?:for sale|parked|available for purchase|expired)",
            r"\bdomain(?: name)? (?:is|may be) for sale\b|\bthis domain (?:isn't|is not) connected to a website",
            r"(?:premium )?domain(?: name)? for sale|buy (?:this|the) domain(?: name)?\b",
            r"parked (?:free|for free)?,? ?(?:courtesy of|by|at|with) |web ?page is parked",
            r"interested in (?:buying )?this domain|make an offer (?:on|for) this domain|inquire about this domain",
            r"this domain(?: name)? (?:has |was |is )?(?:just |recently )?(?:been )?(?:just )?(?:registered|expired)",
            r"domain(?: name)?(?: [\w.-]+\.\w+)? (?:has )?expired|future home of something",
            rf"(?:diese|die) domain{_NAME} (?:steht|ist) (?:zum verkauf|zu verkaufen|geparkt|käuflich)",
            r"steht zum verkauf|domain (?:kaufen|erwerben)\b|internetpräsenz wurde noch nicht freigeschaltet",
            rf"(?:diese |die )?domain{_NAME} (?:ist|wurde) (?:bereits |soeben |bei [\w .&-]{{1,40}} )?(?:registriert|"
            rf"reserviert)",
            rf"(?:ce|le) (?:nom de )?domaine{_NAME} est (?:à vendre|en vente|expiré)|votre domaine a bien été créé",
            rf"(?:este|el) dominio{_NAME} (?:está|esta) (?:en|a la) venta|este domínio está à venda|domínio à venda",
            rf"(?:questo|il) dominio{_NAME} è (?:in vendita|scaduto)|dominio in vendita",
            r"deze domein(?:naam)? is te koop|(?:ta )?domena (?:jest )?na sprzedaż",
            r"домен(?: [\w.-]+\.\w+)? (?:продается|продаётся|припаркован|выставлен на продажу|зарегистрирован, но)",
            r"(?:该|此|本)域名(?:正在)?(?:出售|转让|可转让)|このドメインは[^。]{0,20}(?:販売|売り出|お名前\.com)",
        )
    )
    + ")",
    re.IGNORECASE,
)
#: Who registers or hosts names, as named on the pages that they put on new and lapsed ones.
_REGISTRARS = (
    r"godaddy|namecheap|porkbun|squarespace domains|ionos|1&1|strato|ovh(?:cloud)?|gandi|hover|dreamhost|bluehost|"
    r"hostgator|hostinger|network solutions|register\.com|tucows|enom|name\.com|dynadot|epik|gname|united-domains|"
    r"reg\.ru|ru-center|nic\.ru|aruba|register\.it|one\.com|loopia|home\.pl|nazwa\.pl|wix|xserver|metaregistrar|inwx"
)
_COMING = re.compile(r"\b(?:coming soon|under construction|is parked|for sale|expired)\b", re.IGNORECASE)
_COMMERCE = re.compile(
    rf"\b(?:{_REGISTRARS})\b|お名前|阿里云|万网|"
    r"[$€£¥]\s?\d|\b(?:make (?:an|your) offer|place (?:a )?bid|buy now|get (?:a )?price|inquire|inquiry|broker|"
    r"contact (?:the owner|us to)|get (?:yours|this domain)|courtesy of|related searches|sponsored listings|renew|"
    r"redemption|backorder|back-?order|registrar|hosting|gebot|angebot|kaufen|verkauf|acheter|vendre|comprar|venta|"
    r"acquista|vendita|te koop|kup)\b|报价|购买|转让|出售|купить|хостинг|не привязан",
    re.IGNORECASE,
)


def parking_marks(body: bytes, page: Page, *, host: str = "") -> tuple[str, ...]:
    """
    Traces of a parked or offered domain, in an editor's words.

    Args:
        host: Of the page; an offer names it.
    """
    if page.word_count > _LONGEST_WORDS:
        return ()
    low = body.lower()
    bare = _ANCHOR.sub(b" ", low) if b"<a" in low and page.word_count else low
    shown = page.visible_text.lower()
    found = dict.fromkeys(
        words for needle, words in _MARKUP if needle in bare and bare.count(needle) > shown.count(needle.decode())
    )
    prominent = f"{page.title} {' '.join(page.headings[:3])}".lower()
    own = host.removeprefix("www.")
    if page.word_count < _OFFER_WORDS or (page.word_count < _LONG_WORDS and own and own in prominent):
        found |= dict.fromkeys(words for needle, words in _OFFERS if needle in low)
    if _SELLERS_TITLE.search(page.title):
        found[f"title “{page.title[:80]}”"] = None
    elif worded := _worded_offer(page, host):
        found[worded] = None
    return tuple(found)


def _worded_offer(page: Page, host: str) -> str | None:
    """Words of an offer, with enough other signs that this page makes it and does not tell of it."""
    prominent = ". ".join((page.title, *page.headings[:3]))
    match = _WORDS.search(prominent)
    signs = 1 if match else 0
    if match is None:
        match = _WORDS.search(page.visible_text) if page.word_count < _LONG_WORDS else None
    if match is None:
        return None
    own = host.removeprefix("www.")
    if not signs:
        # Said in the text alone: what stands above it, and how little stands beside it, tell.
        signs += page.word_count < _NOTHING_ELSE_WORDS
        signs += _COMING.search(prominent) is not None
    signs += bool(own) and own in f"{prominent} {page.visible_text[:2_000]}".lower()
    signs += bool(own) and page.title.strip().lower().removeprefix("www.") == own
    signs += page.word_count < _OFFER_WORDS
    signs += _COMMERCE.search(f"{prominent} {page.visible_text[:4_000]}") is not None
    return f"the words “{match.group(0).strip()}”" if signs >= _OFFER_SIGNS else None
