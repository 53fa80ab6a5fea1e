"""
What walls talk about, in many languages, and how much of a short page is about anything else.

Walls say the same few things in every language: they verify that the visitor
is a human and no robot, they name browser, cookies, address and request, they
ask to wait. A play that is called “Prove you are human” says something else in
its next sentence. So words make a wall only where hardly any other words are.
"""

import re

from linkkeeper.pages.marks import unquoted
from linkkeeper.pages.text import Page

_HUMANS = (
    r"human|mensch|humain|humano|humana|umano|\bmens\b|människa|menneske|człowiek|člověk|\bember\b|\b[iİ]nsan|"
    r"человек|людин|"
    r"άνθρωπο|真人|人間|사람|con người|manusia|إنسان|אנושי|\bom\b real"
)
_ROBOTS = (
    r"\b(?:ro)?bots?\b|robot|roboter|\bro?b[oôó]t?s?\b|ρομπότ|робот|机器人|機器人|ロボット|로봇|روبوت|רובוט|"
    r"หุ่นยนต์|automat|"
    r"αυτοματ|автомат|自動|自动|자동화"
)
_CHECKS = (
    r"verif|vérif|validat|überprüf|\bprüf|bestätig|beweis|confirm|comprueb|comprob|demuestr|check|control|contrôl|"
    r"kontrol|sprawdz|"
    r"potwierd|ověř|potvrď|ellenőr|igazol|doğrula|провер|подтвер|докаж|перевір|підтверд|επιβεβαι|ελέγ|验证|驗證|"
    r"确认|確認|"
    r"检查|검사|확인|인증|xác minh|verifikasi|pastikan|التحقق|تأكيد|لنتأكد|לאמת|לוודא|varmist|tarkist|bekräft|"
    r"bekreft|ensur|"
    r"make sure|making sure|prove|proving|know that|let us know|damit wir wissen|assur|accert|dimostr|ยืนยัน|ตรวจสอบ"
)
_ROBOT = re.compile(rf"(?:{_ROBOTS})", re.IGNORECASE)
_HUMAN_CHECK = re.compile(
    rf"(?:{_CHECKS})[^.!?。！？]{{0,70}}(?:{_HUMANS}|{_ROBOTS})|(?:{_HUMANS}|"
    rf"{_ROBOTS})[^.!?。！？]{{0,40}}(?:{_CHECKS})",
    re.IGNORECASE,
)
_NO_ROBOT = re.compile(
    r"(?:\bnot?\b|\bkein|\bpas\b|\bnon\b|\bnão\b|\bgeen\b|\binte\b|\bikke\b|\bnie\b|\bne|\bnem\b|\bet ole\b|değil|"
    r"\bне\b|不是|非|"
    rf"không phải|\bbukan\b|\bδεν\b)[^.!?]{{0,20}}(?:{_ROBOTS})|(?:{_ROBOTS})(?:で(?:は)?な|이? ?아[닌니님])",
    re.IGNORECASE,
)
_BROWSER_CHECK = re.compile(
    rf"(?:{_CHECKS})[^.!?。]{{0,40}}(?:browser|navigateur|navegador|prohlížeč|przeglądark|böngésző|selain|"
    rf"webbläsare|nettleser|"
    r"браузер|浏览器|ブラウザ|브라우저|tarayıcı|connection|verbindung|connexion|conexión|conexão|connessione)|"
    r"(?:unusual|ungewöhnlich|inhabitu|inusual|incomum|anomal|excessive|suspicious|verdächtig)[^.!?]{0,60}"
    r"(?:\bip\b|network|netzwerk|réseau|\bred\b|\brede\b|\brete\b)|(?:输入|輸入|填写)验证码|访问过于频繁",
    re.IGNORECASE,
)
#: Who is spoken to: an article on proofs of being human speaks of others.
_YOU = re.compile(
    r"\byou(?:r|'re)?\b|\b(?:sie|ihr(?:e[nrms]?)?|du|dein\w*)\b|\b(?:vous|votre|vos)\b|\b(?:usted|su|tu|eres|tú)\b|"
    r"\b(?:você|seu|sua|é um)\b|\b(?:sei|tuo|tua|tuoi|non essere|di essere)\b|\b(?:u|uw|je|jij|bent)\b|\b(?:du|din|"
    r"ditt|deg|dig)\b|"
    r"\b(?:jesteś|twoj\w*|twój)\b|\b(?:jste|nejste|váš|vaše\w*|jsi)\b|\b(?:ön|nem robot)\b|\b(?:et ole|olet|"
    r"selaintasi)\b|"
    r"\b(?:вы|ваш\w*|ви|ты)\b|\b(?:είστε|σας)\b|olduğunuz|\bsiz|您|你|あなた|お客様|귀하|당신|사람인지|로봇이|"
    r"\bbạn\b|\banda\b|أنك|لست|"
    r"שאתה|คุณ",
    re.IGNORECASE,
)
#: Words of walls, of which nearly every sentence of theirs holds one.
_TALK = re.compile(
    rf"{_HUMANS}|{_ROBOTS}|{_CHECKS}|captcha|javascript|cookie|browser|navigateur|navegador|prohlížeč|przeglądark|"
    r"böngésző|selain|webbläsare|nettleser|браузер|浏览器|ブラウザ|브라우저|tarayıcı|πρόγραμμα περιήγησης|متصفح|דפדפן|"
    r"security|secure|sécurité|sicherheit|seguridad|segurança|sicurezza|beveilig|säkerhet|sikkerhet|bezpiecze|bezpečn|"
    r"biztons|güvenli|безопасн|безпек|ασφάλ|安全|セキュリティ|보안|bảo mật|keamanan|أمان|אבטחה|firewall|\bwaf\b|ddos|"
    r"connection|verbindung|connexion|conexi|connession|verbinding|połączen|připojen|подключ|bağlant|連線|连接|接続|"
    r"연결|"
    r"\bip\b|\bvpn\b|proxy|network|netzwerk|réseau|rete\b|\brede?\b|сет[иь]|网络|ネットワーク|"
    r"\baccess|zugriff|accès|acceso|acesso|accesso|toegang|åtkomst|tilgang|dostęp|přístup|доступ|erişim|访问|訪問|"
    r"验证码|"
    r"アクセス|접근|truy cập|"
    r"block|gesperrt|bloqu|bloccat|geblokkeerd|blockera|zablokow|заблокир|engellen|拦截|阻断|ブロック|차단|denied|"
    r"refus|reject|verweiger|"
    r"abgelehnt|denegad|negad|negat|odmow|traffic|zugriffe|trafic|tráfico|tráfego|traffico|ruch|трафик|lưu lượng|"
    r"request|anfrage|"
    r"requête|solicitud|solicitação|richiest|verzoek|запрос|请求|リクエスト|요청|"
    r"second|sekund|segundo|moment|instant|wait|warten|warte|patient|attend|esper|aguard|attend|wacht|vänta|vent|"
    r"poczekaj|chwil|"
    r"vyčk|počk|várj|bekle|подожд|ждите|稍候|お待ち|기다려|vui lòng|mohon|odota|continu|proceed|fortfahr|fortsätt|"
    r"weiter|kontynu|"
    r"pokračov|folytat|devam|продолж|продовж|συνεχ|继续|続行|계속|tiếp tục|melanjut|reload|refresh|"
    r"ray id|incident|reference|referenz|référence|referencia|support|contact|kontakt|administrator|webmaster|site "
    r"owner|"
    r"error|fehler|erreur|powered|protect|schütz|protég|protezion|protec|ochron|ochran|защит|puzzle|challenge|loading|"
    r"suspicious|unusual|ungewöhnlich|inhabitu|inusual|anomal|automated|super-?human|performance|leistung|slide|"
    r"press|hold|enable|"
    r"disabled|activ|queue|\bline\b|institution|extension|blocker|plugin|thank|merci|danke|apolog|inconvenien|sorry|"
    r"désolé|disculp|entschuldig|log(?:ging)? in|\baccount\b|"
    r"user-agent|script|try (?:again|a different)|事件|管理员|网站",
    re.IGNORECASE,
)
#: Headings of refusals.
_DENIAL = re.compile(
    r"^\W*(?:error\W+)?(?:(?:access|request|connection|permission) (?:has been |was |is )?(?:denied|blocked|"
    r"rejected|refused)|"
    r"(?:(?:der )?zugriff|(?:ihre )?anfrage)(?: wurde| ist)? (?:verweigert|blockiert|gesperrt|abgelehnt)|"
    r"(?:l')?(?:accès|requête)(?: à cette page)?(?: a été| est)? (?:refusée?|bloquée?|interdite?)|vous avez été "
    r"bloqué|"
    r"(?:el )?(?:acceso|solicitud)(?: ha sido)? (?:denegad[oa]|bloquead[oa]|rechazad[oa])|(?:o )?acesso (?:foi "
    r")?(?:negado|bloqueado)|"
    r"(?:l')?accesso (?:è stato )?(?:negato|bloccato)|(?:de )?toegang (?:is )?(?:geweigerd|geblokkeerd)|åtkomst "
    r"(?:nekad|blockerad)|"
    r"(?:in)?gen adgang|ingen tilgang|odmowa dostępu|dostęp (?:zablokowany|zabroniony)|přístup (?:odepřen|zamítnut|"
    r"zablokován)|"
    r"hozzáférés megtagadva|acces (?:interzis|refuzat|blocat)|доступ (?:к сайту )?(?:запрещ[её]н|заблокирован|"
    r"ограничен)|"
    r"доступ (?:заборонено|обмежено)|erişim (?:engellendi|reddedildi)|访问(?:被拒绝|受限|被拦截)|拒绝访问|禁止访问|"
    r"アクセス(?:が|は)?(?:拒否|制限)|(?:접근|접속)이? ?(?:거부|차단)|truy cập bị (?:từ chối|chặn)|akses (?:ditolak|"
    r"diblokir)|"
    r"access to (?:this|the) \w+ (?:is|has been|was) (?:blocked|denied|restricted|refused)|(?:you|your ip(?: "
    r"address)?) (?:have|has) been (?:blocked|banned)|(?:vpn|proxy)(?: or (?:vpn|proxy))? detected)",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"denied|refused|rejected|\bblocked|abgelehnt|verweigert|gesperrt|blockiert|refusé|bloqué|rechazad|denegad|"
    r"bloquead|"
    r"negad[oa]|rifiutat|bloccat|negato|geweigerd|geblokkeerd|nekad|odrzucon|zablokowan|odmítnut|zablokován|"
    r"отклон[её]н|"
    r"заблокирован|拒绝|拦截|阻断|拒否|遮断|차단|거부",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"\b(?:support|incident|event|block|case|request|reference|ray|referenz|référence|referencia|riferimento|"
    r"tracking|message|"
    r"trace|error)[-\s]*(?:id|nummer|number|no\.?|code|#)\W{0,4}(?:is:? |lautet:? )?[#(]?(?=[\w.-]*\d)[\w.-]{4,}|"
    r"support-id[^.!?]{0,40}\b\d{8,}",
    re.IGNORECASE,
)
_TOOLS = re.compile(
    r"automation tools|automatisierungstools|outils d['’]automatisation|herramientas de automatización|"
    r"strumenti di automazione|ferramentas de automação|narzędzi do automatyzacji|средства автоматизации|自动化工具|"
    r"自動化ツール",
    re.IGNORECASE,
)
_TECHNICAL = re.compile(
    rf"\bip\b|{_ROBOTS}|browser|cookie|javascript|security|sicherheit|sécurité|seguridad|segurança|sicurezza|"
    rf"безопасн|webmaster|"
    r"administrator|firewall|安全",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?。！？…:])\s+|(?<=[。！？])")
_MOST_WORDS = 120
_MOST_CHARACTERS = 4_000
_REST_SHARE = 0.34
_REST_WORDS = 4


def human_check(text: str) -> str | None:
    """The words that ask *you* to prove that you are no robot; None where nobody is asked."""
    for sentence in _SENTENCE_END.split(text):
        match = _HUMAN_CHECK.search(sentence)
        if match and (_YOU.search(sentence) or _NO_ROBOT.search(sentence)):
            return match.group(0)
    return None


def refusal(page: Page) -> str | None:
    """The words of an answer that was a refusal by its status and tells by whom or why; None for a bare one."""
    if denied := _denial(page):
        return denied
    text = page.visible_text[:_MOST_CHARACTERS]
    match = _HUMAN_CHECK.search(text) or _TOOLS.search(text)
    if match is None and page.word_count < _MOST_WORDS:
        match = _ROBOT.search(text) or _BROWSER_CHECK.search(text)
    return match.group(0) if match else None


def wall_talk(page: Page) -> str | None:
    """The words that make a page with hardly any other words a wall, whatever its status."""
    if page.word_count >= _MOST_WORDS or page.text_fields >= 2:
        return None
    text = unquoted(page.visible_text[:_MOST_CHARACTERS].replace("’", "'"))
    said = human_check(text)
    if said is None and (match := _TOOLS.search(text) or _BROWSER_CHECK.search(text)):
        said = match.group(0)
    if said is None and (match := _REFUSED.search(text)) and (number := _NUMBERED.search(text)):
        said = f"{match.group(0)} … {number.group(0)}"
    if said is None and (denied := _denial(page)) and _TECHNICAL.search(text):
        said = denied
    return said if said and not talks_of_else(page) else None


def _denial(page: Page) -> str | None:
    matches = (_DENIAL.match(text) for text in (page.title, *page.headings[:3], *page.lines[:3]))
    return next((match.group(0).strip() for match in matches if match), None)


def talks_of_else(page: Page) -> bool:
    """Whether a good part of the page has nothing to do with walls."""
    sentences = _sentences(page)
    words = sum(count for count, _ in sentences)
    rest = sum(count for count, talk in sentences if not talk)
    return rest > _REST_WORDS and rest > words * _REST_SHARE


def _sentences(page: Page) -> list[tuple[int, bool]]:
    text = page.main_text[:_MOST_CHARACTERS]
    for heading in page.headings[:3]:
        text = text.replace(heading, f" . {heading} . ", 1)
    parts = (part for part in _SENTENCE_END.split(text) if part.strip(" ."))
    return [(_weight(part), _TALK.search(part) is not None) for part in parts]


def _weight(sentence: str) -> int:
    """Words; of scripts without spaces a word for every two characters."""
    return len(sentence.split()) if sentence.isascii() else max(len(sentence.split()), len(sentence) // 6)
