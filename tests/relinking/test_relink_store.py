"""``linkkeeper relink`` with what the store knows: our own capture, the public address, taking back, ``--check``."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from linkkeeper.assembly import Store, open_store
from linkkeeper.assembly.engine import collector_of
from linkkeeper.cli import run
from linkkeeper.settings import load
from linkkeeper.vocabulary.digest import sha256_hex
from linkkeeper.vocabulary.edition import Edition
from linkkeeper.vocabulary.observation import Evidence, Observation, ObservationKind
from linkkeeper.vocabulary.records import LookResult
from linkkeeper.vocabulary.state import LinkState

URL = "https://www.river.example/ice"
PIECE = f"# A piece\n\nIce.[^1]\n\n[^1]: Ann Bell, [Ice on the river]({URL}), Post.\n".encode()
PAGE = "<!doctype html><title>Ice on the river</title><p>The river froze early this year, said the warden.</p>"
PUBLIC = '[web]\npublic_url = "https://sources.pub.example"\nreplay_url = "https://replay.example"\n'


class Site:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config.toml"
        self.piece = folder / "pieces" / "piece.md"
        self.piece.parent.mkdir()
        self.piece.write_bytes(PIECE)
        self.configure("")

    def configure(self, more: str) -> None:
        storage = f'[storage]\npath = "{self.folder / "storage"}"\nmin_free_bytes = 0\n'
        self.config.write_text(storage + more, "utf-8")

    def relink(self, *arguments: str) -> int:
        return run(["relink", str(self.piece), "--config", str(self.config), *arguments])

    def look(self, store: Store, kind: ObservationKind, state: LinkState) -> None:
        page = store.catalogue.link_of_url(URL)
        assert page is not None
        now = store.clock.now()
        observation = Observation(url=URL, moment=now, kind=kind, rule="test@1", evidence=Evidence(words="a test"))
        result = LookResult(
            link_id=page.summary.id, observation=observation, state=state, since=now, standing=None,
            next_check_at=now + timedelta(days=1), kept=True, evidence_class=kind.value,
            is_ok=kind is ObservationKind.OK,
        )  # fmt: skip
        store.checks.record([result])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A followed piece whose source is dead and has a good capture; no public address yet."""
    made = Site(tmp_path)
    (tmp_path / "page.html").write_text(PAGE, "utf-8")
    settings = load(made.config, environment={})
    with open_store(settings) as store:
        source = store.following.follow(str(made.piece.parent), apply="propose", policy="swap-when-dead")
        edition = Edition(location=str(made.piece), sha256=sha256_hex(PIECE), moment=store.clock.now(), data=PIECE)
        collector_of(settings, store).take_in(edition, source_id=source.id)
        store.editing.upload(URL, tmp_path / "page.html", by="ed")
        made.look(store, ObservationKind.GONE, LinkState.DEAD)
    yield made


@pytest.mark.parametrize("flags", [[], ["--write"]])
def test_without_a_public_address_the_setting_is_named_and_nothing_is_written(
    site: Site, flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert site.relink(*flags) == 2
    assert "[web] public_url" in capsys.readouterr().err
    assert site.piece.read_bytes() == PIECE


def test_a_map_check_and_undo_work_without_it(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert site.relink("--check") == 1
    assert (
        f"{site.piece}:5: {URL}: the source is dead; its copy can be linked once [web] public_url is set"
        in capsys.readouterr().out
    )
    entry = {"url": URL, "memento": "https://k.example/m", "moment": "2024-02-03T04:05:06Z"}
    (site.folder / "map.json").write_text(json.dumps([entry]))
    assert site.relink("--write", "--map", str(site.folder / "map.json")) == 0
    assert site.relink("--undo") == 0
    assert site.piece.read_bytes() == PIECE


def test_with_it_the_dead_link_leads_to_our_capture_and_back(site: Site) -> None:
    site.configure(PUBLIC)
    assert site.relink("--check") == 1
    assert site.relink("--write") == 0
    text = site.piece.read_text("utf-8")
    assert "](https://sources.pub.example/web/" in text and f"/{URL}), Post." in text
    assert site.relink("--check") == 0
    assert site.relink("--write") == 0
    assert site.piece.read_text("utf-8") == text
    assert site.relink("--undo") == 0
    assert site.piece.read_bytes() == PIECE


def test_a_living_source_is_left_alone(site: Site) -> None:
    site.configure(PUBLIC)
    with open_store(load(site.config, environment={})) as store:
        site.look(store, ObservationKind.OK, LinkState.ALIVE)
    assert site.relink("--write") == 0
    assert site.piece.read_bytes() == PIECE
    assert site.relink("--check") == 0
