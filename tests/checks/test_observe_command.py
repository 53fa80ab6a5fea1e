"""``linkkeeper check``: one look each, an object a line, nothing stored."""

from pathlib import Path

import pytest

from command_line import Ran, linkkeeper
from testweb import TestWeb, behaviours

KEYS = ["url", "observation", "rule", "http_status", "final_url", "redirects", "evidence", "elapsed_s"]
REPORT = "https://www.example-news.org/reports/river"


@pytest.fixture(name="web")
def _web():
    with TestWeb() as web:
        yield web


def check(web: TestWeb, folder: Path, *urls: str, **tables) -> Ran:
    config = web.write_config(folder / "config.toml", storage=folder / "storage", **tables)
    return linkkeeper("check", *urls, "--json", "--config", config)


def test_each_url_gets_one_object_with_the_keys_of_the_contract(web: TestWeb, tmp_path: Path) -> None:
    web.place(REPORT, behaviours.alive(title="Ice on the river"))
    web.place("https://gone.example-news.org/a", behaviours.Gone())
    ran = check(web, tmp_path, REPORT, "https://gone.example-news.org/a")
    assert ran.status == 0
    found = {one["url"]: one for one in ran.objects}
    assert list(found[REPORT]) == KEYS
    assert {url: one["observation"] for url, one in found.items()} == {
        REPORT: "ok",
        "https://gone.example-news.org/a": "gone",
    }


def test_nothing_is_stored(web: TestWeb, tmp_path: Path) -> None:
    web.place(REPORT, behaviours.alive(title="Ice on the river"))
    check(web, tmp_path, REPORT)
    assert not (tmp_path / "storage").exists()


def test_a_redirect_is_told_hop_by_hop(web: TestWeb, tmp_path: Path) -> None:
    web.place(REPORT, behaviours.alive(title="Ice on the river"))
    web.place("https://www.example-news.org/old", behaviours.MovedTo(REPORT))
    (found,) = check(web, tmp_path, "https://www.example-news.org/old").objects
    assert found["final_url"] == REPORT
    assert [hop["url"] for hop in found["redirects"]] == ["https://www.example-news.org/old"]


def test_a_missing_name_is_a_finding_and_no_failure(web: TestWeb, tmp_path: Path) -> None:
    network = {"connect_to": web.connect_to() | {"nowhere.example.org:443": ""}}
    ran = check(web, tmp_path, "https://nowhere.example.org/", network=network)
    assert (ran.status, ran.objects[0]["observation"]) == (0, "dns_missing")


def test_an_address_of_our_own_network_is_refused_by_ourselves(web: TestWeb, tmp_path: Path) -> None:
    ran = check(web, tmp_path, "http://169.254.169.254/latest/", "http://10.0.0.1/")
    assert ran.status == 0
    assert {one["observation"] for one in ran.objects} == {"forbidden_address"}


def test_what_is_no_url_is_said_and_fails_while_the_others_are_checked(web: TestWeb, tmp_path: Path) -> None:
    web.place(REPORT, behaviours.alive(title="Ice on the river"))
    ran = check(web, tmp_path, "https://", REPORT)
    assert ran.status == 1
    assert [one["url"] for one in ran.objects] == [REPORT]
    assert "https://" in ran.err


def test_a_scheme_that_is_not_http_is_unsupported(web: TestWeb, tmp_path: Path) -> None:
    (found,) = check(web, tmp_path, "ftp://ftp.example.org/a").objects
    assert found["observation"] == "unsupported"


def test_a_failing_proxy_is_a_look_that_was_not_done(web: TestWeb, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[network]\nproxy = "http://127.0.0.1:1"\n')
    ran = linkkeeper("check", REPORT, "--json", "--config", config)
    assert (ran.status, ran.objects[0]["observation"]) == (1, "proxy_error")


def test_without_json_a_person_can_read_it(web: TestWeb, tmp_path: Path) -> None:
    web.place(REPORT, behaviours.Gone())
    config = web.write_config(tmp_path / "config.toml", storage=tmp_path / "storage")
    ran = linkkeeper("check", REPORT, "--config", config)
    assert REPORT in ran.out
    assert "gone" in ran.out
