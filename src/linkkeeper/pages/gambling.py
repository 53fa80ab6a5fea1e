"""
Advertisements for games of chance, as they stand on lapsed domains that others took over.

An article on gambling names the games too; it does not praise them in its title,
nor in every other sentence.
"""

import re

from linkkeeper.pages.text import Page

_MOST_CHARACTERS = 6_000
_FEWEST_HITS = 6
_WORDS_FOR_A_HIT = 25

_GAMES = (
    r"casinos?\b|slots?\b|judi\b|togel|toto\b|bandar\b|poker|baccarat|roulette|sportsbook|betting|bahis|rulet|"
    r"สล็อต|คาสิโน|บาคาร่า|แทงบอล|หวย|nhà cái|nổ hũ|cá cược|bắn cá|tài xỉu|xổ số|казино|слоты|букмекер|ставки|"
    r"娱乐城|博彩|百家乐|"
    r"老虎机|体育投注|カジノ|スロット|카지노|토토|바카라|슬롯|sòng bạc|kasyno|automaty do gier|cassino|caça-níqueis|"
    r"apuestas|tragamonedas"
)
_PRAISE = (
    r"gacor|maxwin|terpercaya|gampang menang|link alternatif|daftar|rtp|scatter|bonus new member|deposit (?:pulsa|"
    r"dana|qris)|"
    r"best online|top \d+|no[- ]deposit|free spins?|welcome bonus|real money|payouts?|bonus codes?|deneme bonusu|"
    r"güncel giriş|freespin|"
    r"çevrim şartsız|güvenilir|siteleri|uy tín|đăng ký|khuyến mãi|link vào|trang chủ|เครดิตฟรี|เว็บตรง|แตกง่าย|"
    r"สมัคร|ฝากถอน|"
    r"зеркало|фриспин|бездепозитн|официальный сайт|играть на деньги|рабочее|бонус|官网|注册送|充值|下载app|入金|"
    r"ボーナス|"
    r"먹튀|추천|가입|쿠폰|bez depozytu|darmowe spiny|sem depósito|rodadas grátis|sin depósito|giros gratis"
)
_GAME = re.compile(rf"(?:{_GAMES})", re.IGNORECASE)
_PRAISED = re.compile(rf"(?:{_PRAISE})", re.IGNORECASE)


def gambling_words(page: Page) -> str | None:
    """The title of a page that does nothing but advertise games of chance; None for every other page."""
    if not (_GAME.search(page.title) and _PRAISED.search(page.title)):
        return None
    text = page.visible_text[:_MOST_CHARACTERS]
    games, praise = len(_GAME.findall(text)), len(_PRAISED.findall(text))
    words = max(1, min(page.word_count, len(text) // 5))
    dense = (games + praise) * _WORDS_FOR_A_HIT >= words
    return page.title if min(games, praise) * 2 >= _FEWEST_HITS and dense else None
