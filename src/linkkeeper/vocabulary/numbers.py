"""Numbers that others wrote: a header, an attribute, a mark."""

_LONGEST = 18


def whole_number(text: str) -> int | None:
    """
    Read a number of one to eighteen ASCII digits; None for everything else.

    ``str.isdigit`` is no guard for ``int``: it lets "²" pass, which ``int`` refuses, and so
    it does with more than 4,300 digits.
    """
    return int(text) if len(text) <= _LONGEST and text.isascii() and text.isdigit() else None
