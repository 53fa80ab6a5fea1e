"""Domains that lapsed and were taken over by advertisers of games of chance: a suspicion, or what the note settles."""

import re

from linkkeeper.checks.baseline import FOREIGN_SCORE, match_note
from linkkeeper.checks.scene import Finding, Scene
from linkkeeper.pages.gambling import gambling_words
from linkkeeper.vocabulary.observation import Evidence, ObservationKind

_OF_GAMES = re.compile(r"casino|gambl|poker|slot|lotter|betting|bahis|judi|togel", re.IGNORECASE)


def judge_takeover(scene: Scene) -> Finding | None:
    """
    Rule 6a: whoever cites a page that praises games of chance seldom meant that page.

    The words alone only warn. Where the note names another source they are
    another's content.
    """
    case = scene.case
    if case.baseline is not None or not scene.page.markup or _OF_GAMES.search(case.cited):
        return None
    title = gambling_words(scene.page)
    if title is None:
        return None
    words = f"the page advertises games of chance, as lapsed domains of others do: “{title[:100]}”"
    match = match_note(scene.page, case.note, url=case.cited, text=scene.text) if case.note else None
    if match is None or not match.parts:
        return Finding(ObservationKind.SOFT_404_SUSPECT, "taken-over", Evidence(words=words, marks=(title[:100],)))
    if match.matched or match.score >= FOREIGN_SCORE:
        return None
    evidence = Evidence(words=f"{words}; {match.words}", marks=(title[:100],), note_score=match.score)
    return Finding(ObservationKind.USURPED_SUSPECT, "taken-over", evidence)
