"""Forwarding addresses that exports and mail programs put in front of links."""

import re
from urllib.parse import parse_qs, urlsplit

from linkkeeper.vocabulary.uri import host_of

_FORWARDING = re.compile(r"(?i)https?://[^/]*(?:google\.|safelinks\.protection\.outlook|facebook)")


def unwrap_forwarding(url: str) -> str:
    """
    Return the address behind a forwarding one that an export put in front of it.

    Quirk: Google Docs, Outlook and Facebook replace every link of a text that
    passes through them by one of their own; no author ever cited those.
    """
    if not _FORWARDING.match(url):
        return url
    try:
        host, parts = host_of(url), urlsplit(url)
    except ValueError:
        return url
    query = parse_qs(parts.query)
    name = {"/url": "q", "/l.php": "u"}.get(parts.path, "url")
    if host.endswith("safelinks.protection.outlook.com") or parts.path in ("/url", "/l.php"):
        target = (query.get(name) or query.get("url") or [""])[0]
        return target if target.startswith(("http://", "https://")) else url
    return url
