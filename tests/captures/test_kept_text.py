"""A page's text is met again in what was made of it, whatever its script and the way the print breaks it."""

from collections.abc import Callable

import pytest

from linkkeeper.captures.kept_text import KeptText

ENGLISH = "The committee published its findings on the reform of the flood insurance scheme on Tuesday."
CHINESE = "研究人员在周二发布的报告中表示，全球气温上升的速度快于此前的预测，这将对沿海城市产生重大影响。"
VIETNAMESE = "Các nhà nghiên cứu cho biết nhiệt độ toàn cầu đang tăng nhanh hơn dự đoán."
HEBREW = "חוקרים אמרו בדוח שפורסם ביום שלישי כי הטמפרטורות העולמיות עולות מהר יותר"


def wrapped(text: str) -> str:
    return "\n".join(text[at : at + 13] for at in range(0, len(text), 13))


def split_at_marks(text: str) -> str:
    """As a print comes back whose marked letters are of another font."""
    return "".join(f" {letter} " if ord(letter) > 127 else letter for letter in text)


def lines_turned(text: str) -> str:
    return " ".join(reversed(text.split()))


@pytest.mark.parametrize(
    ("text", "as_printed"),
    [
        (ENGLISH, wrapped),
        (ENGLISH.replace("findings", "first findings"), lambda text: text.replace("fi", "\ufb01")),
        (ENGLISH, str.upper),
        (CHINESE, wrapped),
        (VIETNAMESE, split_at_marks),
        (HEBREW, lines_turned),
    ],
)
def test_a_print_of_the_text_has_it(text: str, as_printed: Callable[[str], str]) -> None:
    kept = KeptText(text)
    kept.meet(as_printed(text))
    assert (kept.share or 0) > 0.9


def test_pieces_add_up() -> None:
    kept = KeptText(ENGLISH)
    kept.meet(ENGLISH[:45])
    half = kept.share
    kept.meet(ENGLISH[40:])
    assert half is not None
    assert 0.3 < half < 0.7
    assert kept.share == 1


@pytest.mark.parametrize("text", [ENGLISH, CHINESE, VIETNAMESE, HEBREW])
def test_another_text_or_boxes_for_letters_have_little_of_it(text: str) -> None:
    for other in (ENGLISH, CHINESE, VIETNAMESE, HEBREW, "\ufffd" * 400, ""):
        kept = KeptText(text)
        kept.meet(other if other != text else "")
        assert (kept.share or 0) < 0.2


def test_a_few_letters_tell_nothing() -> None:
    assert KeptText("Photo 1 of 12").share is None
