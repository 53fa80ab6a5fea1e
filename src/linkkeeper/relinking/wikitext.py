"""
Splicing wikitext: the archive parameters of citation templates, external links, bare URLs.

Template parameters are those that each Wikipedia's own template documentation
names; a template that isn't known here is refused, never guessed.
"""

import re
from dataclasses import dataclass

from linkkeeper.pages.decode import codec_of
from linkkeeper.relinking.anchors import copy_date
from linkkeeper.relinking.places import Answer, Cut, Task
from linkkeeper.relinking.plain import add_suffix, unwritable
from linkkeeper.vocabulary.citation import OccurrenceForm
from linkkeeper.vocabulary.edition import Span
from linkkeeper.vocabulary.relink import RefusalReason
from linkkeeper.vocabulary.state import LinkState

_URL_PARAMETERS = frozenset({"url", "link", "online"})


@dataclass(frozen=True, slots=True)
class _Family:
    """
    Citation templates that take an archived copy under the same parameters.

    *dead* is the parameter and value that say that the original is gone;
    *usurped* the value while another's content stands on it. *marks* are
    parameters that tell it from a family of the same name in another language.
    """

    templates: re.Pattern[str]
    address: tuple[str, ...]
    date: tuple[str, ...]
    dead: tuple[str, str] | None
    usurped: str | None = None
    marks: frozenset[str] = frozenset()


def _family(
    templates: str,
    address: str,
    date: str,
    dead: tuple[str, str] | None,
    usurped: str | None = None,
    *,
    marks: str = "",
) -> _Family:
    pattern = re.compile(rf"(?:{templates})$", re.I)
    return _Family(pattern, tuple(address.split()), tuple(date.split()), dead, usurped, frozenset(marks.split()))


_FAMILIES = (
    _family(
        r"cite[ _-].+|citation|cite",
        "archive-url archiveurl",
        "archive-date archivedate",
        ("url-status", "dead"),
        "usurped",
    ),
    _family(r"internetquelle", "archiv-url archiv_url", "archiv-datum archiv_datum", ("offline", "1")),
    _family(r"lien web", "archive-url archiveurl", "archive-date archivedate", None),
    _family(r"citeer (?:web|nieuws|boek|journal)", "archiefurl", "archiefdatum", ("dodeurl", "ja")),
    _family(r"webbref|tidningsref|bokref", "arkivurl", "arkivdatum", None),
    _family(r"cytuj.*", "archiwum", "zarchiwizowano", None),
    _family(
        r"cita (?:web|news|libro|pubblicazione)",
        "urlarchivio",
        "dataarchivio",
        ("urlmorto", "sì"),
        marks="titolo accesso autore cognome nome data sito editore lingua urlarchivio dataarchivio urlmorto",
    ),
    _family(
        r"cita (?:web|noticia|libro|publicación|conferencia|enciclopedia|tesis|vídeo|video)",
        "urlarchivo archive-url archiveurl",
        "fechaarchivo archive-date archivedate",
        None,
        marks="título titulo fechaacceso fecha-acceso autor apellido apellidos nombre fecha editorial sitioweb obra "
        "idioma urlarchivo fechaarchivo",
    ),
    _family(r"citar (?:web|periódico|livro|jornal)", "arquivourl", "arquivodata", ("urlmorta", "sim")),
)
_ARCHIVE_PARAMETERS = frozenset(name for family in _FAMILIES for name in family.address)


@dataclass(frozen=True, slots=True)
class _Parameter:
    """``lead|before_name name between value``; *value* without white space around it."""

    name: str
    lead: bytes
    before_name: bytes
    between: bytes
    value: Span


@dataclass(frozen=True, slots=True)
class _Template:
    name: str
    parameters: tuple[_Parameter, ...]


def splice(task: Task) -> Answer:
    form = task.place.form
    if form is OccurrenceForm.WIKITEXT_TEMPLATE:
        return _in_template(task)
    if form is not OccurrenceForm.WIKITEXT_LINK:
        template = _only_value_of(task)
        return add_suffix(task) if template is None else _unknown(task, template)
    if task.annotate:
        end = task.data.find(b"]", task.place.span.end)
        if end < 0 or b"\n" in task.data[task.place.span.end : end]:
            return task.refuse(RefusalReason.NO_ROOM, "the end of this link was not found")
        return add_suffix(task, at=end + 1)
    return _swap(task)


def _only_value_of(task: Task) -> str | None:
    """The template that takes the URL as a parameter of its own, and would not take more words with it."""
    start, end = task.place.span.start, task.place.span.end
    before = task.data[max(0, start - 40) : start]
    if not re.search(rb"[|=]\s*\Z", before) or not _ENDS_PARAMETER.match(task.data, end):
        return None
    template = _template_around(task.data, task.place.span, task.encoding)
    return template.name if template is not None else None


def _unknown(task: Task, called: str) -> Answer:
    words = f"{{{{{called}}}}} has no known parameter for an archived copy"
    return task.refuse(RefusalReason.UNKNOWN_TEMPLATE, words)


def _swap(task: Task) -> Answer:
    if task.place.url == task.repair.uri_m:
        return None
    # These end an external link or a parameter; escaped they mean the same address.
    address = re.sub(r"[\s\[\]<>|{}\"]", lambda found: f"%{ord(found[0]):02X}", task.repair.uri_m)
    try:
        return [Cut(task.place.span, task.encoded(address))]
    except UnicodeEncodeError:
        return unwritable(task)


def _in_template(task: Task) -> Answer:
    template = _template_around(task.data, task.place.span, task.encoding)
    if template is None:
        return task.refuse(RefusalReason.NO_PLACE, "the template around it was not found")
    here = next((item for item in template.parameters if _holds(item, task.place.span)), None)
    if here is None:
        return task.refuse(RefusalReason.NO_PLACE, f"it is no parameter of its own in {{{{{template.name}}}}}")
    if here.name in _ARCHIVE_PARAMETERS:
        return _swap(task)
    family = _family_of(template)
    if family is None or here.name not in _URL_PARAMETERS:
        return _unknown(task, f"{template.name}|{here.name}=")
    return _with_archive(task, template, here, family)


def _family_of(template: _Template) -> _Family | None:
    """The family by its templates' names; of two with one name that with more of its parameters here."""
    named = [family for family in _FAMILIES if family.templates.match(template.name)]
    if len(named) < 2:
        return named[0] if named else None
    given = {item.name for item in template.parameters}
    counted = sorted(((len(family.marks & given), family) for family in named), key=lambda pair: -pair[0])
    return counted[0][1] if counted[0][0] > counted[1][0] else None


def _holds(parameter: _Parameter, span: Span) -> bool:
    return parameter.value.start <= span.start and span.end <= parameter.value.end


def _with_archive(task: Task, template: _Template, here: _Parameter, family: _Family) -> Answer:
    given = {item.name: item for item in template.parameters}
    address = next((given[name] for name in family.address if name in given), None)
    if address is not None and address.value.start < address.value.end:
        # Ours if it holds this memento; an editor's choice otherwise. Either way it stays.
        if address.value.of(task.data) == task.encoded(_as_value(task)):
            return None
        return task.refuse(RefusalReason.ALREADY_ARCHIVED, "the template names an archived copy already")
    wanted = [(family.address, _as_value(task)), (family.date, copy_date(task.repair))]
    if family.dead is not None:
        usurped = task.repair.state is LinkState.USURPED and family.usurped is not None
        wanted.append(((family.dead[0],), family.usurped if usurped and family.usurped else family.dead[1]))
    try:
        return _cuts(task, here, given, wanted)
    except UnicodeEncodeError:
        return unwritable(task)


def _as_value(task: Task) -> str:
    return re.sub(r"[\s\[\]<>|{}\"]", lambda found: f"%{ord(found[0]):02X}", task.repair.uri_m)


def _cuts(
    task: Task, here: _Parameter, given: dict[str, _Parameter], wanted: list[tuple[tuple[str, ...], str]]
) -> list[Cut]:
    """Empty parameters are filled, missing ones added behind the URL's, in its own style of spacing."""
    added = b""
    cuts: list[Cut] = []
    for names, value in wanted:
        standing = next((given[name] for name in names if name in given), None)
        if standing is not None:
            if standing.value.of(task.data) != task.encoded(value):
                cuts.append(Cut(standing.value, task.encoded(value)))
            continue
        name = task.encoded(names[0])
        added += here.lead + b"|" + here.before_name + name + here.between + task.encoded(value)
    if added:
        cuts.append(Cut(Span(here.value.end, here.value.end), added))
    return sorted(cuts, key=lambda cut: cut.span.start)


_ENDS_PARAMETER = re.compile(rb"\s*(?:<!--.*?-->\s*)?(?:\||\}\})", re.S)
_BRACES = re.compile(rb"\{\{|\}\}|<!--.*?-->|<nowiki>.*?</nowiki>", re.S | re.I)
_INNER = re.compile(rb"\{\{|\}\}|\[\[|\]\]|\||<!--.*?-->|<nowiki>.*?</nowiki>", re.S | re.I)
_NAMED = re.compile(rb"(?P<before>\s*)(?P<name>[^=\s](?:[^=]*[^=\s])?)(?P<between>\s*=[ \t]*)(?P<value>.*)", re.S)


def _template_around(data: bytes, span: Span, encoding: str) -> _Template | None:
    """The innermost template whose braces enclose *span*; None if there is none."""
    opened: list[int] = []
    for brace in _BRACES.finditer(data):
        if brace[0] == b"{{":
            opened.append(brace.end())
        elif brace[0] == b"}}" and opened:
            start = opened.pop()
            if start <= span.start and span.end <= brace.start():
                return _read_template(data, start, brace.start(), codec_of(encoding))
            if not opened and brace.start() > span.end:
                return None
    return None


def _read_template(data: bytes, start: int, end: int, encoding: str) -> _Template:
    bars = _bars(data, start, end)
    ends = [*bars[1:], end]
    name = data[start : bars[0] if bars else end].decode(encoding, "replace")
    parameters = [_read_parameter(data, bar, stop, encoding) for bar, stop in zip(bars, ends, strict=False)]
    return _Template(
        re.sub(r"<!--.*?-->", "", name, flags=re.S).strip().lower(), tuple(item for item in parameters if item)
    )


def _bars(data: bytes, start: int, end: int) -> list[int]:
    depth = 0
    bars: list[int] = []
    for token in _INNER.finditer(data, start, end):
        if token[0] in (b"{{", b"[["):
            depth += 1
        elif token[0] in (b"}}", b"]]"):
            depth = max(0, depth - 1)
        elif token[0] == b"|" and depth == 0:
            bars.append(token.start())
    return bars


def _read_parameter(data: bytes, bar: int, stop: int, encoding: str) -> _Parameter | None:
    named = _NAMED.fullmatch(data, bar + 1, stop)
    if named is None:
        return None
    value = Span(named.start("value"), named.start("value") + len(named["value"].rstrip()))
    before_bar = data[max(0, bar - 40) : bar]
    lead = before_bar[len(before_bar.rstrip()) :]
    return _Parameter(
        name=named["name"].decode(encoding, "replace").lower(),
        lead=lead,
        before_name=named["before"],
        between=named["between"],
        value=value,
    )
