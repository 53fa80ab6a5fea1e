"""
Drift: is it still the text that was cited? Compared with our own capture.

Thresholds: on real pairs of pages cosmetic changes keep 1.00 of the old main
text's 4-word shingles, a major rewrite 0.28, unrelated articles at most 0.005.
"""

from dataclasses import dataclass

from linkkeeper.checks.baseline import FOREIGN_SCORE, match_note
from linkkeeper.checks.case import Baseline, Case
from linkkeeper.checks.landing import outgoing, permanent, same_place
from linkkeeper.checks.scene import Finding, Scene
from linkkeeper.checks.specials import is_identifier
from linkkeeper.pages.shingles import kept_share, shingles_of, words_of
from linkkeeper.vocabulary.observation import Evidence, ObservationKind
from linkkeeper.vocabulary.uri import same_site, text_fragment_quotes

SAME_SHARE = 0.80
DRIFTED_SHARE = 0.30
REPLACED_SHARE = 0.02
_SHORT_WORDS = 80
_TITLE_ALIKE = 0.60
_TITLE_FOREIGN = 0.15
_LINKS_KEPT = 0.90
_QUOTE_WORDS = 5
_KEPT = frozenset({ObservationKind.OK, ObservationKind.EDITED, ObservationKind.MOVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """
    How a page compares with its baseline.

    Attributes:
        kept: Share of the baseline's main text still there, 0 to 1.
        title: Likeness of the titles, 0 to 1; None where either has none.
        links: Share of the baseline's outgoing links still there; None for fewer than three.
        quote: A passage that the analysis quotes is still there; None where it quotes none.
    """

    kept: float
    title: float | None
    links: float | None
    quote: bool | None


def compare(scene: Scene, baseline: Baseline) -> Drift:
    """Compare the page of *scene* with *baseline*."""
    now = shingles_of(scene.text)
    kept = kept_share(baseline.main, now)
    if baseline.main.words < _SHORT_WORDS:
        kept = max(kept, kept_share(baseline.visible, now))
    links = outgoing(scene.page.links, base=scene.answer.url)
    old = baseline.links
    return Drift(
        kept=kept,
        title=title_likeness(baseline.title, scene.page.title),
        links=len(old & links) / len(old) if len(old) >= 3 else None,
        quote=quote_found(scene.text, scene.case),
    )


def title_likeness(one: str, other: str) -> float | None:
    """Jaccard likeness of the titles' words; None where one is empty."""
    first, second = set(words_of(one)), set(words_of(other))
    return len(first & second) / len(first | second) if first and second else None


def quote_found(text: str, case: Case) -> bool | None:
    """Whether a passage that the analysis quotes stands in *text*; None where none is long enough to tell."""
    passages = (*(case.note.passages if case.note else ()), *text_fragment_quotes(case.cited))
    wanted = [words for passage in passages if len(words := words_of(passage)) >= _QUOTE_WORDS]
    if not wanted:
        return None
    running = f" {' '.join(words_of(text))} "
    return any(f" {' '.join(words)} " in running for words in wanted)


def judge_kept(scene: Scene) -> Finding | None:
    """Where the captured text still stands, no suspicion needs to be looked into."""
    finding = judge_drift(scene)
    return finding if finding and finding.kind in _KEPT else None


def judge_drift(scene: Scene) -> Finding | None:
    """Rule 7, last of all: the page is there; is it still the one that was cited?"""
    baseline = scene.case.baseline
    if baseline is None or not scene.text or not baseline.main.words:
        return None
    drift = compare(scene, baseline)
    if drift.kept < DRIFTED_SHARE and not drift.quote and _may_come_by_script(scene, baseline):
        words = "most of the captured text came by scripts; only a browser can tell whether it still does"
        return Finding(ObservationKind.JS_SHELL, "drift-by-script", _evidence(words, drift))
    if is_identifier(scene.case.cited):
        return _identified(scene, drift)
    kind, words = _verdict(scene, baseline, drift)
    return Finding(kind, "drift", _evidence(words, drift))


def _may_come_by_script(scene: Scene, baseline: Baseline) -> bool:
    """The capture was made by a browser, this look was not: markup alone may lack what scripts add."""
    seen_by_browser = scene.look.by_browser or scene.answer.rendered_text is not None
    return not seen_by_browser and scene.page.scripts > 0 and scene.words * 2 < baseline.visible.words


def _evidence(words: str, drift: Drift) -> Evidence:
    return Evidence(
        words=words,
        kept_share=round(drift.kept, 3),
        title_likeness=None if drift.title is None else round(drift.title, 3),
        links_kept=None if drift.links is None else round(drift.links, 3),
        quote_found=drift.quote,
    )


def _verdict(scene: Scene, baseline: Baseline, drift: Drift) -> tuple[ObservationKind, str]:
    share = f"{drift.kept:.0%} of the captured text is still there"
    if drift.kept >= SAME_SHARE or (drift.quote and drift.kept >= DRIFTED_SHARE):
        return _still_there(scene, baseline, drift, share)
    if drift.quote:
        return ObservationKind.EDITED, f"the quoted passage is still there, though only {share}"
    short = baseline.main.words < _SHORT_WORDS and (drift.title or 0) >= _TITLE_ALIKE
    if drift.kept >= DRIFTED_SHARE or short:
        return ObservationKind.EDITED, f"the text was edited: {share}"
    if _is_another(scene, baseline, drift):
        return ObservationKind.USURPED_SUSPECT, f"another's content: {share}, and title and links are foreign too"
    return ObservationKind.DRIFTED, f"the text was replaced: {share}"


def _still_there(scene: Scene, baseline: Baseline, drift: Drift, share: str) -> tuple[ObservationKind, str]:
    elsewhere = not same_place(scene.landed, scene.case.cited) and not (
        baseline.final_url and same_place(scene.landed, baseline.final_url)
    )
    if elsewhere and permanent(scene.look.hops):
        return ObservationKind.MOVED, f"moved for good to {scene.landed}; {share}"
    if drift.links is not None and drift.links < _LINKS_KEPT:
        return ObservationKind.EDITED, f"the text is the same, but only {drift.links:.0%} of its outgoing links are"
    return ObservationKind.OK, share


def _is_another(scene: Scene, baseline: Baseline, drift: Drift) -> bool:
    """Foreign in all that we can compare; a publisher that replaces its own page keeps its name on it."""
    if drift.kept >= REPLACED_SHARE or (drift.title or 0) > _TITLE_FOREIGN or (drift.links or 0) > 0.1:
        return False
    if not same_site(scene.landed, baseline.final_url or scene.case.cited):
        return True
    name = baseline.site_name.lower()
    if name:
        return name != scene.page.site_name.lower() and name not in scene.text.lower()
    # Nothing tells whose page it was but its language and its note.
    return _tongue(baseline.language) != _tongue(scene.page.language) or _foreign_to_note(scene)


def _foreign_to_note(scene: Scene) -> bool:
    note = scene.case.note
    if note is None:
        return False
    match = match_note(scene.page, note, url=scene.case.cited, text=scene.text)
    return not match.matched and bool(match.parts) and match.score < FOREIGN_SCORE


def _tongue(language: str | None) -> str:
    return (language or "").split("-")[0]


def _identified(scene: Scene, drift: Drift) -> Finding:
    """The landing page of an identifier changes by design: title and identifier decide."""
    named = bool(scene.page.identifier) and (scene.page.identifier or "").lower() in scene.case.cited.lower()
    if named or (drift.title or 0) >= 0.5 or drift.kept >= DRIFTED_SHARE:
        return Finding(ObservationKind.OK, "identifier", _evidence("the identifier leads to the same work", drift))
    return Finding(
        ObservationKind.DRIFTED, "identifier", _evidence("the identifier leads to a page with another title", drift)
    )
