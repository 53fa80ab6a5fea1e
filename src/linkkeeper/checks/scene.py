"""What the rules look at, and what a rule returns."""

from dataclasses import dataclass

from linkkeeper.checks.case import Case
from linkkeeper.checks.landing import Landing, landing, page_redirect
from linkkeeper.checks.look import Answer, Look
from linkkeeper.pages.text import Page, count_words
from linkkeeper.vocabulary.observation import Evidence, ObservationKind


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule's judgement: what it saw, the rule's name, and why."""

    kind: ObservationKind
    rule: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """
    One answer, read once, for all rules.

    Attributes:
        landed: The final address; a page that jumps on by itself and was not
            followed counts as landed where it points.
        jumped: Whether *landed* is such a jump.
        text: Visible text, after scripts where a browser looked.
        main_text: The same without navigation.
    """

    look: Look
    case: Case
    answer: Answer
    page: Page
    landed: str
    jumped: bool
    place: Landing
    text: str
    main_text: str
    words: int

    @property
    def status(self) -> int:
        return self.answer.status


def scene_of(look: Look, case: Case, answer: Answer, page: Page) -> Scene:
    """Put together what the rules look at."""
    jump = page_redirect(answer, page)
    landed = jump or answer.url
    rendered = answer.rendered_text
    text, main = page.visible_text, page.main_text
    if rendered is not None and len(rendered) > 2 * len(text):
        # The markup is a shell: what the browser showed is the page.
        text = main = " ".join(rendered.split())
    return Scene(
        look=look,
        case=case,
        answer=answer,
        page=page,
        landed=landed,
        jumped=jump is not None,
        place=landing(case.cited, landed),
        text=text,
        main_text=main,
        words=count_words(text) if text is not page.visible_text else page.word_count,
    )
