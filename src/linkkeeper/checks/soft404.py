"""
Soft 404: pages that are gone but answer "200 OK". Words raise a suspicion, siblings prove it.

A sibling is an address beside the cited one that cannot exist. A site that
answers it with 404 is honest, so its 200s count; a site that answers it with
the same page as the cited address has lost the cited page.

Source: Bar-Yossef, Broder, Kumar, Tomkins 2004, "Sic transit gloria telae".
"""

import re
from enum import StrEnum
from hashlib import blake2b
from urllib.parse import unquote, urlsplit, urlunsplit

from linkkeeper.checks.case import Sibling
from linkkeeper.checks.landing import Landing, is_home, same_place
from linkkeeper.checks.look import Look
from linkkeeper.checks.scene import Finding, Scene
from linkkeeper.pages.missing import MissingMarks, missing_marks
from linkkeeper.pages.shingles import Sketch, likeness, sketch
from linkkeeper.pages.text import read_page
from linkkeeper.vocabulary.observation import Evidence, ObservationKind

#: How long the answers for one directory may be reused, in days.
SIBLINGS_KEPT_DAYS = 7

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_DOCUMENT = re.compile(r"\.(pdf|docx?|xlsx?|pptx?|od[tsp]|csv|zip|epub|rtf)$", re.IGNORECASE)
_ALIKE = 0.90
_SHORT_WORDS = 300
_SHORT_SCORE = 2
_LONG_SCORE = 4
#: Pages with fewer words are not trusted without a sibling or a baseline.
THIN_WORDS = 150
_CROWDED_LANDINGS = 3
_SHELL_WORDS = 50
_BARE_WORDS = 10


class Proof(StrEnum):
    """What the siblings say."""

    NONE = "none"
    HONEST = "honest"
    ALIKE = "alike"
    SOFT_404 = "soft_404"


def sibling_urls(url: str, *, seed: str) -> tuple[str, ...]:
    """
    Addresses beside *url* that cannot exist.

    Args:
        url: Fetch form.
        seed: Same seed, same addresses; vary it by the week so that no site
            learns them.

    Returns:
        One in the same directory with the same extension, one in the parent
        directory; none for a front page, which has no siblings.
    """
    if is_home(url):
        return ()
    parts = urlsplit(url)
    directory, _, last = parts.path.rstrip("/").rpartition("/")
    extension = match.group(0) if (match := re.search(r"\.[A-Za-z][A-Za-z0-9]{0,4}$", last)) else ""
    slash = "/" if parts.path.endswith("/") else ""
    parent = directory.rpartition("/")[0]
    paths = (
        f"{directory}/{_random_name(seed, url, 0)}{extension}{slash}",
        f"{parent}/{_random_name(seed, url, 1)}{slash}",
    )
    return tuple(urlunsplit((parts.scheme, parts.netloc, path, "", "")) for path in paths)


def sibling_key(url: str) -> str:
    """What one set of sibling answers is good for: scheme, host and directory of *url*, and its extension."""
    parts = urlsplit(url)
    directory, _, last = parts.path.rstrip("/").rpartition("/")
    extension = match.group(0) if (match := re.search(r"\.[A-Za-z][A-Za-z0-9]{0,4}$", last)) else ""
    return f"{parts.scheme}://{parts.netloc}{directory}/*{extension}"


def _random_name(seed: str, url: str, index: int) -> str:
    digest = blake2b(f"{seed} {index} {sibling_key(url)}".encode(), digest_size=25).digest()
    return "".join(_LETTERS[byte % 26] for byte in digest)


def sibling_of(look: Look) -> Sibling:
    """Keep of the look at a sibling what the proof needs."""
    answer = look.answer
    if answer is None:
        return Sibling(url=look.url, status=None, final_url=None, title="", sketch=sketch(""))
    page = read_page(answer.body, answer.header("content-type"))
    return Sibling(
        url=look.url,
        status=answer.status,
        final_url=answer.url,
        title=_scrubbed(page.title, look.url),
        sketch=_scrubbed_sketch(answer.rendered_text or page.visible_text, look.url),
    )


def _scrubbed_sketch(text: str, url: str) -> Sketch:
    return sketch(_scrubbed(text, url))


def _scrubbed(text: str, url: str) -> str:
    """Without the page's own address (error pages repeat it) and digits (dates, counters, reference numbers)."""
    path = unquote(urlsplit(url).path)
    for own in (url, path, _last_part(url)):
        if len(own) > 3:
            text = text.replace(own, " ")
    return re.sub(r"\d+", " ", text)


def _last_part(url: str) -> str:
    return unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2]


def _own_sketches(text: str, url: str) -> tuple[Sketch, ...]:
    """Scrubbed, and where the last part of the address is a plain word (``water``), also with that word kept."""
    scrubbed = _scrubbed_sketch(text, url)
    last = _last_part(url)
    if not last.isalpha() or last not in text:
        return (scrubbed,)
    return scrubbed, sketch(re.sub(r"\d+", " ", text.replace(url, " ")))


def judge_soft404(scene: Scene) -> Finding | None:
    """Rule 6: suspicion by words and by where looks end; proof by siblings."""
    proof, words = prove(scene)
    marks = _marks(scene)
    if proof is Proof.SOFT_404:
        asked = tuple(sibling.url for sibling in scene.case.siblings)
        return Finding(ObservationKind.SOFT_404, "soft-404-siblings", Evidence(words=words, siblings=asked))
    if proof is Proof.ALIKE:
        asked = tuple(sibling.url for sibling in scene.case.siblings)
        # One frame for every address has the same scripts everywhere: what they say of it proves nothing.
        if marks.score > marks.in_scripts or not (_may_be_a_frame(scene) or _may_want_a_visitor(scene)):
            return Finding(ObservationKind.SOFT_404, "soft-404-siblings", Evidence(words=words, siblings=asked))
        words = f"{words}; scripts may fill it differently, only a browser can tell"
        return Finding(ObservationKind.SOFT_404_SUSPECT, "soft-404-siblings", Evidence(words=words, siblings=asked))
    needed = _SHORT_SCORE if scene.words < _SHORT_WORDS else _LONG_SCORE
    if marks.score >= needed:
        # An honest site sends its error pages as errors; the words of this one are then its own.
        if proof is Proof.HONEST and marks.score < 2 * _SHORT_SCORE:
            return None
        said = f"the page reads like an error page: {', '.join(marks.marks[:3])}"
        return Finding(ObservationKind.SOFT_404_SUSPECT, "soft-404-words", Evidence(words=said, marks=marks.marks))
    crowd = sum(same_place(scene.landed, other) for other in scene.case.landings)
    if crowd + 1 >= _CROWDED_LANDINGS and proof is Proof.NONE and not same_place(scene.landed, scene.case.cited):
        said = f"{crowd + 1} different cited addresses of this host all end at {scene.landed}"
        return Finding(ObservationKind.SOFT_404_SUSPECT, "soft-404-landings", Evidence(words=said))
    return None


def _marks(scene: Scene) -> MissingMarks:
    marks = missing_marks(scene.answer.body, scene.page)
    wanted = _DOCUMENT.search(unquote(urlsplit(scene.case.cited).path))
    if wanted is None or not scene.page.markup:
        return marks
    said = f"the address names a {wanted.group(1).upper()} file, a web page came instead"
    return MissingMarks(marks.score + _SHORT_SCORE, (*marks.marks, said), in_scripts=marks.in_scripts)


def prove(scene: Scene) -> tuple[Proof, str]:
    """
    Compare the page with its siblings.

    Every sibling that answered must look like the page: an address like
    ``/question/123/any-words`` shows its page under any last part, so a
    sibling in the same directory alone proves nothing.
    """
    answered = [sibling for sibling in scene.case.siblings if sibling.status is not None]
    if any(sibling.status in (404, 410) for sibling in answered):
        return Proof.HONEST, "the site answers addresses that cannot exist with “not found”"
    usable = [sibling for sibling in answered if sibling.status is not None and sibling.status < 300]
    if len(usable) < 2 or len(usable) < len(answered) or is_home(scene.case.cited):
        return Proof.NONE, ""
    landed_alike = [sibling for sibling in usable if _same_landing(scene, sibling)]
    if len(landed_alike) == len(usable):
        words = f"addresses of this site that cannot exist end at the same place: {scene.landed}"
        # A page to choose a region or to agree to something takes every address too.
        telling = scene.place in (Landing.HOME, Landing.SEARCH, Landing.ERROR_PAGE)
        return (Proof.SOFT_404 if telling else Proof.ALIKE), words
    if is_shell(scene):
        return Proof.NONE, ""
    title = _scrubbed(scene.page.title, scene.answer.url)
    own = _own_sketches(scene.text, scene.answer.url)
    if all(any(_alike(one, title, sibling) for one in own) or _same_landing(scene, sibling) for sibling in usable):
        return Proof.ALIKE, "addresses of this site that cannot exist show the same page"
    return Proof.NONE, ""


def _same_landing(scene: Scene, sibling: Sibling) -> bool:
    if sibling.final_url is None or same_place(scene.landed, scene.case.cited):
        return False
    return same_place(scene.landed, sibling.final_url)


def _alike(own: Sketch, title: str, sibling: Sibling) -> bool:
    if not own.words and not sibling.sketch.words:
        return bool(title.strip()) and title == sibling.title
    return likeness(own, sibling.sketch) >= _ALIKE


def is_shell(scene: Scene) -> bool:
    """A page whose text comes by script: the markup says nothing of whether it is there."""
    if scene.answer.rendered_text is not None or not scene.answer.whole or not scene.page.scripts:
        return False
    return scene.words < _SHELL_WORDS and (scene.page.root_div or scene.words < _BARE_WORDS)


def _may_be_a_frame(scene: Scene) -> bool:
    """Little text, and scripts that may bring more: sites send the same frame for every address."""
    return scene.answer.rendered_text is None and scene.page.scripts > 0 and scene.words < THIN_WORDS


def _may_want_a_visitor(scene: Scene) -> bool:
    """Sent on by a site that may only want cookies or a choice first, and no browser has tried."""
    return not scene.look.by_browser and scene.place in (Landing.OTHER_PAGE, Landing.OTHER_SITE)
