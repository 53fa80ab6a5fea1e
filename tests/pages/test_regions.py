"""What is not the text of a page is told by rule, not by site."""

import pytest

from linkkeeper.pages.markup import parse
from linkkeeper.pages.regions import Region, regions_of

_TEXT = "<p>" + "A sentence of the text itself. " * 20 + "</p>"


@pytest.mark.parametrize(
    ("part", "region"),
    [
        ("<nav>HERE</nav>", Region.NAVIGATION),
        ("<div class='site-footer'>HERE</div>", Region.NAVIGATION),
        ("<ul id='primary-menu'><li>HERE</ul>", Region.NAVIGATION),
        ("<div class='sharedaddy sd-share'>HERE</div>", Region.SHARE),
        ("<div class='social-links'>HERE</div>", Region.SHARE),
        ("<section id='comments'>HERE</section>", Region.COMMENTS),
        ("<div class='jp-relatedposts'>HERE</div>", Region.RELATED),
        ("<aside role='complementary'>HERE</aside>", Region.RELATED),
        ("<form>HERE</form>", Region.FORM),
        ("<div class='author-bio'>HERE</div>", Region.BYLINE),
        ("<aside class='theme-doc docSidebarContainer_YfHR side-bar'>HERE</aside>", Region.RELATED),
        ("<nav class='docBreadcrumbs_x1'>HERE</nav>", Region.NAVIGATION),
        ("<div class='docBreadcrumbs_x1 docToc-menu'>HERE</div>", Region.NAVIGATION),
    ],
)
def test_parts_that_are_not_the_text_are_named(part: str, region: Region) -> None:
    page = parse(f"<body>{_TEXT}{part}</body>".encode())
    assert regions_of(page).at(page.text.index("HERE")) is region


@pytest.mark.parametrize(
    "part",
    [
        "<footer class='footnotes'>HERE</footer>",
        "<div class='entry-content'>HERE</div>",
        "<aside role='doc-footnote'>HERE</aside>",
        "<div class='standfirst'>HERE</div>",
        "<div class='shares-of-oil'>HERE</div>",
    ],
)
def test_notes_and_text_are_no_such_part(part: str) -> None:
    page = parse(f"<body>{_TEXT}{part}</body>".encode())
    assert regions_of(page).is_text(page.text.index("HERE"))


def test_an_outer_box_with_most_of_the_text_is_text() -> None:
    page = parse(
        f"<body class='comments-open'><div class='content-sidebar-wrap sidebar'>{_TEXT}HERE</div></body>".encode()
    )
    assert regions_of(page).is_text(page.text.index("HERE"))


def test_outside_the_article_is_not_its_text() -> None:
    page = parse(f"<body><p>OUTSIDE</p><article>{_TEXT}HERE</article></body>".encode())
    found = regions_of(page)
    assert found.is_text(page.text.index("HERE"))
    assert not found.is_text(page.text.index("OUTSIDE"))
