"""What is shown or run as it stands is left alone; prose beside it is not."""

import pytest

from linkkeeper.relinking.verbatim import is_within, verbatim_parts
from linkkeeper.vocabulary.citation import SourceFormat
from linkkeeper.vocabulary.edition import Span


def is_verbatim(text: str, url: str) -> bool:
    data = text.encode()
    start = data.index(url.encode())
    return is_within(verbatim_parts(data, SourceFormat.MARKDOWN), Span(start, start + len(url.encode())))


@pytest.mark.parametrize("url", ["https://gone.example/a%20b", "https://gone.example/{a}", "https://gone.example/%7B%"])
@pytest.mark.parametrize(
    "tag",
    [
        "{%% embed %s %%}",
        "{%%- x\n  url: %s\n-%%}",
        '{{< x src="%s" >}}',
        '{{%% x "%s" %%}}',
        "Words {%% a %s %%} {%% b %%}.",
    ],
)
def test_an_address_of_any_characters_is_in_its_tag(tag: str, url: str) -> None:
    assert is_verbatim(tag % url, url)


def test_output_of_the_generator_is_code_too() -> None:
    assert is_verbatim("See {{ 'https://gone.example/a' | relative_url }}.", "https://gone.example/a")


@pytest.mark.parametrize(
    "text", ["{% a %} URL {% b %}", "{{< a >}} URL {{< /a >}}", "{{ a }} URL {{ b }}", "{% a URL", "100 %} URL {% b"]
)
def test_what_stands_between_tags_is_prose(text: str) -> None:
    assert not is_verbatim(text.replace("URL", "https://gone.example/a"), "https://gone.example/a")


def test_a_tag_is_no_longer_than_tags_are() -> None:
    assert not is_verbatim("{% " + "word " * 2_000 + "https://gone.example/a %}", "https://gone.example/a")


@pytest.mark.parametrize("mark", ["{%", "{{<", "{{", "{{%"])
def test_openings_without_ends_take_one_search(mark: str) -> None:
    """The suite's time limit tells."""
    assert is_verbatim(f"{mark} " * 100_000 + "\n\n    https://gone.example/a", "https://gone.example/a")
    assert not is_verbatim(
        f"{mark} " * 100_000 + "x " * 3_000 + "\n\nhttps://gone.example/a %}", "https://gone.example/a"
    )


@pytest.mark.parametrize(
    "element",
    ["<p>Words</p>", "<p>Words", "<br>", "<div>\n<b>Words</b>\n</div>", "<img src=a />", "<https://other.example/>"],
)
def test_indented_code_behind_a_whole_element_is_code(element: str) -> None:
    assert is_verbatim(f"{element}\n\n    curl https://gone.example/a\n", "https://gone.example/a")


def test_in_a_list_it_is_code_four_columns_further_in() -> None:
    for depth, is_code in ((4, False), (5, False), (6, True)):
        text = f"- Item\n\n  <p>Words</p>\n\n{' ' * depth}https://gone.example/a\n"
        assert is_verbatim(text, "https://gone.example/a") is is_code, depth


@pytest.mark.parametrize(
    "text",
    [
        "<div>\n\n    URL\n\n</div>\n",
        "<ul>\n  <li>One</li>\n\n    <li>URL</li>\n</ul>\n",
        "<div><div>\n</div>\n\n    URL\n\n</div>\n",
        "<p>Words\n    URL</p>\n",
    ],
)
def test_lines_in_an_element_that_is_still_open_are_prose(text: str) -> None:
    assert not is_verbatim(text.replace("URL", "https://gone.example/a"), "https://gone.example/a")
