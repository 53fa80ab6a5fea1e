"""Lapsed domains that advertisers of games of chance took over: words warn, the note settles."""

from linkkeeper.checks.case import Case, NoteFacts, baseline_of
from linkkeeper.checks.judge import judge
from linkkeeper.pages.text import read_page
from linkkeeper.vocabulary.observation import ObservationKind

from .judging import CITED, answered

K = ObservationKind
PAGE = (
    "<html lang=en><head><title>Best Online Casinos – No Deposit Bonus and Free Spins</title></head><body>"
    "<h1>Best Online Casinos</h1><p>"
    + "Claim free spins and a welcome bonus at the best online casino, play slots and roulette for real money. " * 12
    + "</p></body></html>"
).encode()


def test_the_words_alone_only_warn() -> None:
    found = judge(answered(PAGE), Case(cited=CITED))
    assert (found.kind, found.rule.split("@")[0]) == (K.SOFT_404_SUSPECT, "taken-over")


def test_a_note_that_names_another_source_tells_whose_page_it_is_not() -> None:
    note = NoteFacts(text="Ann Author, Ground water in the northern plain, Old Institute, 2019", passages=())
    assert judge(answered(PAGE), Case(cited=CITED, note=note)).kind is K.USURPED_SUSPECT


def test_who_cites_such_a_page_keeps_it() -> None:
    """By its note, by its address, or as it was captured."""
    note = NoteFacts(text="“Best Online Casinos – No Deposit Bonus and Free Spins”", passages=("Best Online Casinos",))
    assert judge(answered(PAGE), Case(cited=CITED, note=note)).kind is K.OK
    url = "https://www.casino-review.example/best"
    assert judge(answered(PAGE, url=url), Case(cited=url)).kind is K.OK
    kept = baseline_of(read_page(PAGE, "text/html"), final_url=CITED)
    assert judge(answered(PAGE), Case(cited=CITED, baseline=kept)).kind is K.OK


def test_an_article_on_gambling_is_none() -> None:
    told = PAGE.replace(b"Best Online Casinos \xe2\x80\x93 No Deposit Bonus and Free Spins", b"Casinos and the new act")
    assert judge(answered(told), Case(cited=CITED)).kind is K.OK
