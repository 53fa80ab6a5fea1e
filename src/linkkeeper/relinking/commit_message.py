"""The message of a commit that repairs links: what, in which file, why, and how to take it back."""

from collections.abc import Mapping, Sequence

from linkkeeper.vocabulary.relink import Edit

_WIDTH = 72


def commit_message(repaired: Mapping[str, Sequence[Edit]], *, taking_back: bool = False) -> str:
    """
    Explain each repair.

    Args:
        repaired: Edits by path.
        taking_back: The commit undoes these edits.
    """
    urls = {edit.url for edits in repaired.values() for edit in edits}
    links = _counted(len(urls), "link")
    files = _counted(len(repaired), "file")
    subject = f"Link {links} to the source again in {files}" if taking_back else f"Repair {links} in {files}"
    blocks = [_file(path, edits, taking_back=taking_back) for path, edits in sorted(repaired.items())]
    last = "Nothing but these links was changed. `git revert` takes all of it back."
    return "\n\n".join([subject, *blocks, last]) + "\n"


def _file(path: str, edits: Sequence[Edit], *, taking_back: bool) -> str:
    lines = [f"{path}:"]
    seen: dict[tuple[str, str, str], int] = {}
    for edit in edits:
        key = (edit.url, edit.uri_m, edit.why)
        seen[key] = seen.get(key, 0) + 1
    for (url, uri_m, why), count in seen.items():
        times = f" ({count} places)" if count > 1 else ""
        arrow = "was" if taking_back else "now"
        lines += [f"- {url}{times}", f"  {arrow} {uri_m}"]
        if why:
            lines += [f"  {piece}" for piece in _wrapped(why)]
    return "\n".join(lines)


def _wrapped(text: str) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) > _WIDTH - 3:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
