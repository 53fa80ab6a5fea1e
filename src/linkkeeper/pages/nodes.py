"""Elements and text runs of a parsed page: views, made when asked for, of plain columns."""

from array import array
from collections.abc import Iterator, Sequence
from typing import overload


class Columns:
    """
    The places of all nodes: an object for each would cost ten times the page.

    Attributes:
        name: Of an element, lower case; None for a text run.
        parent: The index of the element around a node plus one; 0 at the top.
    """

    __slots__ = ("_appends", "end", "inner", "inner_end", "name", "parent", "start", "stop")

    def __init__(self) -> None:
        self.name: list[str | None] = []
        self.start, self.inner, self.inner_end, self.end, self.stop, self.parent = (array("I") for _ in range(6))
        columns = (self.start, self.inner, self.inner_end, self.end, self.stop, self.parent)
        self._appends = tuple(column.append for column in columns)

    def add(self, name: str | None, start: int, inner: int, end: int, parent: int) -> None:
        """Append a node that nothing lies in, so far."""
        add_start, add_inner, add_inner_end, add_end, add_stop, add_parent = self._appends
        names = self.name
        names.append(name)
        add_start(start)
        add_inner(inner)
        add_inner_end(end)
        add_end(end)
        add_stop(len(names))
        add_parent(parent)


class _Node:
    __slots__ = ("_at", "index")

    def __init__(self, at: Columns, index: int) -> None:
        self._at, self.index = at, index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Node) and self.index == other.index and self._at is other._at

    def __hash__(self) -> int:
        return hash(self.index)

    @property
    def start(self) -> int:
        return self._at.start[self.index]

    @property
    def end(self) -> int:
        return self._at.end[self.index]

    @property
    def parent(self) -> "Element | None":
        above = self._at.parent[self.index]
        return Element(self._at, above - 1) if above else None


class Text(_Node):
    """A text run between two tags, entities as written."""

    __slots__ = ()


class Element(_Node):
    """
    An element; positions are characters of the decoded text.

    Attributes:
        name: Lower case.
        start, inner, inner_end, end: Of the start tag's ``<``, the content,
            its end, and what follows the end tag (= *inner_end* if implied).
        index, stop: Its place in :attr:`linkkeeper.pages.markup.Markup.nodes`; descendants are
            ``nodes[index + 1 : stop]``.
    """

    __slots__ = ("name",)

    def __init__(self, at: Columns, index: int) -> None:
        self._at, self.index, self.name = at, index, at.name[index] or ""

    @property
    def inner(self) -> int:
        return self._at.inner[self.index]

    @property
    def inner_end(self) -> int:
        return self._at.inner_end[self.index]

    @property
    def stop(self) -> int:
        return self._at.stop[self.index]

    @property
    def attributes_start(self) -> int:
        """Where its attributes stand, or would."""
        return self._at.start[self.index] + 1 + len(self.name)

    @property
    def has_attributes(self) -> bool:
        at, index = self._at, self.index
        return at.inner[index] - at.start[index] > len(self.name) + 3

    def ancestors(self) -> Iterator["Element"]:
        """The parent, its parent and so on; itself is left out."""
        element = self.parent
        while element is not None:
            yield element
            element = element.parent

    def holds(self, other: "Element | Text") -> bool:
        """Tell whether *other* is this element or lies in it."""
        return self.index <= other.index < self.stop


class Nodes(Sequence[Element | Text]):
    """
    Elements and text runs in the order of the source.

    Attributes:
        names: Of the elements; None for each text run. For loops that can't
            afford to have all nodes made.
    """

    __slots__ = ("_at", "names")

    def __init__(self, at: Columns) -> None:
        self._at, self.names = at, at.name

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, index: int) -> Element | Text: ...

    @overload
    def __getitem__(self, index: slice) -> list[Element | Text]: ...

    def __getitem__(self, index: int | slice) -> Element | Text | list[Element | Text]:
        if isinstance(index, slice):
            return [self._one(place) for place in range(*index.indices(len(self.names)))]
        return self._one(index if index >= 0 else index + len(self.names))

    def __iter__(self) -> Iterator[Element | Text]:
        at = self._at
        for index, name in enumerate(self.names):
            yield Text(at, index) if name is None else Element(at, index)

    def _one(self, index: int) -> Element | Text:
        return Text(self._at, index) if self.names[index] is None else Element(self._at, index)

    def element(self, index: int) -> Element | None:
        """Return the element at *index*; None where a text run stands there, or where it is -1."""
        return None if index < 0 or self.names[index] is None else Element(self._at, index)

    def known(self, index: int) -> Element:
        """Return the element at *index*, where one is known to stand."""
        return Element(self._at, index)

    def elements(self, first: int = 0, stop: int | None = None) -> Iterator[Element]:
        """Yield the elements from *first* to before *stop*, in order."""
        at = self._at
        for index, name in enumerate(self.names[first:stop] if first or stop is not None else self.names, first):
            if name is not None:
                yield Element(at, index)
