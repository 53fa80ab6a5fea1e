"""Elements and text runs of a parsed page: views of plain columns of numbers."""

from array import array
from collections.abc import Iterator, Sequence
from typing import overload


class Columns:
    """The places of all nodes, as plain numbers: an object for each would cost ten times the page."""

    __slots__ = ("_appends", "end", "inner", "inner_end", "parent", "start", "stop")

    def __init__(self) -> None:
        self.start, self.inner, self.inner_end, self.end, self.stop, self.parent = (array("I") for _ in range(6))
        columns = (self.start, self.inner, self.inner_end, self.end, self.stop, self.parent)
        self._appends = tuple(column.append for column in columns)

    def add(self, start: int, inner: int, end: int, stop: int, parent: int) -> None:
        add_start, add_inner, add_inner_end, add_end, add_stop, add_parent = self._appends
        add_start(start)
        add_inner(inner)
        add_inner_end(end)
        add_end(end)
        add_stop(stop)
        add_parent(parent)


class _Node:
    __slots__ = ("_at", "index")
    _at: Columns
    index: int

    @property
    def start(self) -> int:
        return self._at.start[self.index]

    @property
    def end(self) -> int:
        return self._at.end[self.index]


class Text(_Node):
    """A text run between two tags, entities as written; made when asked for."""

    __slots__ = ("_nodes",)

    def __init__(self, nodes: "Nodes", index: int) -> None:
        self._nodes, self._at, self.index = nodes, nodes.at, index

    @property
    def parent(self) -> "Element | None":
        above = self._at.parent[self.index]
        return self._nodes.elements[above - 1] if above else None


class Element(_Node):
    """
    An element; positions are characters of the decoded text.

    Attributes:
        start, inner, inner_end, end: Of the start tag's ``<``, the content,
            its end, and what follows the end tag (= *inner_end* if implied).
        index, stop: Its place in :attr:`linkkeeper.pages.markup.Markup.nodes`; descendants are
            ``nodes[index + 1 : stop]``.
    """

    __slots__ = ("name", "parent")

    def __init__(self, at: Columns, index: int, parent: "Element | None", name: str) -> None:
        self._at, self.index, self.parent, self.name = at, index, parent, name

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
        elements: The same, with None for each text run, for loops that can't
            afford to have them made.
    """

    __slots__ = ("at", "elements")

    def __init__(self, at: Columns, elements: list[Element | None]) -> None:
        self.at, self.elements = at, elements

    def __len__(self) -> int:
        return len(self.elements)

    @overload
    def __getitem__(self, index: int) -> Element | Text: ...

    @overload
    def __getitem__(self, index: slice) -> list[Element | Text]: ...

    def __getitem__(self, index: int | slice) -> Element | Text | list[Element | Text]:
        if isinstance(index, slice):
            return [self._one(place) for place in range(*index.indices(len(self.elements)))]
        return self._one(index if index >= 0 else index + len(self.elements))

    def _one(self, index: int) -> Element | Text:
        return self.elements[index] or Text(self, index)
