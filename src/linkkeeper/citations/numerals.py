"""How numbers of notes are written: in Roman numerals, in letters."""

_ROMAN = tuple(
    zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ["m", "cm", "d", "cd", "c", "xc", "l", "xl", "x", "ix", "v", "iv", "i"],
        strict=True,
    )
)


def roman(count: int) -> str:
    text = ""
    for value, letters in _ROMAN:
        text += letters * (count // value)
        count %= value
    return text


def repeated_letter(count: int) -> str:
    """Number by letters as Word does: a to z, then aa, bb …"""
    return chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)


def letters(count: int) -> str:
    """Number by letters as spreadsheets and wikis do: a to z, then aa, ab …"""
    text = ""
    while count > 0:
        count, rest = divmod(count - 1, 26)
        text = chr(ord("a") + rest) + text
    return text
