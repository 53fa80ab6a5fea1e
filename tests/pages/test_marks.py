"""Words of error pages, logins, consent and parking, in many languages; and where they mean nothing."""

import pytest

from linkkeeper.pages.marks import consent_words, geography_words, login_words, segments
from linkkeeper.pages.missing import missing_marks
from linkkeeper.pages.parking import parking_marks
from linkkeeper.pages.text import Page, read_page
from linkkeeper.pages.walls import wall_marks


def page(title: str, text: str = "", *, body: str = "") -> tuple[bytes, Page]:
    data = f"<html><head><title>{title}</title></head><body><p>{text}</p>{body}</body></html>".encode()
    return data, read_page(data, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    "title",
    [
        "404",
        "404 Not Found",
        "Error 404",
        "404 - Page not found | The Site",
        "Page Not Found – The Site",
        "The Site: Page not found",
        "The page you requested could not be found",
        "Sorry, we can't find that page",
        "Oops! That page can't be found.",
        "Seite nicht gefunden - Institut",
        "Fehler 404",
        "Page introuvable | Le Site",
        "Página no encontrada",
        "Página não encontrada",
        "Pagina non trovata",
        "Pagina niet gevonden",
        "Sidan hittades inte",
        "Siden blev ikke fundet",
        "Sivua ei löydy",
        "Strona nie została znaleziona",
        "Stránka nenalezena",
        "Страница не найдена",
        "Sayfa bulunamadı",
        "页面不存在 - 站点",
        "找不到网页",
        "ページが見つかりません",
        "페이지를 찾을 수 없습니다",
        "Account Suspended",
        "Welcome to nginx!",
        "Apache2 Ubuntu Default Page: It works",
        "Site not found",
    ],
)
def test_titles_of_error_pages_raise_a_suspicion(title: str) -> None:
    assert missing_marks(*page(title)).score >= 2


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Peugeot 404 - fiche technique", "Voiture familiale."),
        ("404 Media investigates", "A story."),
        ("The lost page: found letters of a soldier", "Letters."),
        ("How to make a 404 page", "An error page is not found by accident."),
        ("Missing persons of 1944", "The list."),
        ("Why “page not found” is a bad message", "Readers see “Page not found” and leave."),
        ("Water report", "The section on lead pipes has been removed. The annex is no longer available."),
        ("Bericht 2019", "Die Quelle wurde nicht gefunden, schreibt der Autor."),
    ],
)
def test_pages_about_errors_are_no_error_pages(title: str, text: str) -> None:
    assert missing_marks(*page(title, text)).score < 2


@pytest.mark.parametrize(
    "script",
    [
        '<script id="__NEXT_DATA__">{"props":{"pageProps":{"statusCode":404}},"page":"/lost"}</script>',
        '<script>{"props": {"pageProps": {"title": "x", "statusCode": 404}}, "page": "/[...all]"}</script>',
        '<script>{"props":{"pageProps":{}},"page":"/_error"}</script>',
        '<script>window.__NUXT__={data:[],error:{message:"gone",statusCode:404},state:{}}</script>',
        '<script>window.pagePath="/404/"</script>',
        '<script src="/_nuxt/pages/404.5b7f.js" defer></script>',
    ],
)
def test_what_frameworks_run_for_a_lost_address_raises_a_suspicion(script: str) -> None:
    marks = missing_marks(*page("Institute", "Home.", body=script))
    assert marks.score == marks.in_scripts == 2


@pytest.mark.parametrize(
    "script",
    [
        '<link rel="prefetch" as="script" href="/_nuxt/pages/404.5b7f.js">',
        '<link rel="modulepreload" href="/_nuxt/pages/404.5b7f.js"><script src="/_nuxt/app.js"></script>',
        '<script>{"props":{"pageProps":{"page":{"weather":{"statusCode":404}}}},"page":"/report"}</script>',
        "<script>window.__NUXT__={data:[{avatar:{statusCode:404}}],error:null}</script>",
    ],
)
def test_what_living_pages_fetch_and_embed_raises_none(script: str) -> None:
    assert missing_marks(*page("Water report", "The figures.", body=script)).score == 0


@pytest.mark.parametrize("title", ["Log in", "Sign in to the portal", "Anmelden", "Se connecter", "Вход", "登录"])
def test_a_page_that_is_only_a_login_is_told(title: str) -> None:
    assert login_words(page(title, body="<input type=password>")[1]) is not None


def test_a_login_box_beside_a_text_is_no_login_page() -> None:
    assert login_words(page("Water report", "words " * 120, body="<input type=password>")[1]) is None
    assert login_words(page("Login systems of antiquity", "words " * 120)[1]) is None


def test_a_consent_page_is_told_from_a_banner() -> None:
    wall = page("Before you continue to the site", "We use cookies.", body="<button>Accept all</button>")[1]
    assert consent_words(wall) is not None
    text = "The yearly report on wells and gauges. " * 30
    banner = '<div class="cookie-banner">We value your privacy <button>Accept all</button></div>'
    assert consent_words(page("Water report", text, body=banner)[1]) is None


@pytest.mark.parametrize(
    "text",
    [
        "This content is not available in your country.",
        "Sorry, this site is unavailable in your region.",
        "Access from your country has been blocked",
        "Dieser Inhalt ist in Ihrem Land nicht verfügbar.",
    ],
)
def test_pages_withheld_from_a_country_are_told(text: str) -> None:
    assert geography_words(page("Notice", text)[1]) is not None
    assert geography_words(page("Notice", text + " word" * 100)[1]) is None


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("old-institute.example", "This domain is for sale! Make an offer."),
        ("The domain old-institute.example is for sale", "Contact us."),
        ("old-institute.example", "This web page is parked for free, courtesy of your registrar."),
        ("old-institute.example steht zum Verkauf", "Angebot senden"),
        ("old-institute.example", "Ce domaine est à vendre. Acheter maintenant."),
        ("old-institute.example", "Este dominio está en venta. Comprar."),
        ("old-institute.example", "Deze domeinnaam is te koop."),
    ],
)
def test_offers_of_the_name_are_told_by_words(title: str, text: str) -> None:
    assert parking_marks(*page(title, text), host="www.old-institute.example")


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Why domains are for sale", "Brokers write “this domain is for sale” in large letters. " + "More. " * 60),
        ("This domain is for sale: inside a market", "We met three brokers. " + "They talked at length. " * 40),
        ("Cars.example is for sale, says its owner", "The company wants a buyer by spring. " + "More. " * 80),
        ("Links", 'See <a href="https://www.bodis.com/">Bodis</a> and <a href="https://sedoparking.com">Sedo</a>.'),
        ("Scripts", "They load adsense/domains/caf.js and parkingcrew.net, we found."),
    ],
)
def test_pages_about_domains_are_not_parked(title: str, text: str) -> None:
    assert parking_marks(*page(title, text), host="www.old-institute.example") == ()


def test_a_form_that_asks_for_humans_is_no_wall() -> None:
    form = "<input name=a><textarea></textarea><div class=g-recaptcha></div>"
    assert wall_marks(*page("Contact", "Please confirm you are human.", body=form)) == ()
    assert wall_marks(*page("Contact", "Please confirm you are human.")) != ()


def test_marks_on_long_pages_count_only_with_a_refusal() -> None:
    body, read = page("Report", "words " * 500, body="<script>window._cf_chl_opt={}</script>")
    assert wall_marks(body, read) == ()
    assert [mark.vendor for mark in wall_marks(body, read, any_length=True)] == ["Cloudflare"]


def test_titles_are_split_at_separators() -> None:
    assert segments("Not found | The Site") == ["not found", "the site"]
    assert segments("Just a moment...") == ["just a moment"]
    assert segments("well-known") == ["well-known"]
