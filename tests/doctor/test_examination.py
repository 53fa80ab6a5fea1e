"""What doctor finds on machines that are well, and on machines that are not."""

import asyncio
import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from linkkeeper.adapters.examination import (
    examine_browser,
    examine_clock,
    examine_database,
    examine_fonts,
    examine_network,
    examine_storage,
)
from linkkeeper.adapters.playwright_browser import BrowserOptions
from linkkeeper.adapters.sqlmodel_engine import open_database
from linkkeeper.egress.gate import EgressGate, EgressRules
from linkkeeper.egress.resolver import Resolver
from linkkeeper.vocabulary.finding import Finding, Health
from testweb import TestWeb, behaviours

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("languages", "health", "said"),
    [("*", Health.GOOD, "Korean"), (":lang=e*", Health.WARNING, "none for Cyrillic, Arabic, Hebrew")],
)
def test_scripts_without_a_font_are_named(tmp_path: Path, languages: str, health: Health, said: str) -> None:
    program = tmp_path / "fc-list"
    program.write_text(f"#!/bin/sh\ncase $1 in {languages}) echo Some Serif;; esac\n", "utf-8")
    program.chmod(0o755)
    finding = examine_fonts(str(program))
    assert finding.health is health
    assert said in finding.found


def test_a_machine_that_can_not_list_its_fonts_says_so(tmp_path: Path) -> None:
    assert "not told" in examine_fonts(str(tmp_path / "none")).found


def test_a_storage_that_will_be_made_is_well(tmp_path: Path) -> None:
    finding = examine_storage(tmp_path / "not" / "yet", min_free_bytes=1)
    assert finding.health is Health.GOOD
    assert "will be made" in finding.found
    assert not (tmp_path / "not").exists()


def test_a_file_in_the_place_of_the_storage_is_trouble(tmp_path: Path) -> None:
    (tmp_path / "storage").write_text("no folder", "utf-8")
    finding = examine_storage(tmp_path / "storage", min_free_bytes=1)
    assert finding.health is Health.TROUBLE
    assert "[storage] path" in finding.advice


def test_too_little_free_space_is_trouble(tmp_path: Path) -> None:
    finding = examine_storage(tmp_path, min_free_bytes=10**18)
    assert finding.health is Health.TROUBLE
    assert "min_free_bytes" in finding.advice


def test_a_database_of_this_release_is_well(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'linkkeeper.db'}"
    assert "will be made" in examine_database(url).found
    open_database(url, backups=tmp_path, now=NOW).close()
    assert examine_database(url) == Finding(
        subject="database", health=Health.GOOD, found=f"{tmp_path / 'linkkeeper.db'}, of this release"
    )


def test_a_database_of_a_newer_release_is_trouble(tmp_path: Path) -> None:
    path = tmp_path / "linkkeeper.db"
    open_database(f"sqlite:///{path}", backups=tmp_path, now=NOW).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    finding = examine_database(f"sqlite:///{path}")
    assert finding.health is Health.TROUBLE
    assert "newer release (revision 9999)" in finding.found


def test_a_locked_database_is_trouble(tmp_path: Path) -> None:
    path = tmp_path / "linkkeeper.db"
    open_database(f"sqlite:///{path}", backups=tmp_path, now=NOW).close()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        finding = examine_database(f"sqlite:///{path}")
    finally:
        holder.close()
    assert finding.health is Health.TROUBLE
    assert "locked" in finding.found


def test_bytes_that_are_no_database_are_trouble(tmp_path: Path) -> None:
    (tmp_path / "linkkeeper.db").write_bytes(b"not a database at all" * 100)
    finding = examine_database(f"sqlite:///{tmp_path / 'linkkeeper.db'}")
    assert finding.health is Health.TROUBLE
    assert "linkkeeper rebuild" in finding.advice


def test_a_clock_before_the_newest_capture_is_trouble(tmp_path: Path) -> None:
    capture = tmp_path / "captures" / "2026" / "11" / "abc"
    capture.mkdir(parents=True)
    later = (NOW + timedelta(days=2)).timestamp()
    os.utime(capture.parent, (later, later))
    assert examine_clock(tmp_path, now=NOW).health is Health.TROUBLE
    assert examine_clock(tmp_path, now=NOW + timedelta(days=3)).health is Health.GOOD


def test_a_browser_that_is_not_there_is_trouble() -> None:
    findings = asyncio.run(examine_browser(BrowserOptions(executable="/nowhere/chromium")))
    assert [finding.health for finding in findings] == [Health.TROUBLE]
    assert "[browser] executable" in findings[0].advice


@pytest.mark.browser
def test_a_browser_that_starts_tells_its_version_and_sandbox() -> None:
    browser, sandbox = asyncio.run(examine_browser(BrowserOptions()))
    assert browser.health is Health.GOOD
    assert browser.found.startswith("Chromium ")
    assert sandbox.subject == "sandbox"


def canaries(web: TestWeb, *urls: str) -> tuple[Finding, ...]:
    async def ask() -> tuple[Finding, ...]:
        rules = EgressRules.read(allow_addresses=web.allow_addresses, connect_to=web.connect_to())
        gate = EgressGate(rules, Resolver())
        try:
            return await examine_network(gate, urls, proxied=True)
        finally:
            gate.close()

    return asyncio.run(ask())


def test_each_canary_is_connected_to_through_the_gate() -> None:
    with TestWeb() as web:
        web.place("https://up.example/", behaviours.Prose())
        web.place("https://gone.example/", behaviours.Prose())
        web.forget_name("gone.example")
        up, gone = canaries(web, "https://up.example/", "https://gone.example/")
    assert (up.health, gone.health) == (Health.GOOD, Health.TROUBLE)
    assert gone.advice


def test_no_canaries_is_worth_a_word() -> None:
    with TestWeb() as web:
        (finding,) = canaries(web)
    assert finding.health is Health.WARNING
    assert "[network] canaries" in finding.advice
