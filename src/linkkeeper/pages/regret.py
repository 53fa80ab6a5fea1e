"""
Sentences that say that a page is not there, and nothing else.

Error pages say it in endless turns, but with few words: a page, its absence,
and the small words between. So a sentence counts if it names a page and its
absence and holds no word that is not of this vocabulary: “The page you were
after could not be located” does, “Genes not found in the reference genome”
does not.
"""

import re
from functools import lru_cache

_MOST_WORDS = 34
_FEWEST_WORDS = 2
_SENTENCE_WORDS = 5
_OTHER_WORDS = 3
_OTHER_SHARE = 0.3
#: Letters without a space, as in Chinese and Japanese sentences.
_LONG_RUN = 12
_WORD = re.compile(r"[^\W\d_]+")
_FOREIGN_PLACE = re.compile(r"(?:https?://|www\.|/)\S+|\b(?:[\w-]{1,63}\.){1,4}[a-z]{2,8}\b")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Pages by their names.
_PAGES = _words(
    "page pages webpage article articles content contents document documents url story post "
    "publication "
    "website resource entry record "
    "seite seiten webseite artikel beitrag inhalt inhalte dokument url meldung publikation "
    "page article contenu document url publication "
    "página pagina artículo contenido documento noticia publicación pàgina "
    "artigo conteúdo notícia "
    "articolo contenuto notizia pagina documento "
    "pagina artikel inhoud document bericht "
    "sidan sida artikeln innehållet dokumentet adressen länken siden side artikelen innholdet dokumentet artiklen "
    "indholdet "
    "sivu sivua sivun artikkeli artikkelia sisältö sisältöä dokumenttia osoitetta "
    "strona strony stronę artykuł artykułu treść treści dokument dokumentu materiał "
    "stránka stránku stránky článek článok obsah dokument adresa "
    "oldal oldalt cikk cikket tartalom dokumentum cím "
    "pagina articolul conținutul documentul adresa "
    "страница страницу страницы страниц статья статью материал материала документ новость адрес контент публикация "
    "запись ссылка "
    "сторінка сторінку сторінки стаття статтю матеріал документ адреса "
    "страницата статията сайта стрaница stranica stranicu stranice članak sadržaj stran strani "
    "sayfa sayfayı sayfanın içerik içeriği haber belge bağlantı "
    "σελίδα σελίδας άρθρο περιεχόμενο έγγραφο "
    "trang bài viết nội dung liên kết halaman artikel konten dokumen tautan"
)
#: What a living page tells of as well: counts only where hardly another word is said.
_ITEMS = _words(
    "site job vacancy position event dataset product offer course item listing project identifier item "
    "stelle stellenangebot veranstaltung angebot produkt événement offre produit emploi evento oferta producto "
    "annuncio "
    "vacature evenement wydarzenie oferta объявление вакансия мероприятие ilan"
)
_NOT = _words(
    "unable not no cannot t never nothing nicht kein keine nichts pas plus aucun aucune ne n no nunca ningún "
    "ninguna non "
    "nessun nessuna "
    "não nenhum nenhuma niet geen niets inte ingen inga ikke ei eivät et nie brak ne nebyla nebyl nelze nepodařilo "
    "není nie nem nincs "
    "nu не нет нету ні немає няма nije ni yok değil δεν không tidak tak"
)
#: With one of the above they say that it is not there.
_PRESENT = _words(
    "found find here located locate exist existed exists available open valid recognised recognized there reach "
    "correspond match online "
    "gefunden finden vorhanden verfügbar erreichbar auffindbar abrufbar existiert hier "
    "trouvée trouvé trouver trouvons disponible existe ligne correspond "
    "encontrada encontrado encontramos encontrar encuentra existe disponible accesible encontrarse "
    "encontrámos localizar localizada disponível acessível "
    "trovata trovato trovare trova esiste disponibile raggiungibile presente "
    "gevonden vinden beschikbaar bestaat online hittades hittar hitta hittats finns tillgänglig "
    "fundet findes finde fant funnet finner finne finnes eksisterer tilgængelig tilgjengelig "
    "löydy löytynyt löytyvissä ole olemassa saatavilla "
    "znaleziono znaleźliśmy znaleziona znaleźć istnieje odnaleziona dostępna dostępny ma "
    "nalezena najít nenalezena existuje neexistuje dostupná nájsť nájdená k dispozici "
    "található találjuk találtuk elérhető létezik "
    "găsită găsit găsi există disponibil disponibilă "
    "найдена найден найдено найти существует доступна доступен доступно "
    "знайдено знайдена знайти існує доступна "
    "намерена съществува pronađena pronađen postoji mogoče najti najdena obstaja "
    "bulunamadı bulamadık bulunmuyor mevcut yok "
    "βρέθηκε υπάρχει βρούμε διαθέσιμη "
    "tìm thấy tồn tại ditemukan tersedia ada"
)
_ABSENT = _words(
    "deprecated archived missing gone removed deleted withdrawn unavailable nonexistent expired decommissioned "
    "retired closed invalid "
    "lost astray "
    "gelöscht entfernt gelöschte depubliziert zurückgezogen abgelaufen unauffindbar "
    "introuvable supprimée supprimé retirée retiré inexistante indisponible "
    "eliminada eliminado retirado retirada borrada caducado inexistente removida removido excluída excluído apagada "
    "indisponível "
    "rimossa rimosso eliminata eliminato inesistente impossibile "
    "verwijderd verdwenen borttagen tagits raderats slettet fjernet poistettu usunięta usunięty usunięte "
    "smazána smazaná odstraněna zrušena odstránená törölték eltávolították ștearsă eliminată ștears "
    "удалена удалён удален удалено удалили видалена видалено изтрита uklonjena obrisana odstranjena "
    "kaldırılmış silinmiş нет нету немає kaldırıldı silindi bulunamadı bulamadık καταργηθεί διαγραφεί dihapus xóa "
    "neexistuje nenalezena"
)
_VERBS = _words(
    "is was were are be been has have had can could may might does do did seems appears looks isn wasn doesn couldn "
    "don hasn aren "
    "found find exists existed exist broken "
    "ist sind war wurde wurden worden werden konnte konnten kann hat haben existiert gibt steht "
    "est sont été a ont existe semble peut avons trouvons n "
    "es está están fue ha sido han hemos existe encuentra puede podido encontramos pudimos "
    "é foi está existe encontramos encontrámos pode pôde "
    "è stata stato esiste può sono stai abbiamo trovare "
    "is kon kan zijn bestaat werd wordt kunnen har kan kunde finns hittades blev ble findes fant finner hittar "
    "finnes kunne "
    "ole löydy löytynyt on olemassa została został istnieje ma można mogła mogło zostać znaleźliśmy znaleziono nie "
    "je byla byl nebyla neexistuje podařilo nepodařilo může existuje není található van "
    "este fost există poate mai была был удалена удалён удален удалено существует найдена найден найдено нет нету "
    "было існує немає "
    "знайдено не postoji pronađena mogoče bilo bulunamadı bulamadık olabilir değil mevcut βρέθηκε υπάρχει έχει "
    "không tidak đã bị mungkin telah"
)
_SMALL = _words(
    "address file adresse datei fichier dirección archivo endereço arquivo indirizzo adres link lien enlace "
    "use using menu navigation browse sitemap map index contact report visit start top topics overview latest news "
    "homepage "
    "begin beginning returned automatically redirected seconds site's help support team know let feel free e "
    "benutzen nutzen verwenden suche suchfunktion inhaltsübersicht übersicht navigation startseite zurück gehen "
    "gelangen menü "
    "besuchen versuchen oben probieren hilfe uns webseite homepage kehren gern gerne weiter verwenden oder unserer "
    "retrouvez utilisez utiliser recherche accueil retour retourner menu rubrique rubriques toute l'actualité "
    "actualité moteur "
    "revenir plan invitons visiter cliquez ici "
    "utilice use utiliza utilizar buscador búsqueda portada invitamos visitar volver vuelva menú navegación inicio "
    "página pruebe aquí "
    "utilize usar busca página inicial voltar volte menu navegue tente aqui início "
    "torna tornare usa utilizza utilizzare ricerca cerca home prova menu iniziale pagina motore qui "
    "gebruik gebruikt zoekfunctie ga naar homepage menu terug keer hoofdpagina zoeken klik hier "
    "använd sök sökfunktionen gå startsidan tillbaka menyn prova klicka brug søgefeltet forsiden tilbage bruk søk "
    "forsiden tilbake "
    "käytä hakua etusivulle siirry palaa "
    "skorzystaj wyszukiwarki wróć strona główna głównej przejdź menu użyj spróbuj "
    "použijte vyhledávání vraťte úvodní hlavní stranu zkuste pokračujte "
    "használja keresőt vissza főoldalra kezdőlapra térjen "
    "folosiți căutarea întoarceți înapoi prima "
    "воспользуйтесь поиском вернитесь вернуться перейдите главную страницу начните главной меню попробуйте "
    "скористайтеся пошуком поверніться головну "
    "ana sayfaya dön dönün arama kullanın deneyin menüden "
    "αναζήτηση αρχική επιστροφή χρησιμοποιήστε "
    "quay lại trang chủ kembali ke beranda gunakan pencarian "
    "the a an this that these those it its you your we our us i and or but of for to in on at by from with as if so "
    "now then "
    "here there what which who when where page's re ve ll s m d were was been being be longer anymore any more all "
    "some ever yet just "
    "only still also maybe perhaps probably likely might may requested request looking look searching search "
    "searched after trying "
    "tried try wanted want need reach access view open see get got followed follow following clicked typed entered "
    "try seem "
    "seemed sorry oops ooops whoops uh oh hmm hm unfortunately apologies apologize apologise ups hey well actually "
    "moved renamed "
    "changed temporarily permanently already taken down offline relocated outdated incorrect wrong mistyped "
    "misspelled old new broken "
    "error code status http nothing something high low everywhere hit dead end first place publisher author library "
    "during move mail email copy go previous permission permissions repository file address unable deprecated "
    "archived catalogue catalog went doi verify again head office "
    "unable deprecated archived catalogue catalog holiday fishing went look looks locate doi verify again head "
    "server our website site web online system database portal archive home homepage back please check "
    "der die das den dem des ein eine einen diese dieser dieses diesen sie ihr ihre ihnen wir uns unsere unser "
    "unserer auf in im "
    "an am bei zu zum zur von vom und oder aber leider entschuldigung mehr länger möglicherweise vielleicht "
    "eventuell umgezogen "
    "verschoben umbenannt gewünschte gesuchte angeforderte angegebene aufgerufene aufgerufenen gewünschten "
    "gesuchten gesucht suchen "
    "sucht wollten aufrufen hoppla ups huch oh schade nach unter wurde dauerhaft zeit zur verfügung etwas "
    "schiefgelaufen "
    "dass fehler falsch veraltet server adresse datei da wohl verloren gegangen aufgerufene ihrem ihren ihrer von "
    "gewünschtes "
    "le la les l un une des du de d ce cet cette ces vous votre vos nous notre nos que qui qu s est sur dans en à "
    "au aux par et ou mais "
    "oups désolé désolée désolés malheureusement peut être plus cherchez recherchez demandez demandée demandé "
    "recherchée recherché "
    "avez souhaitez consulter accéder déplacée déplacé renommée elle il erreur sommes pas tentez essayez encore ou "
    "site serveur "
    "el la los las lo un una este esta estos esa ese su sus tu usted nos nuestro nuestra que de del en a al por y o "
    "pero ups oops vaya "
    "sentimos lamentablemente disculpe perdón buscas busca buscando está estás solicitada solicitado solicita "
    "intenta acceder ver ya se "
    "más quizás movida movido cambiado ha haya sido puede parece servidor sitio error te le "
    "o os as um uma uns esta este esse essa você seu sua nós nosso que de do da dos das em no na por e ou mas ops "
    "opa desculpe "
    "infelizmente lamentamos procura procurando solicitada solicitado tentou acessar já mais talvez movida movido "
    "foi ter sido erro servidor "
    "il lo la i gli le l un uno una questo questa questi che di del della dello dei in nel nella da per e o ma ops "
    "oops spiacenti "
    "siamo purtroppo mi dispiace scusa cercando cerchi cerca richiesta richiesto ricerca hai più forse spostata "
    "spostato potrebbe "
    "essere è non errore server sito si con tentando accedere sul presente articolo "
    "de het een deze dit die u uw je jij we wij ons onze dat van in op bij naar voor en of maar helaas oeps sorry "
    "meer langer misschien "
    "gevraagde opgevraagde zoekt zocht zoek probeert bezoeken verplaatst hernoemd is zijn kunnen fout er te worden "
    "den det de en ett denna detta du dig din vi vår som på i till från och eller men tyvärr hoppsan oj ledsen "
    "beklager desværre dessverre "
    "ups oi længre lenger längre kanske måske kanskje flyttats flyttet söker letar leter leder efter etter lette "
    "ser søker söka begärda "
    "forespurte er at å har blitt blivit kan være vara ha eller du der som vi for "
    "hups oho valitettavasti pahoittelut etsimäsi etsimääsi hakemasi hakemaasi pyytämääsi pyydettyä enää tai se on "
    "ehkä siirretty saatettu "
    "poistettu tämä tätä sitä "
    "podanym podanego adresie adresem serwerze "
    "försökte nå länken webbplatsen "
    "omlouváme tomto webu webové požadovaný "
    "запрошенный запрашиваемый сервере сайте "
    "ulaşmaya çalıştığınız "
    "ups oj niestety przepraszamy przykro nam ta tej ten tego tę której którego szukasz szukana szukanej żądana "
    "żądanej poszukujesz już lub "
    "albo być może mogła została zostać przeniesiona przeniesiony pod tym tym adresem w na z do i a ale takiej taka "
    "się "
    "nam błąd "
    "tato tuto táto této tohle stránku kterou hledáte hľadáte hledaná požadovaná požadovanou už již nebo možná "
    "mohla byla přesunuta se jejda "
    "omlouváme bohužel litujeme na v pod a ale adrese zadané "
    "a az ez sajnos sajnáljuk keresett kért már nem és vagy de lehet hogy áthelyezték elnézést "
    "ne pare rău scuze această acest pagina căutată căutați cautati solicitată pe care o nu mai sau a fi fost "
    "mutată vă "
    "к сожалению извините простите увы упс ой запрашиваемая запрошенная запрашиваемой данная такая такой эта этой "
    "этот вы ищете искали "
    "которую которой который или и но больше уже возможно перемещена переехала по другому адресу на в с у нас ее её "
    "его она оно ошибка "
    "на жаль вибачте така такої ця цієї яку ви шукаєте шукали або та але більше вже можливо переміщена за цією "
    "адресою помилка "
    "за съжаление съжаляваме която търсите тази не е nažalost žao nam je tražena koju tražite ova ova više ili žal "
    "iskana ki jo iščete "
    "üzgünüz maalesef ne yazık ki aradığınız ulaşmak istediğiniz istediğiniz bu artık veya ya da taşınmış olabilir "
    "hata bir "
    "λυπούμαστε δυστυχώς συγγνώμη η το που ζητήσατε αναζητάτε ψάχνετε ή και να έχει μετακινηθεί αυτή σας δεν "
    "rất tiếc xin lỗi bạn tìm kiếm đang yêu cầu này hoặc đã có thể được di chuyển "
    "maaf mohon oops yang anda cari diminta ini atau sudah lagi mungkin telah dipindahkan kami"
)
#: Said of what a visitor wanted: hardly any other page says so.
_WANTED = _words(
    "requested looking searching after angeforderte angeforderten gesuchte gesuchten aufgerufene aufgerufenen "
    "gewünschte gewünschten "
    "demandée demandé recherchée recherché cherchez recherchez solicitada solicitado buscas buscando busca intenta "
    "procura procurando "
    "richiesta richiesto cercando cerchi cercata gevraagde opgevraagde zoekt zoek söker letar försökte leter leder "
    "søger lette begärda "
    "etsimäsi etsimääsi hakemasi hakemaasi pyytämääsi szukasz szukana szukanej żądana żądanej hledáte hľadáte "
    "požadovaná požadovanou "
    "keresett kért căutată căutați solicitată запрашиваемая запрошенная запрошенный запрашиваемый запрошенной ищете "
    "искали шукаєте "
    "шукали запитувана aradığınız ulaşmaya istediğiniz ζητήσατε αναζητάτε ψάχνετε tražena tražite iščete търсите "
    "cari diminta"
)
_ALL = _WANTED | _PAGES | _ITEMS | _NOT | _PRESENT | _ABSENT | _VERBS | _SMALL

#: Scripts without spaces, and those that bend each word: a page and its absence, with little between and beside.
_OTHERS = re.compile(
    r"^\W*.{0,14}?(?:"
    r"(?:页面?|网页|頁面?|網頁|文章|内容|內容|地址|链接|連結|文件|资源|新闻|帖子|稿件)[^。]{0,12}(?:不存在|找不到|"
    r"未找到|没有找到|無法找到|无法找到|"
    r"已?被?[^。]{0,4}(?:删除|移除|刪除|下线|撤稿)|失效|走丢|不见了)|(?:找不到|未找到|没有找到|無法找到|"
    r"无法找到)[^。]{0,12}(?:页面|网页|頁面|網頁|文章|内容|內容)|"
    r"(?:ページ|記事|ファイル|コンテンツ|文書|URL)(?:は|が|を)?[^。]{0,18}(?:見つかり(?:ません|ませんでした)|"
    r"見当たりません|存在しません|存在しない|"
    r"削除され|掲載を?終了|公開を?終了|ございません|ご覧いただけません)|"
    r"(?:페이지|기사|게시물|게시글|문서|콘텐츠)[^.]{0,14}(?:찾을 수 없|존재하지 않|삭제되|없습니다)|"
    r"(?:삭제되었거나|존재하지 않는|찾을 수 없는|삭제된)[^.]{0,14}(?:페이지|기사|게시물|게시글|문서|콘텐츠)|"
    r"(?:ال)?(?:صفحة|مقال|محتوى|رابط)[^.،]{0,32}(?:غير موجود|لا يوجد|لا توجد|تم حذف|محذوف|غير متاح|غير متوفر)|"
    r"(?:لم (?:يتم العثور|نتمكن من العثور|نعثر))[^.،]{0,20}(?:صفحة|مقال|محتوى)|"
    r"(?:ה?)(?:דף|עמוד|כתבה|תוכן|מסמך)[^.,]{0,28}(?:לא נמצא|לא קיי|אינו קיים|אינה קיימת|הוסר|נמחק|לא זמין)|"
    r"صفحه[^.،]{0,28}(?:یافت نشد|پیدا نشد|وجود ندارد|حذف شده)|"
    r"(?:หน้า|บทความ|เนื้อหา)[^.]{0,24}(?:ไม่พบ|ไม่มี|ถูกลบ)|ไม่พบ(?:หน้า|บทความ|เนื้อหา)|"
    r"(?:पृष्ठ|पेज|लेख|सामग्री)[^.।]{0,28}(?:नहीं मिला|नहीं मिली|मौजूद नहीं|हटा दि|उपलब्ध नहीं)"
    r").{0,24}$"
)
#: What error pages in scripts without spaces name in nearly every sentence.
_PLACES = re.compile(
    r"ページ|記事|サイト|アドレス|トップ|削除|移動|掲載|検索|页面|网页|頁面|網頁|首页|首頁|返回|链接|連結|删除|刪除|"
    r"移除|地址|搜索|페이지|기사|"
    r"게시물|주소|검색|삭제|หน้า|صفح|رابط|דף|עמוד|पृष्ठ|पेज"
)
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
#: Hebrew, Arabic, Indic scripts and Korean, whose words no list here holds.
_BENT = re.compile("[\u0590-\u0dff\uac00-\ud7af]")
_STOPS = re.compile(r"[.!?;:。！？]+(?:\s|$)|[。！？]|\s[—–|·»]\s")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|[—–|·]")


@lru_cache(maxsize=512)
def says_missing(text: str) -> bool:
    """Whether a sentence of *text* says that the page is not there, and nothing else."""
    if _OTHERS.match(text):
        return True
    return any(_says(sentence, _PAGES) for sentence in _sentences(text))


@lru_cache(maxsize=512)
def says_item_missing(text: str) -> bool:
    """The same of a thing that the page may only tell of: a job, a product."""
    return any(_says(sentence, _ITEMS) for sentence in _sentences(text))


def other_words(text: str) -> int:
    """How many words of *text* are none of an error page's."""
    return sum(word not in _ALL for word in _WORD.findall(text.lower()))


def tells_of_else(text: str) -> bool:
    """Whether a sentence of *text* is about something else than a page that is not there."""
    return any(map(_is_of_else, _STOPS.split(_FOREIGN_PLACE.sub(" ", text))))


def _is_of_else(sentence: str) -> bool:
    words = _WORD.findall(sentence.lower())
    if not sentence.isascii():
        if max(map(len, words), default=0) >= _LONG_RUN and _UNSPACED.search(sentence):
            talk = len(_PLACES.findall(sentence)) * _LONG_RUN
            return talk < len(sentence) and not _OTHERS.match(sentence.strip())
        if _BENT.search(sentence):
            return len(words) >= 2 * _SENTENCE_WORDS and not _PLACES.search(sentence)
    others = sum(word not in _ALL for word in words)
    return len(words) >= _SENTENCE_WORDS and others >= _OTHER_WORDS and others >= _OTHER_SHARE * len(words)


def _sentences(text: str) -> list[str]:
    return _SENTENCE_END.split(text.replace("’", "'"))


def _says(sentence: str, things: frozenset[str]) -> bool:
    words = _WORD.findall(_FOREIGN_PLACE.sub(" ", sentence.lower()))
    if sentence.rstrip().endswith("?") or not _FEWEST_WORDS <= len(words) <= _MOST_WORDS:
        return False
    others = sum(word not in _ALL for word in words)
    if others > (len(words) // 4 if _WANTED.intersection(words) else 0):
        return False
    held = frozenset(words)
    absent = held & _ABSENT or (held & _NOT and held & _PRESENT)
    return bool(absent and held & things and held & _VERBS)
