"""
Consent banners: how each known kind says no (or, failing that, yes).

A refusal comes first: an archived page needs no trackers. Where a product
offers none at the first sight, its acceptance uncovers the text. Rules go by
the products' documented element ids and classes, then by the words on buttons
inside something that calls itself a cookie banner, then by the rule set of
``@duckduckgo/autoconsent`` (MPL-2.0, fetched at build, unmodified), which knows
hundreds more and costs 400 kB of script: only where the page speaks of cookies.
"""

import re
from dataclasses import dataclass

from linkkeeper.captures.ports import Tab


@dataclass(frozen=True, slots=True)
class ConsentRule:
    """
    Attributes:
        product: As editors know it.
        refuse, accept: CSS selectors (Playwright's dialect), the best first.
    """

    product: str
    refuse: tuple[str, ...]
    accept: tuple[str, ...] = ()


RULES: tuple[ConsentRule, ...] = (
    ConsentRule(
        "OneTrust", ("#onetrust-reject-all-handler", ".ot-pc-refuse-all-handler"), ("#onetrust-accept-btn-handler",)
    ),
    ConsentRule(
        "Cookiebot",
        ("#CybotCookiebotDialogBodyButtonDecline", "#CybotCookiebotDialogBodyLevelButtonLevelOptinDeclineAll"),
        ("#CybotCookiebotDialogBodyLevelButtonLevelOptinAllowAll", "#CybotCookiebotDialogBodyButtonAccept"),
    ),
    ConsentRule(
        "Didomi",
        ("#didomi-notice-disagree-button", ".didomi-continue-without-agreeing"),
        ("#didomi-notice-agree-button",),
    ),
    ConsentRule(
        "Usercentrics",
        ("[data-testid='uc-deny-all-button']", "#deny"),
        ("[data-testid='uc-accept-all-button']",),
    ),
    ConsentRule(
        "Quantcast",
        (".qc-cmp2-summary-buttons button[mode='secondary']",),
        (".qc-cmp2-summary-buttons button[mode='primary']",),
    ),
    ConsentRule("Sourcepoint", (".sp_choice_type_13", ".sp_choice_type_REJECT_ALL"), (".sp_choice_type_11",)),
    ConsentRule(
        "TrustArc",
        ("#truste-consent-required", ".pdynamicbutton .required"),
        ("#truste-consent-button", ".pdynamicbutton .call"),
    ),
    ConsentRule("consentmanager", ("#cmpwelcomebtnno a", ".cmpboxbtnno"), ("#cmpwelcomebtnyes a", ".cmpboxbtnyes")),
    ConsentRule("Google Funding Choices", (".fc-cta-do-not-consent",), (".fc-cta-consent",)),
    ConsentRule(
        "CookieYes",
        (".cky-btn-reject", "#cookie_action_close_header_reject"),
        (".cky-btn-accept", "#cookie_action_close_header"),
    ),
    ConsentRule("Complianz", (".cmplz-deny",), (".cmplz-accept",)),
    ConsentRule(
        "Borlabs Cookie",
        ("[data-cookie-refuse]", ".brlbs-btn-accept-only-essential"),
        ("[data-cookie-accept-all]", ".brlbs-btn-accept-all"),
    ),
    ConsentRule("Osano", (".osano-cm-denyAll", ".osano-cm-deny"), (".osano-cm-accept-all", ".osano-cm-accept")),
    ConsentRule(
        "Cookie Consent",
        (".cc-window .cc-deny", "#cm__btns [data-role='necessary']", "[data-cc='accept-necessary']"),
        (".cc-window .cc-allow", ".cc-window .cc-dismiss", ".cc-btn.cc-dismiss"),
    ),
    ConsentRule("iubenda", (".iubenda-cs-reject-btn",), (".iubenda-cs-accept-btn",)),
    ConsentRule("Klaro", (".klaro .cn-decline", ".klaro .cm-btn-decline"), (".klaro .cm-btn-success",)),
    ConsentRule(
        "EU Cookie Compliance (Drupal)",
        (".eu-cookie-compliance-banner .decline-button", ".eu-cookie-compliance-secondary-button"),
        (".eu-cookie-compliance-banner .agree-button",),
    ),
    ConsentRule("Termly", ("[data-tid='banner-decline']",), ("[data-tid='banner-accept']",)),
    ConsentRule("Axeptio", ("#axeptio_btn_dismiss",), ("#axeptio_btn_acceptAll",)),
    ConsentRule("tarteaucitron", ("#tarteaucitronAllDenied2",), ("#tarteaucitronPersonalize2",)),
    ConsentRule("CCM19", (".ccm--decline-cookies",), (".ccm--save-settings[data-full-consent='true']",)),
    ConsentRule("Moove GDPR", (".moove-gdpr-infobar-reject-btn",), (".moove-gdpr-infobar-allow-all",)),
    ConsentRule(
        "GOV.UK",
        ("[data-module='cookie-banner'] [data-reject-cookies]", ".govuk-cookie-banner button[value='no']"),
        (".govuk-cookie-banner button[value='yes']",),
    ),
    ConsentRule("Cookie Notice (WordPress)", ("#cn-refuse-cookie",), ("#cn-accept-cookie",)),
    ConsentRule("Fides", (".fides-reject-all-button",), (".fides-accept-all-button",)),
    ConsentRule(
        "Ketch", ("#lanyard_root button[aria-label*='reject' i]",), ("#lanyard_root button[aria-label*='accept' i]",)
    ),
)

_BANNERS = (
    ":is([id*='cookie' i], [class*='cookie' i], [id*='consent' i], [class*='consent' i], "
    "[id*='gdpr' i], [class*='gdpr' i], [role='dialog'])"
)
#: Addresses of frames that hold a banner.
FRAMES = re.compile(r"consent|privacy|cmp|trustarc|truste|sp_message|cookie", re.IGNORECASE)
_REFUSING = (
    "reject all|reject|decline|refuse|only necessary|necessary only|essential only|only essential|deny|"
    "continue without accepting|alle ablehnen|ablehnen|nur notwendige|nur essenzielle|tout refuser|refuser|"
    "continuer sans accepter|rechazar todo|rechazar|rifiuta tutto|rifiuta|alles weigeren|weigeren|recusar|odrzuć|avvisa"
)
_ACCEPTING = (
    "accept all|accept cookies|accept|agree|i agree|allow all|got it|ok|alle akzeptieren|akzeptieren|zustimmen|"
    "tout accepter|accepter|aceptar todo|aceptar|accetta tutto|accetta|alles accepteren|accepteren|aceitar|"
    "akceptuję|godkänn"
)
#: Cheap look first: most pages have no banner, and a locator per rule and frame is dear.
_PRESENT = """selectors => {
  const roots = [document];
  for (const host of document.querySelectorAll('#usercentrics-root, #usercentrics-cmp-ui, [id*="consent" i]'))
    if (host.shadowRoot) roots.push(host.shadowRoot);
  const shown = element => element.getClientRects().length > 0;
  return selectors.map(list => list.some(selector => roots.some(root => {
    try { return [...root.querySelectorAll(selector)].some(shown); } catch { return false; }
  })));
}"""


#: Whether the dearer ways are worth it.
_SPEAKS_OF_COOKIES = """() => /cookies?\\b|consent|einwillig|datenschutz|gdpr|rgpd|privacy/i.test(
  document.body ? document.body.innerText.slice(0, 200000) : '')"""


@dataclass(frozen=True, slots=True)
class Dismissal:
    """What was done to a banner."""

    product: str
    refused: bool

    def __str__(self) -> str:
        return f"{self.product}: {'refused' if self.refused else 'accepted'}"


def worded_selectors(words: str) -> tuple[str, ...]:
    """Buttons with exactly one of *words* inside something like a cookie banner."""
    button = (
        f":is(button, [role='button'], a[href='#'], input[type='button']):text-matches('^\\\\s*({words})\\\\W*$', 'i')"
    )
    return (f"{_BANNERS} {button}",)


async def dismiss(tab: Tab, *, timeout_s: float, in_frames: bool) -> Dismissal | None:
    """
    Dismiss the page's consent banner.

    Args:
        in_frames: The page has a frame that looks like a banner's.

    Returns:
        None if no known banner is shown.
    """
    selectors = [[*rule.refuse, *rule.accept] for rule in RULES] + [[_BANNERS]]
    present = await tab.run(_PRESENT, selectors, timeout_s=timeout_s)
    *known, banner = (
        present if isinstance(present, list) and len(present) == len(selectors) else [True] * len(selectors)
    )
    for rule, shown in zip(RULES, known, strict=True):
        if shown or (in_frames and rule.product in ("Sourcepoint", "TrustArc", "consentmanager")):
            done = await _try(tab, rule.product, rule.refuse, rule.accept, timeout_s=timeout_s)
            if done is not None:
                return done
    if not banner and not in_frames and not await tab.run(_SPEAKS_OF_COOKIES, timeout_s=timeout_s):
        return None
    done = await _try(tab, "banner", worded_selectors(_REFUSING), worded_selectors(_ACCEPTING), timeout_s=timeout_s)
    if done is None and (product := await tab.dismiss_by_rule_set(timeout_s=timeout_s)) is not None:
        return Dismissal(product, True)
    return done


async def _try(
    tab: Tab, product: str, refuse: tuple[str, ...], accept: tuple[str, ...], *, timeout_s: float
) -> Dismissal | None:
    if await tab.click_in_frames(refuse, timeout_s=timeout_s):
        return Dismissal(product, True)
    if await tab.click_in_frames(accept, timeout_s=timeout_s):
        return Dismissal(product, False)
    return None
