"""What each format's splice puts where, and what it refuses."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from linkkeeper.relinking import html_splice, markdown, plain, rst, wikitext
from linkkeeper.relinking.anchors import ENGLISH
from linkkeeper.relinking.places import Answer, Cut, Place, Task, join
from linkkeeper.vocabulary.citation import OccurrenceForm as Form
from linkkeeper.vocabulary.edition import Span
from linkkeeper.vocabulary.relink import Refusal, RefusalReason, Repair
from linkkeeper.vocabulary.state import LinkState

URL = "https://gone.example/a"
MEMENTO = "https://keeper.example/web/20240203040506/https://gone.example/a"
SUFFIX = f" [archived 2024-02-03: {MEMENTO}]"


def task(
    text: str | bytes,
    form: Form,
    *,
    url: str = URL,
    memento: str = MEMENTO,
    annotate: bool = False,
    state: LinkState = LinkState.DEAD,
    encoding: str = "utf-8",
) -> Task:
    """The task of repairing *url*, which stands once in *text* as it is written there."""
    data = text.encode(encoding) if isinstance(text, str) else text
    start = data.index(url.encode(encoding))
    place = Place(url, Span(start, start + len(url.encode(encoding))), form)
    moment = datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
    repair = Repair(url=url, uri_m=memento, moment=moment, intended=date(2024, 1, 31), state=state)
    return Task(data=data, encoding=encoding, place=place, repair=repair, words=ENGLISH, annotate=annotate)


def after(one: Task, answer: Answer) -> str:
    assert answer is not None and not isinstance(answer, Refusal), answer
    return join(one.data, answer).decode(one.encoding)


def reason(answer: Answer) -> RefusalReason:
    assert isinstance(answer, Refusal), answer
    return answer.reason


class TestPlainText:
    @pytest.mark.parametrize("ending", [".", ";", ")", " and more", "", "\r\n", "”", " . [2] ."])
    def test_the_url_stays_and_the_link_follows_before_punctuation(self, ending: str) -> None:
        one = task(f"See {URL}{ending}", Form.BARE_TEXT)
        assert after(one, plain.add_suffix(one)) == f"See {URL}{SUFFIX}{ending}"

    def test_a_repaired_place_is_left(self) -> None:
        one = task(f"See {URL}{SUFFIX}.", Form.BARE_TEXT)
        assert plain.add_suffix(one) is None

    def test_a_place_repaired_in_another_language_is_known_too(self) -> None:
        one = task(f"Siehe {URL} [archiviert 2024-02-03: {MEMENTO}].", Form.BARE_TEXT)
        assert plain.add_suffix(one) is None

    def test_utf_16_gets_utf_16(self) -> None:
        one = task(f"Siehe {URL}.", Form.BARE_TEXT, encoding="utf-16-le")
        assert after(one, plain.add_suffix(one)) == f"Siehe {URL}{SUFFIX}."

    def test_what_the_encoding_lacks_is_refused(self) -> None:
        one = task(f"See {URL}.", Form.BARE_TEXT, memento=MEMENTO + "/ж", encoding="cp1252")
        assert reason(plain.add_suffix(one)) is RefusalReason.UNWRITABLE


class TestMarkdown:
    @pytest.mark.parametrize(
        ("text", "form", "expected"),
        [
            (f"[words]({URL})", Form.MARKDOWN_DESTINATION, f"[words]({MEMENTO})"),
            (f'[words]({URL} "Title")', Form.MARKDOWN_DESTINATION, f'[words]({MEMENTO} "Title")'),
            (f"[words](<{URL}>)", Form.MARKDOWN_DESTINATION, f"[words](<{MEMENTO}>)"),
            (f"![x](y) [w\n w]({URL})", Form.MARKDOWN_DESTINATION, f"![x](y) [w\n w]({MEMENTO})"),
            (f"<{URL}>.", Form.AUTOLINK, f"<{MEMENTO}>."),
            (f'[1]: {URL} "Title"\r\n', Form.MARKDOWN_DEFINITION, f'[1]: {MEMENTO} "Title"\r\n'),
            (f"[1]:\n  <{URL}>\n", Form.MARKDOWN_DEFINITION, f"[1]:\n  <{MEMENTO}>\n"),
            (f"[^1]: See {URL}.", Form.BARE_TEXT, f"[^1]: See {URL}{SUFFIX}."),
            (f"[^1]: {URL}.", Form.BARE_TEXT, f"[^1]: {URL}{SUFFIX}."),
            (f"({URL})", Form.BARE_TEXT, f"({URL}{SUFFIX})"),
        ],
    )
    def test_only_the_destination_changes_or_the_link_follows(self, text: str, form: Form, expected: str) -> None:
        one = task(text, form)
        assert after(one, markdown.splice(one)) == expected

    def test_the_syntax_counts_whatever_the_place_was_called(self) -> None:
        one = task(f"[words]({URL})", Form.BARE_TEXT)
        assert after(one, markdown.splice(one)) == f"[words]({MEMENTO})"

    def test_the_words_of_a_link_stay(self) -> None:
        one = task(f"[{URL}](https://other.example/)", Form.BARE_TEXT)
        assert markdown.splice(one) is None

    def test_unbalanced_brackets_in_the_memento_are_escaped(self) -> None:
        one = task(f"[w]({URL})", Form.MARKDOWN_DESTINATION, memento="https://k.example/web/1/https://x.example/a)b(")
        assert after(one, markdown.splice(one)) == r"[w](https://k.example/web/1/https://x.example/a\)b\()"

    def test_balanced_ones_are_not(self) -> None:
        one = task(f"[w]({URL})", Form.MARKDOWN_DESTINATION, memento="https://k.example/web/1/https://x.example/a_(b)")
        assert after(one, markdown.splice(one)) == "[w](https://k.example/web/1/https://x.example/a_(b))"

    def test_a_bracket_right_behind_a_bare_url_is_refused(self) -> None:
        """``[archived …](`` would be a link of its own."""
        one = task(f"{URL}(2nd edition)", Form.BARE_TEXT)
        assert reason(markdown.splice(one)) is RefusalReason.NO_ROOM

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (f"[words]({URL}).", f"[words]({URL}){SUFFIX}."),
            (f'[words]({URL} "T").', f'[words]({URL} "T"){SUFFIX}.'),
            (f"<{URL}>.", f"<{URL}>{SUFFIX}."),
        ],
    )
    def test_annotating_keeps_the_url_and_lets_the_link_follow(self, text: str, expected: str) -> None:
        one = task(text, Form.MARKDOWN_DESTINATION, annotate=True)
        assert after(one, markdown.splice(one)) == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (f"See <{URL}>.", f"See [{URL}](../sources/a/index.html)."),
            (f"See {URL}.", f"See {URL} [archived 2024-02-03](../sources/a/index.html)."),
            (f"[words]({URL})", "[words](../sources/a/index.html)"),
        ],
    )
    def test_a_copy_on_the_same_disk_is_linked_by_its_path(self, text: str, expected: str) -> None:
        """``<path>`` would be no link."""
        one = task(text, Form.BARE_TEXT, memento="../sources/a/index.html")
        given = after(one, markdown.splice(one))
        assert given == expected
        if URL in given:
            again = task(given, Form.BARE_TEXT, memento="../sources/a/index.html")
            assert markdown.splice(again) is None

    def test_marks_in_the_url_stay_themselves_in_the_words_of_a_link(self) -> None:
        one = task("<https://gone.example/*a_b*>", Form.AUTOLINK, url="https://gone.example/*a_b*", memento="a.html")
        assert after(one, markdown.splice(one)) == r"[https://gone.example/\*a\_b\*](a.html)"

    def test_a_definition_has_no_room_to_annotate(self) -> None:
        one = task(f"[1]: {URL}\n", Form.MARKDOWN_DEFINITION, annotate=True)
        assert reason(markdown.splice(one)) is RefusalReason.NO_ROOM


class TestReStructuredText:
    def test_bare_urls_keep_standing(self) -> None:
        one = task(f".. [1] {URL}\n", Form.BARE_TEXT)
        assert after(one, rst.splice(one)) == f".. [1] {URL}{SUFFIX}\n"

    @pytest.mark.parametrize("text", [".. _name: {}\n", "`words <{}>`_ and more"])
    def test_targets_are_swapped(self, text: str) -> None:
        one = task(text.format(URL), Form.RST_TARGET)
        assert after(one, rst.splice(one)) == text.format(MEMENTO)

    def test_annotating_an_embedded_target(self) -> None:
        one = task(f"`words <{URL}>`__.", Form.RST_TARGET, annotate=True)
        assert after(one, rst.splice(one)) == f"`words <{URL}>`__{SUFFIX}."

    def test_a_drawn_table_has_no_room(self) -> None:
        table = f"+-----+------------------------+\n| One | {URL} |\n+-----+------------------------+\n"
        one = task(table, Form.BARE_TEXT)
        assert reason(rst.splice(one)) is RefusalReason.NO_ROOM

    @pytest.mark.parametrize(
        "rows",
        [
            f"Kay  2020\n\n{URL}  2021\n",
            f"Kay  2020\n\n\nKay  2020\n\n{URL}  2021\n\nEnd  2020\n",
        ],
    )
    def test_blank_lines_part_rows_of_a_simple_table(self, rows: str) -> None:
        table = f"Words.\n\n{'=' * 24}  ====\nWho  When\n{'=' * 24}  ====\n{rows}{'=' * 24}  ====\n\nEnd.\n"
        assert reason(rst.splice(task(table, Form.BARE_TEXT))) is RefusalReason.NO_ROOM

    @pytest.mark.parametrize(
        ("words", "columns"),
        [("Солонка и перечница на столе", 28), ("日本の塩の歴史と製造方法の本", 28), ("e\u0301" * 28, 28), ("Salt", 4)],
    )
    def test_columns_are_counted_in_characters(self, words: str, columns: int) -> None:
        gap = " " * (32 - columns)
        rule = "=" * 30
        rules = f"{rule}  {'=' * len(URL)}  ====\n"
        middle = task(f"{rules}{words}{gap}{URL}  2021\n{rules}", Form.BARE_TEXT)
        assert reason(rst.splice(middle)) is RefusalReason.NO_ROOM
        last = task(f"{rule}  ====\n{words}{gap}{URL}\n{rule}  ====\n", Form.BARE_TEXT)
        assert SUFFIX in after(last, rst.splice(last))

    @pytest.mark.parametrize(
        "text",
        [
            f"===  ===\nA    B\n===  ===\n\n{URL} there\n",
            f"===  ===\nA    B\n===  ===\n1    2\n\n3    4\n===  ===\n\n{URL} there\n",
            f"    ===  ===\n    A    B\n\n{URL} there\n",
            f"===  ===\nA    B\n\n{URL} there\n",
            f"{URL} there\n\n===  ===\nA    B\n===  ===\n",
        ],
    )
    def test_what_stands_outside_the_table_has_room(self, text: str) -> None:
        one = task(text, Form.BARE_TEXT)
        assert SUFFIX in after(one, rst.splice(one))

    def test_a_line_block_is_no_table(self) -> None:
        one = task(f"| A poem cites\n| {URL} |\n", Form.BARE_TEXT)
        assert SUFFIX in after(one, rst.splice(one))


class TestWikitext:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (
                "{{cite web|url=%s|title=T}}",
                "{{cite web|url=%s|archive-url=%m|archive-date=2024-02-03|url-status=dead|title=T}}",
            ),
            (
                "{{Cite news\n | url = %s\n | title = T\n}}",
                "{{Cite news\n | url = %s\n | archive-url = %m\n | archive-date = 2024-02-03"
                "\n | url-status = dead\n | title = T\n}}",
            ),
            (
                "{{cite web |title={{lang|de|T}} |url=%s}}",
                "{{cite web |title={{lang|de|T}} |url=%s |archive-url=%m |archive-date=2024-02-03 |url-status=dead}}",
            ),
            (
                "{{cite web|url=%s|archive-url=|archive-date=|url-status=live}}",
                "{{cite web|url=%s|archive-url=%m|archive-date=2024-02-03|url-status=dead}}",
            ),
            (
                "{{Internetquelle |url=%s |titel=T}}",
                "{{Internetquelle |url=%s |archiv-url=%m |archiv-datum=2024-02-03 |offline=1 |titel=T}}",
            ),
            ("{{Lien web|url=%s}}", "{{Lien web|url=%s|archive-url=%m|archive-date=2024-02-03}}"),
        ],
    )
    def test_citation_templates_get_their_archive_parameters(self, text: str, expected: str) -> None:
        one = task(text.replace("%s", URL), Form.WIKITEXT_TEMPLATE)
        assert after(one, wikitext.splice(one)) == expected.replace("%s", URL).replace("%m", MEMENTO)

    def test_a_usurped_address_is_called_so(self) -> None:
        one = task(f"{{{{cite web|url={URL}}}}}", Form.WIKITEXT_TEMPLATE, state=LinkState.USURPED)
        assert after(one, wikitext.splice(one)).endswith("|url-status=usurped}}")

    def test_an_editors_own_copy_stays(self) -> None:
        one = task(f"{{{{cite web|url={URL}|archive-url=https://other.example/x}}}}", Form.WIKITEXT_TEMPLATE)
        assert reason(wikitext.splice(one)) is RefusalReason.ALREADY_ARCHIVED

    def test_ours_stays_too(self) -> None:
        text = f"{{{{cite web|archive-url={MEMENTO} |url={URL} }}}}"
        data = text.encode()
        place = Place(
            URL, Span(data.rindex(URL.encode()), data.rindex(URL.encode()) + len(URL)), Form.WIKITEXT_TEMPLATE
        )
        one = replace(task(text, Form.WIKITEXT_TEMPLATE), place=place)
        assert wikitext.splice(one) is None

    def test_an_unknown_template_is_refused_not_guessed(self) -> None:
        one = task(f"{{{{official website|url={URL}}}}}", Form.WIKITEXT_TEMPLATE)
        assert reason(wikitext.splice(one)) is RefusalReason.UNKNOWN_TEMPLATE

    def test_the_archive_parameter_itself_can_be_mapped(self) -> None:
        one = task(f"{{{{cite web|url=https://x.example/|archive-url={URL}|title=T}}}}", Form.WIKITEXT_TEMPLATE)
        assert (
            after(one, wikitext.splice(one)) == f"{{{{cite web|url=https://x.example/|archive-url={MEMENTO}|title=T}}}}"
        )

    def test_external_links_are_swapped_and_bare_urls_followed(self) -> None:
        one = task(f"<ref>[{URL} Words]</ref>", Form.WIKITEXT_LINK)
        assert after(one, wikitext.splice(one)) == f"<ref>[{MEMENTO} Words]</ref>"
        one = task(f"<ref>{URL}</ref>", Form.BARE_TEXT)
        assert after(one, wikitext.splice(one)) == f"<ref>{URL}{SUFFIX}</ref>"

    def test_annotating_an_external_link(self) -> None:
        one = task(f"[{URL} Words].", Form.WIKITEXT_LINK, annotate=True)
        assert after(one, wikitext.splice(one)) == f"[{URL} Words]{SUFFIX}."

    def test_characters_that_end_a_link_are_escaped(self) -> None:
        one = task(f"[{URL} Words]", Form.WIKITEXT_LINK, memento="https://k.example/a|b[c]")
        assert after(one, wikitext.splice(one)) == "[https://k.example/a%7Cb%5Bc%5D Words]"


ATTRIBUTES = f' data-originalurl="{URL}" data-versionurl="{MEMENTO} 2024-02-03T04:05:06Z" data-versiondate="2024-01-31"'


class TestHtml:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (f'<a href="{URL}">w</a>', f'<a href="{MEMENTO}"{ATTRIBUTES}>w</a>'),
            (f"<A class=x HREF={URL} id=y>w</A>", f"<A class=x HREF={MEMENTO}{ATTRIBUTES} id=y>w</A>"),
            (f"<a href={URL}>w</a>", f"<a href={MEMENTO}{ATTRIBUTES}>w</a>"),
            (f"<a\n\thref='{URL}'/>", f"<a\n\thref='{MEMENTO}'" + ATTRIBUTES.replace('"', "'") + "/>"),
            (f'<a title="a > b" href=" {URL} ">w</a>', None),
        ],
    )
    def test_the_address_is_swapped_and_the_attributes_follow_it(self, text: str, expected: str | None) -> None:
        one = task(text, Form.HTML_HREF)
        given = after(one, html_splice.splice(one))
        if expected is None:
            expected = text.replace(f'" {URL} "', f'"{MEMENTO}"' + ATTRIBUTES.replace(f'l="{URL}"', f'l=" {URL} "'))
        assert given == expected

    def test_escapes_are_kept_in_the_original_and_made_in_the_memento(self) -> None:
        one = task('<a href="https://gone.example/?a=1&amp;b=2">', Form.HTML_HREF, url="https://gone.example/?a=1&amp;b=2",
                   memento="https://k.example/?a=1&b=2")  # fmt: skip
        given = after(one, html_splice.splice(one))
        assert 'href="https://k.example/?a=1&amp;b=2"' in given
        assert 'data-originalurl="https://gone.example/?a=1&amp;b=2"' in given

    def test_annotating_leaves_the_address(self) -> None:
        one = task(f'<a href="{URL}">w</a>', Form.HTML_HREF, annotate=True)
        assert after(one, html_splice.splice(one)) == f'<a href="{URL}"{ATTRIBUTES}>w</a>'

    def test_a_robust_link_is_repaired_already(self) -> None:
        one = task(f'<a href="{MEMENTO}"{ATTRIBUTES}>w</a>', Form.HTML_HREF)
        assert html_splice.splice(one) is None

    def test_bare_text_gets_a_link_behind_it(self) -> None:
        one = task(f"<li>See {URL}.</li>", Form.HTML_TEXT)
        given = after(one, html_splice.splice(one))
        assert given == f'<li>See {URL} [<a href="{MEMENTO}"{ATTRIBUTES}>archived 2024-02-03: {MEMENTO}</a>].</li>'
        again = task(given.replace("See", "Look at"), Form.HTML_TEXT)
        assert html_splice.splice(again) is None

    def test_letters_that_the_page_lacks_become_references(self) -> None:
        one = task(f"<li>{URL}</li>", Form.HTML_TEXT, encoding="cp1252", memento="https://k.example/ж")
        assert "https://k.example/&#1078;" in after(one, html_splice.splice(one))

    def test_bytes_that_are_no_text_stay_as_they_are(self) -> None:
        data = b'<a href="https://gone.example/\xff\xfe">w</a>'
        place = Place("https://gone.example/", Span(9, 32), Form.HTML_HREF)
        moment = datetime(2024, 2, 3, tzinfo=UTC)
        one = Task(data=data, encoding="utf-8", place=place, words=ENGLISH,
                   repair=Repair(url="https://gone.example/", uri_m=MEMENTO, moment=moment))  # fmt: skip
        answer = html_splice.splice(one)
        assert isinstance(answer, list) and isinstance(answer[0], Cut)
        assert b'data-originalurl="https://gone.example/\xff\xfe"' in answer[0].after
