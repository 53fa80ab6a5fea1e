"""
Parked and offered domains: what parking services and sellers leave in their pages.

A page that writes *about* them is not one of them: mere links and text to a
service do not count, and words count only with other signs of an offer.
"""

import re

from linkkeeper.pages.marks import labels, unquoted
from linkkeeper.pages.text import Page

_LONGEST_WORDS = 1_500
_MOST_CHARACTERS = 4_000
_LONG_WORDS = 150
_OFFER_WORDS = 60
_NOTHING_ELSE_WORDS = 20
_OFFER_SIGNS = 3

#: A domain name, tried only where one can begin: bodies of one endless word are met in the wild.
_DOMAIN = r"(?<![\w.-])(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}"

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
    (b"ch=1&js=eyj", "jump of a parking service"),
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
#: The addresses of offers, and the name that each offers.
_ADDRESS = re.compile(rb"href\s*=\s*[\"']?(?:https?:)?//([^\s\"'<>]{1,300})")
_OFFERED = re.compile(rb"[/?=]((?:[a-z0-9-]+\.)+[a-z]{2,24})(?=[&/?#]|$)")
_COUNTING_FRAME = re.compile(rb"<i?frame[^>]{1,200}//ww\d{1,3}\.[^>]{1,200}\bsubid1=")
_DOMAIN_NAME = re.compile(_DOMAIN)
_ANCHOR = re.compile(rb"<a\s[^>]{0,800}>")

_NAME = rf"(?: {_DOMAIN})?"
#: A domain by its word, in the languages of registrars.
_NOUN = (
    r"(?:(?:premium-?)?domain(?:[- ]?names?)?|domein(?:naam)?|domän(?:en|namnet)?|dom[æe]ne[t]?|domeniul?|domen(?:a|"
    r"ę)|dom[ée]na|"
    r"domínio|dominio|(?:nom de )?domaine|домен(?:а|ное имя)?|verkkotunnus|alan adı|域名|網域|ドメイン|도메인)"
)
#: This one, of which a page speaks only if it stands on it: a manual speaks of yours.
_THIS = (
    r"(?:this|this expired|diese[rs]?|ce|cet|este|esta|questo|deze|denn?a|den här|dette|denne|ta|tato|táto|ez a|"
    r"tämä|acest|"
    r"этот|данный|цей|bu|该|此|本|この|이)"
)
_LAPSED = (
    r"(?:expired|suspended|deactivated|in auction|abgelaufen|gekündigt|expiré|suspendu|caducado|vencido|suspendido|"
    r"expirado|"
    r"expirou|scaduto|sospeso|verlopen|opgeheven|löpt ut|gått ut|utløpt|udløbet|vanhentunut|umgått|wygasła|wygasł|"
    r"vypršela|"
    r"expirovala|lejárt|a expirat|истёк|истек|истекла|закінчився|приостановлен|süresi (?:doldu|dolmuş)|过期|到期|"
    r"有効期限が切れ|期限切れ|만료)"
)
_OFFERED_NOW = (
    r"(?:for sale|zu verkaufen|zum verkauf|kaufen\b|verkaufen|à vendre|en vente|acheter\b|en venta|se vende|"
    r"comprar\b|in vendita|"
    r"acquista\b|à venda|te koop|kopen\b|till salu|til salgs?|na sprzedaż|na prodej|na predaj|eladó|de vânzare|"
    r"myytävänä|"
    r"продается|продаётся|продаж|satılık|出售|转让|販売|売り|판매)"
)
_WORDS = re.compile(
    r"(?<![\"“‘«„])(?:"
    + "|".join(
        (
            rf"\b{_THIS}\W?{_NOUN}{_NAME}[^.!?。;:,]{{0,40}}(?:{_LAPSED}|{_OFFERED_NOW})",
            rf"{_NOUN}(?: name)?\W{{0,3}}{_DOMAIN}[^.!?。;:,]{{0,40}}(?:{_LAPSED}|{_OFFERED_NOW})",
            rf"{_DOMAIN}(?: (?:is|est|ist|è|está|jest|har|has))?[^.!?。;:,]{{0,20}} (?:{_LAPSED}|{_OFFERED_NOW})",
            rf"{_NOUN}\W{{1,3}}(?:zu verkaufen|zum verkauf|à vendre|in vendita|en venta|à venda|te koop|na sprzedaż)",
            r"page is provided courtesy of|generated by the domain owner using|sponsored listings displayed above "
            r"are served|"
            r"contact verification suspension page|your domain is suspended\b|su dominio ha sido creado|"
            r"votre domaine a (?:bien )?été (?:créé|suspendu)|propietario de este dominio",
            rf"(?:this|the|your) (?:web ?site|domain(?: name)?){_NAME} (?:is|may be|might be|could be) "
            r"(?:currently |now )?(?:for sale|parked|available for (?:purchase|sale))",
            rf"{_DOMAIN} (?:is|may be|has) (?:for sale|parked|available for purchase|expired)",
            r"\bdomain(?: name)? (?:is|may be) for sale\b|\bthis domain (?:isn't|is not) connected to a website",
            r"(?:premium )?domain(?: name)? for sale|buy (?:this|the) domain(?: name)?\b",
            r"parked (?:free|for free)?,? ?(?:courtesy of|by|at|with) |web ?page is parked",
            r"interested in (?:buying )?this domain|make an offer (?:on|for) this domain|inquire about this domain",
            r"this domain(?: name)? (?:has |was |is )?(?:just |recently )?(?:been )?(?:just )?(?:registered|expired)",
            rf"domain(?: name)? {_DOMAIN} (?:has )?expired|"
            r"parked domain(?: name)? (?:on|at|by)\b|"
            r"totally awesome idea still being worked on|future home of something",
            rf"(?:diese|die) domain{_NAME} (?:steht|ist) (?:zum verkauf|zu verkaufen|geparkt|käuflich)",
            rf"(?:domain|webs(?:ei|i)te|internetadresse|{_DOMAIN})(?: {_DOMAIN})? steht (?:\w{{1,20}} )?zum verkauf|"
            r"(?:diese|die|jetzt) domain kaufen\b|domain erwerben\b|geparkte domain\b|"
            r"internetpräsenz wurde noch nicht freigeschaltet",
            rf"(?:diese |die )?domain{_NAME} (?:ist|wurde) (?:bereits |soeben |bei [\w .&-]{{1,40}} )?(?:registriert|"
            rf"reserviert)",
            rf"(?:ce|le) (?:nom de )?domaine{_NAME} est (?:à vendre|en vente|expiré)|votre domaine a bien été créé",
            rf"(?:este|el) dominio{_NAME} (?:está|esta) (?:en|a la) venta|este domínio está à venda|domínio à venda",
            rf"(?:questo|il) dominio{_NAME} è (?:in vendita|scaduto)|dominio in vendita",
            rf"deze domein(?:naam)? is te koop|(?:ta )?domena{_NAME} (?:jest )?na sprzedaż",
            rf"domänen{_NAME} är till salu|dom(?:æ|e)net{_NAME} er til salgs?|dom[ée]na{_NAME} je na (?:prodej|"
            rf"predaj)",
            rf"(?:alan adı|domain){_NAME} satılık|verkkotunnus{_NAME} on myytävänä|domain{_NAME} eladó|"
            rf"domeniul{_NAME} este de vânzare|tên miền này đang được (?:rao )?bán|domain ini dijual",
            rf"dom[äæ]n(?:en)?{_NAME} är parkerad|parkerad domän|parkert domene|parkeret domæne|geparkeerde? domein",
            rf"dominio{_NAME} (?:(?:è|fue|ha sido) (?:stato )?)?(?:registrat[oa]|registrado|parcheggiato|aparcado)|"
            rf"domínio{_NAME} (?:foi )?(?:registrado|estacionado)|"
            rf"domena{_NAME} (?:została |jest )?(?:zarejestrowana|zaparkowana)",
            rf"domeinnaam{_NAME} is (?:gereserveerd|geregistreerd)|"
            rf"dom[ée]na{_NAME} je (?:za)?(?:registrov|rezervov)ána|"
            rf"domenet{_NAME} er registrert|domænet{_NAME} er registreret|"
            rf"domaine{_NAME} est (?:déjà )?réservé",
            r"域名[^。]{0,20}已(?:过期|到期)",
            r"why am i seeing this '?under construction'? page",
            rf"домен{_NAME} (?:продається|продается|продаётся|припаркован|выставлен на продажу|зарегистрирован, но)",
            r"域名(?:正在|可以?|现)?(?:出售|转让)|このドメインは[^。]{0,20}(?:販売|売り出|お名前\.com)|"
            r"도메인[은이]? [^.]{0,12}판매",
        )
    )
    + ")",
    re.IGNORECASE,
)
#: Who registers or hosts names, as named on the pages that they put on new and lapsed ones.
_REGISTRARS = (
    r"godaddy|namecheap|porkbun|squarespace domains|ionos|1&1|strato|ovh(?:cloud)?|gandi|hover|dreamhost|bluehost|"
    r"hostgator|hostinger|network solutions|register\.com|tucows|enom|name\.com|dynadot|epik|gname|united-domains|"
    r"reg\.ru|ru-center|nic\.ru|aruba|register\.it|one\.com|loopia|home\.pl|nazwa\.pl|wix|xserver|metaregistrar|inwx|"
    r"fasthosts|123-reg|domeneshop|simply\.com|hostpoint|infomaniak|transip|mijndomein|active24|websupport|forpsi|"
    r"networksolutions|wedos|papaki|mat bao|spaceship|sav\.com|atom\.com|aftermarket"
)
#: Manuals say so too, but not in so few words.
_NAMELESS = re.compile(r"\b(?:the|your) domain(?: name)? (?:has|is) expired\b", re.IGNORECASE)
_COMING = re.compile(r"\b(?:coming soon|under construction|is parked|for sale|expired)\b", re.IGNORECASE)
_COMMERCE = re.compile(
    rf"\b(?:{_REGISTRARS})\b|お名前|阿里云|万网|"
    r"[$€£¥]\s?\d|\b(?:make (?:an|your) offer|place (?:a )?bid|buy now|get (?:a )?price|inquire|inquiry|brokers?|"
    r"contact (?:the owner|us to)|get (?:yours|this domain)|courtesy of|related searches|sponsored listings|"
    r"(?:site|domain) owner|(?:if|bist|sind|êtes|es|sei|ben) (?:you|du|sie|vous|usted|je|u)\b[^.!?]{0,30}(?:own|"
    r"inhaber|"
    r"propriétaire|titular|proprietario|titolare|houder|eigenaar)|titular|titolare|registrant|whois|"
    r"provider|bureau d['’]enregistrement|third[- ]party advertisers?|relationship with the advertisers|"
    r"renew|redemption|backorder|back-?order|registrar|hosting|gebot|angebot|kaufen|verkauf|acheter|vendre|comprar|"
    r"venta|"
    r"acquista|vendita|te koop|kup)\b|teklif|satın al|구매|报价|购买|转让|出售|купить|хостинг|не привязан|"
    r"verlänger|renouvel|renuév|renovar|rinnov|förnya|odnowi|продл|регистратор|续费|注册商|registrarul|更新手続|"
    r"ドメイン登録",
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
        offers = dict.fromkeys(words for needle, words in _OFFERS if needle in low)
        found |= offers if offers and not _lists_names(low) else {}
    if _COUNTING_FRAME.search(low):
        found["frame where parked domains count their visitors"] = None
    if _SELLERS_TITLE.search(page.title):
        found[f"title “{page.title[:80]}”"] = None
    elif worded := _worded_offer(page, host):
        found[worded] = None
    return tuple(found)


def _lists_names(low: bytes) -> bool:
    """Whether the offers that the page leads to are of several names: nobody parks a domain on a list."""
    offers = [address for address in _ADDRESS.findall(low) if any(needle in address for needle, _ in _OFFERS)]
    return len({name for address in offers for name in _OFFERED.findall(address)}) > 1


def _worded_offer(page: Page, host: str) -> str | None:
    """Words of an offer, with enough other signs that this page makes it and does not tell of it."""
    prominent = ". ".join((page.title, *page.headings[:3]))[:_MOST_CHARACTERS]
    match = _WORDS.search(prominent) or (_NAMELESS.search(prominent) if page.word_count < _NOTHING_ELSE_WORDS else None)
    signs = 1 if match else 0
    if match is None:
        match = _WORDS.search(unquoted(page.visible_text[:_MOST_CHARACTERS])) if page.word_count < _LONG_WORDS else None
    if match is None:
        return None
    own = host.removeprefix("www.")
    if not signs:
        # Said in the text alone: what stands above it, and how little stands beside it, tell.
        signs += _COMING.search(prominent) is not None
    signs += bool(own) and own in f"{prominent} {page.visible_text[:_MOST_CHARACTERS]}".lower()
    # A saved page may come without its own address: a label that is nothing but a domain name says whose it is.
    signs += any(_DOMAIN_NAME.fullmatch(part) for text in (page.title, *page.headings[:1]) for part in labels(text))
    # In so few words no news are told.
    signs += page.word_count < _NOTHING_ELSE_WORDS and _DOMAIN_NAME.search(match.group(0)) is not None
    signs += (page.word_count < _OFFER_WORDS) + (page.word_count < _NOTHING_ELSE_WORDS)
    signs += _COMMERCE.search(f"{prominent} {page.visible_text[:_MOST_CHARACTERS]}") is not None
    return f"the words “{match.group(0).strip()}”" if signs >= _OFFER_SIGNS else None
