"""
``repairs.json``: the repairs that the middleware and the reader script carry out.

One file for a publisher's site. It holds public facts alone (cited URLs and
their archived links), so that it may be served to readers.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from linkkeeper.errors import InputError
from linkkeeper.relinking.anchors import ENGLISH, Words
from linkkeeper.vocabulary.digest import sha256_hex
from linkkeeper.vocabulary.moment import from_iso, to_iso
from linkkeeper.vocabulary.relink import Repair, RepairPolicy
from linkkeeper.vocabulary.state import LinkState

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairList:
    """
    Attributes:
        moment: When the list last changed.
        digest: Of its content; two lists with one digest repair alike.
    """

    repairs: tuple[Repair, ...]
    moment: datetime
    policy: RepairPolicy = RepairPolicy.SWAP_WHEN_DEAD
    words: Words = ENGLISH
    digest: str = ""


def export(
    repairs: Iterable[Repair],
    *,
    moment: datetime,
    policy: RepairPolicy = RepairPolicy.SWAP_WHEN_DEAD,
    words: Words = ENGLISH,
) -> bytes:
    """Write the list; the same repairs in any order give the same bytes but for *moment*."""
    entries = [_entry(repair) for repair in sorted(repairs, key=lambda repair: repair.url)]
    content = {
        "version": VERSION,
        "moment": to_iso(moment),
        "policy": policy.value,
        "archived": words.archived,
        "repairs": entries,
    }
    return json.dumps(content, ensure_ascii=False, indent=0, separators=(",", ":")).encode() + b"\n"


def _entry(repair: Repair) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "url": repair.url,
        "memento": repair.uri_m,
        "moment": to_iso(repair.moment),
        "state": repair.state.value,
    }
    if repair.intended is not None:
        entry["intended"] = repair.intended.isoformat()
    if repair.spellings:
        entry["spellings"] = list(repair.spellings)
    return entry


def read_export(data: bytes, *, origin: str = "repairs.json") -> RepairList:
    """
    Read a list.

    Raises:
        InputError: it is no such list, or one of a newer release.
    """
    try:
        content = json.loads(data)
        if content["version"] != VERSION:
            raise ValueError(f"version {content['version']!r}, this release reads {VERSION}")
        return RepairList(
            repairs=tuple(_repair(entry) for entry in content["repairs"]),
            moment=from_iso(content["moment"]),
            policy=RepairPolicy(content["policy"]),
            words=Words(str(content["archived"])),
            digest=sha256_hex(data),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError("read the list of repairs", subject=origin, reason=str(error) or repr(error)) from error


def _repair(entry: dict[str, Any]) -> Repair:
    intended = entry.get("intended")
    return Repair(
        url=str(entry["url"]),
        spellings=tuple(str(url) for url in entry.get("spellings", ())),
        uri_m=str(entry["memento"]),
        moment=from_iso(entry["moment"]),
        intended=date.fromisoformat(intended) if intended else None,
        state=LinkState(entry["state"]),
    )
