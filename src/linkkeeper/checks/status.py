"""What an HTTP status says, once walls and limits are out of the way."""

from linkkeeper.checks.scene import Finding, Scene
from linkkeeper.vocabulary.observation import Evidence, ObservationKind

#: Statuses that some servers give only to clients that do not ask as browsers do.
ASK_AS_BROWSERS_DO = frozenset({400, 404, 405, 406, 412, 415, 501})

_LOGIN = frozenset({401, 402, 407, 440, 449})
_WORDS = {
    400: "the server calls the request a bad one",
    401: "the server asks for a login",
    402: "the server asks for payment",
    404: "the server says that the page does not exist",
    407: "the server asks for a login",
    410: "the server says that the page is gone for good",
    451: "the page is withheld for legal reasons",
    530: "the site's own name or server cannot be reached from its CDN",
}


def judge_status(scene: Scene) -> Finding | None:
    """Rule 3; None for a success that carries something to read."""
    status = scene.status
    kind = _kind(status, empty=not scene.answer.body.strip() and not scene.answer.rendered_text)
    if kind is None:
        return None
    words = _WORDS.get(status) or _general(status, kind)
    return Finding(kind, f"status-{status}", Evidence(words=f"{words} (HTTP {status})"))


def _kind(status: int, *, empty: bool) -> ObservationKind | None:
    if 200 <= status < 300:
        return ObservationKind.EMPTY if status in (204, 205) or empty else None
    if status in _LOGIN:
        return ObservationKind.LOGIN
    named = {
        404: ObservationKind.MISSING,
        410: ObservationKind.GONE,
        451: ObservationKind.LEGAL,
        408: ObservationKind.TIMEOUT,
    }
    if status in named:
        return named[status]
    if status >= 500 or status < 200 or 300 <= status < 400 or status in (400, 421):
        return ObservationKind.SERVER_ERROR
    return ObservationKind.FORBIDDEN


def _general(status: int, kind: ObservationKind) -> str:
    if kind is ObservationKind.EMPTY:
        return "the answer is empty"
    if 300 <= status < 400:
        return "the server redirects without saying where to"
    if kind is ObservationKind.SERVER_ERROR:
        return "the server has trouble"
    return "the server gave up waiting" if kind is ObservationKind.TIMEOUT else "the server refuses to show the page"
