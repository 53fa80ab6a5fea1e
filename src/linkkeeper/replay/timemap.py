"""
TimeMaps: every memento of a URL, as link format and as JSON.

Source: RFC 7089 section 5 (link format); the JSON form is that of the Memento
aggregator "Time Travel".
"""

import json
from collections.abc import Sequence
from typing import Any

from linkkeeper.replay.addresses import Addresses, TimeMapFormat, without_fragment
from linkkeeper.replay.timegate import (
    LINK_FORMAT,
    http_date,
    link_target,
    memento_link,
    original_link,
    timegate_link,
)
from linkkeeper.vocabulary.memento import Memento
from linkkeeper.vocabulary.moment import to_iso

MEDIA_TYPES = {TimeMapFormat.LINK: LINK_FORMAT, TimeMapFormat.JSON: "application/json"}


def link_timemap(url: str, mementos: Sequence[Memento], *, addresses: Addresses) -> str:
    """
    Return the TimeMap in link format, one link a line.

    Args:
        mementos: Of *url*, ascending by time, at least one (a URL without
            mementos has no TimeMap: answer 404).
    """
    first, last = mementos[0], mementos[-1]
    own = (
        f'<{link_target(addresses.timemap(url))}>; rel="self"; type="{LINK_FORMAT}"'
        f'; from="{http_date(first.moment)}"; until="{http_date(last.moment)}"'
    )
    links = [original_link(url), own, timegate_link(url, addresses)]
    for index, memento in enumerate(mementos):
        ends = [name for name, place in (("first", 0), ("last", len(mementos) - 1)) if place == index]
        links.append(memento_link(memento, ends, addresses=addresses))
    return ",\n".join(links) + "\n"


def json_timemap(url: str, mementos: Sequence[Memento], *, addresses: Addresses) -> str:
    """
    Return the TimeMap as JSON.

    Args:
        mementos: Of *url*, ascending by time, at least one.
    """
    listed = [_entry(memento, addresses) for memento in mementos]
    content: dict[str, Any] = {
        "original_uri": without_fragment(url),
        "self": addresses.timemap(url, TimeMapFormat.JSON),
        "timegate_uri": addresses.timegate(url),
        "timemap_uri": {
            "link_format": addresses.timemap(url, TimeMapFormat.LINK),
            "json_format": addresses.timemap(url, TimeMapFormat.JSON),
        },
        "mementos": {
            "first": {**listed[0], "uri": [listed[0]["uri"]]},
            "last": {**listed[-1], "uri": [listed[-1]["uri"]]},
            "list": listed,
        },
    }
    return json.dumps(content, indent=1) + "\n"


def _entry(memento: Memento, addresses: Addresses) -> dict[str, str]:
    return {"datetime": to_iso(memento.moment), "uri": addresses.memento(memento)}
