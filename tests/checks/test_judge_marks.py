"""Each mark of a wall or a parked domain tells on its own, at any length of page at which it may count."""

from itertools import product

import pytest

from linkkeeper.vocabulary.observation import ObservationKind

from .judging import answered, verdict

K = ObservationKind
FILL = "The quick brown fox jumps over the lazy dog near the river bank while birds sing songs today. "


def document(
    words: int, *, head: str = "", body: str = "", title: str = "old-institute.example", html: str = ""
) -> bytes:
    top = f"<!doctype html><html {html}><head><title>{title}</title>{head}</head>"
    return f"{top}<body>{body}<p>{FILL * (words // 18)}</p></body></html>".encode()


WALLS = {
    "Cloudflare's options": {"head": '<script>window._cf_chl_opt={cvId:"2"};</script>'},
    "Cloudflare's orchestration": {
        "head": '<script src="/cdn-cgi/challenge-platform/h/b/orchestrate/jsch/v1"></script>'
    },
    "Cloudflare's error page": {"body": '<div id="cf-error-details">x</div>'},
    "DataDome's script": {"head": '<script src="https://ct.captcha-delivery.com/c.js"></script>'},
    "DataDome's frame": {"body": '<iframe src="https://geo.captcha-delivery.com/captcha/?x=1"></iframe>'},
    "HUMAN's box": {"body": '<div id="px-captcha"></div>'},
    "Imperva's frame": {"body": '<iframe src="/_Incapsula_Resource?CWUDNSAI=9&x"></iframe>'},
    "Imperva's incident": {"body": "<p>Request unsuccessful. Incapsula incident ID: 12-34</p>"},
    "Akamai's page in entities": {"body": "https&#58;&#47;&#47;errors&#46;edgesuite&#46;net&#47;18.2f"},
    "Akamai's reference": {"body": "<p>Reference #18.7ff1302.1700000000.abcdef</p>"},
    "AWS's token": {"head": '<script src="https://x.us-east-1.token.awswaf.com/x/challenge.js"></script>'},
    "AWS's properties": {"head": '<script>window.gokuProps = {"key":"x"}</script>'},
    "Sucuri's script": {"head": "<script>var sucuri_cloudproxy_js='';</script>"},
    **{
        f"title {title}": {"title": title}
        for title in (
            "Just a moment...",
            "Attention Required! | Cloudflare",
            "Human Verification",
            "Pardon Our Interruption",
            "Access to this page has been denied",
        )
    },
}
PARKED = {
    "advertiser's key": {"html": 'data-adblockkey="MFw"'},
    "lander system": {"head": '<script>window.LANDER_SYSTEM="PW"</script>'},
    "lander": {"head": '<script src="https://static.example/parking-lander/static/js/main.js"></script>'},
    "Sedo": {"head": '<img src="https://img.sedoparking.com/x.png">'},
    "ParkingCrew": {"head": '<script src="//www.parkingcrew.net/jsparkcaf.php"></script>'},
    "ParkLogic": {"head": '<script src="https://router.parklogic.com/"></script>'},
    "Team Internet": {"head": '<script>pubId:"dp-teaminternet04_3ph"</script>'},
    "Bodis": {"head": '<link href="https://parking.bodiscdn.com/x.css">'},
    "CDNpark": {"head": '<script src="http://cdnpark.com/x.js"></script>'},
    "Google's advertisements": {"head": '<script src="https://www.google.com/adsense/domains/caf.js"></script>'},
    "HugeDomains": {"title": "Example.org is for sale | HugeDomains"},
}


@pytest.mark.parametrize("mark", WALLS.values(), ids=WALLS)
def test_each_mark_of_a_wall_tells_on_its_own(mark: dict[str, str]) -> None:
    for words, status in product((20, 150, 350), (200, 202, 403, 503)):
        found = verdict(answered(document(words, **mark), status=status)).kind
        assert found is K.BLOCKED, (words, status)


def test_access_denied_may_be_the_title_of_a_film() -> None:
    """Of a refusal it tells whatever follows; of a success only where nothing else is told."""
    for words, status in product((20, 150, 350), (403, 503)):
        assert verdict(answered(document(words, title="Access denied"), status=status)).kind is K.BLOCKED
    told = document(0, title="Access denied", body="<p>You do not have access. Your IP address was blocked.</p>")
    assert verdict(answered(told)).kind is K.BLOCKED
    assert verdict(answered(document(150, title="Access denied"))).kind is K.OK


@pytest.mark.parametrize("status", [200, 202, 403, 405, 429, 503])
@pytest.mark.parametrize(
    "header",
    [("cf-mitigated", "challenge"), ("x-amzn-waf-action", "captcha"), ("Set-Cookie", "__cfwaitingroom=a; Path=/")],
)
def test_a_header_that_only_walls_send_tells_at_any_length(header: tuple[str, str], status: int) -> None:
    assert verdict(answered(document(900), status=status, headers=(header,))).kind is K.BLOCKED


@pytest.mark.parametrize(
    "final",
    [
        "https://geo.captcha-delivery.com/captcha/?a",
        "https://validate.perfdrive.com/?ssa=1",
        "https://www.old-institute.example/cdn-cgi/challenge-platform/h/x",
    ],
)
def test_being_sent_to_a_wall_tells(final: str) -> None:
    assert verdict(answered(document(20), final_url=final, hops=(302,))).kind is K.BLOCKED


@pytest.mark.parametrize("mark", PARKED.values(), ids=PARKED)
def test_each_mark_of_parking_tells_on_a_page_with_little_to_read(mark: dict[str, str]) -> None:
    for words in (20, 150, 350, 550):
        assert verdict(answered(document(words, **mark))).kind is K.PARKED, words


@pytest.mark.parametrize("mark", PARKED.values(), ids=PARKED)
def test_one_mark_of_parking_does_not_tell_on_a_page_with_much_to_read(mark: dict[str, str]) -> None:
    assert verdict(answered(document(900, **mark))).kind is K.OK


@pytest.mark.parametrize(
    "seller",
    [
        "www.hugedomains.com/domain_profile.cfm?d=x",
        "dan.com/buy-domain/x",
        "www.afternic.com/forsale/x",
        "sedo.com/search/details/?domain=x",
        "www.above.com/marketplace/x",
        "www.namebright.com/x",
        "efty.com/x",
        "www.squadhelp.com/name/x",
    ],
)
def test_being_sent_to_a_seller_of_domains_tells(seller: str) -> None:
    assert verdict(answered(document(300), final_url=f"https://{seller}", hops=(302,))).kind is K.PARKED
    there = answered(document(300), url=f"https://{seller}")
    assert verdict(there).kind is K.OK
