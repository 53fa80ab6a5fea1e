"""TimeMaps hold every memento, in both forms, and say where they come from."""

import json
import re
from datetime import UTC, datetime, timedelta

from linkkeeper.replay.addresses import Addresses
from linkkeeper.replay.timemap import json_timemap, link_timemap
from linkkeeper.vocabulary.memento import Memento

URL = "http://a.example/x?y=1"
OURS = Addresses("https://links.example")
START = datetime(2000, 6, 20, 18, 2, 59, tzinfo=UTC)
MEMENTOS = [Memento(uri_r=URL, uri_m=None, moment=START + timedelta(days=day)) for day in (0, 400, 2849)]


def links(text: str) -> list[tuple[str, dict[str, str]]]:
    """A reader of RFC 6690 links of our own, for links that hold no ``>``."""
    found = re.findall(r"<([^>]*)>((?:;\s*\w+=\"[^\"]*\")*)", text)
    return [(target, dict(re.findall(r'(\w+)="([^"]*)"', rest))) for target, rest in found]


def test_the_link_form_has_original_self_timegate_and_each_memento_once() -> None:
    """RFC 7089 section 5: from and until are the ends of the map."""
    read = links(link_timemap(URL, MEMENTOS, addresses=OURS))
    by_relation = {fields["rel"]: (target, fields) for target, fields in read}
    assert by_relation["original"][0] == URL
    assert by_relation["timegate"][0] == f"https://links.example/timegate/{URL}"
    own, fields = by_relation["self"]
    assert own == f"https://links.example/timemap/link/{URL}"
    assert fields["type"] == "application/link-format"
    assert (fields["from"], fields["until"]) == ("Tue, 20 Jun 2000 18:02:59 GMT", "Tue, 08 Apr 2008 18:02:59 GMT")
    relations = [fields["rel"] for _, fields in read if "memento" in fields["rel"]]
    assert relations == ["first memento", "memento", "last memento"]


def test_the_json_form_says_the_same() -> None:
    content = json.loads(json_timemap(URL, MEMENTOS, addresses=OURS))
    assert content["original_uri"] == URL
    assert content["timemap_uri"]["link_format"] == f"https://links.example/timemap/link/{URL}"
    listed = content["mementos"]["list"]
    assert [entry["datetime"] for entry in listed] == [
        "2000-06-20T18:02:59Z",
        "2001-07-25T18:02:59Z",
        "2008-04-08T18:02:59Z",
    ]
    assert content["mementos"]["first"]["uri"] == [listed[0]["uri"]]
    assert content["mementos"]["last"]["uri"] == [listed[-1]["uri"]]


def test_fragments_stay_out_of_the_map() -> None:
    text = link_timemap(URL + "#part", MEMENTOS, addresses=OURS)
    assert "#" not in text
