"""What mending one text comes to: its plan, and the lines that an editor's list shows of it."""

from dataclasses import dataclass

from linkkeeper.relinking.decide import Outcome, RepairDecision
from linkkeeper.vocabulary.records import CitedLink, Proposal
from linkkeeper.vocabulary.relink import FileRepair, Refusal, Repair, RepairPlan, RepairPolicy

_LISTED = {
    Outcome.REPAIR: "proposed",
    Outcome.TAKE_BACK: "proposed",
    Outcome.SUGGEST: "suggested",
    Outcome.WAIT: "waiting",
}


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with the link that it is about."""

    link: CitedLink
    decision: RepairDecision

    @property
    def urls(self) -> frozenset[str]:
        """All forms in which the link may be cited."""
        return frozenset((self.link.fetch_form, *self.link.spellings))


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationPlan:
    """
    The plan for one text under a policy.

    Attributes:
        decided: The decisions that it rests on.
        repairs: Those that were wanted; the plan holds what came of them.
        whole: False where only some links of the text are concerned, so that
            nothing can be said of its other proposals.
    """

    location: str
    policy: RepairPolicy
    plan: RepairPlan
    decided: tuple[Decided, ...]
    repairs: tuple[Repair, ...]
    whole: bool = True

    @property
    def take_back(self) -> frozenset[str]:
        """URLs whose repairs are to be undone: their sources are back for good."""
        gone_back = (item.urls for item in self.decided if item.decision.outcome is Outcome.TAKE_BACK)
        return frozenset[str]().union(*gone_back)

    def proposals(self, *, settled: frozenset[str] = frozenset()) -> list[Proposal]:
        """A line for each link that an editor should know of; *settled* are URLs that were dealt with just now."""
        refusals = {refusal.url: refusal for refusal in self.plan.refusals}
        found = (self._proposal(item, refusals) for item in self.decided if item.decision.url not in settled)
        return [proposal for proposal in found if proposal is not None]

    def made(self, repair: FileRepair, *, who: str) -> list[Proposal]:
        """A line for each link that *repair* changed."""
        edited = {edit.url for edit in repair.edits}
        return [
            Proposal(
                analysis_id=item.link.analysis_id,
                link_id=item.link.link_id,
                citation_id=item.link.citation_id,
                file=self.location,
                state="made",
                why=item.decision.why,
                uri_m=item.decision.repair.uri_m if item.decision.repair else None,
                who=who,
                file_repair_id=repair.id,
            )
            for item in self.decided
            if edited & item.urls
        ]

    def _proposal(self, item: Decided, refusals: dict[str, Refusal]) -> Proposal | None:
        decision, link = item.decision, item.link
        state = _LISTED.get(decision.outcome)
        if state is None:
            return None
        refusal = refusals.get(decision.url)
        if refusal is not None and decision.outcome is Outcome.REPAIR:
            state = "refused"
        return Proposal(
            analysis_id=link.analysis_id,
            link_id=link.link_id,
            citation_id=link.citation_id,
            file=self.location,
            state=state,
            why=f"{decision.why}; {refusal.words}" if refusal else decision.why,
            uri_m=decision.repair.uri_m if decision.repair else decision.suggestion,
            diff=_diff_of(self.plan, decision.url) if state == "proposed" else "",
        )


def _diff_of(planned: RepairPlan, url: str) -> str:
    lines = [
        f"- {edit.before.decode('utf-8', 'replace')}\n+ {edit.after.decode('utf-8', 'replace')}"
        for edit in planned.edits
        if edit.url == url
    ]
    return "\n".join(lines)
