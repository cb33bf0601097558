"""Regular expressions for identifying details in a message, the library's own; recognizers.py applies them.

Names are hardest: there is no trained name recognizer here, so they are found by the words before them, or by a
capitalised Hong Kong family name. Expressions are for the `regex` package (lookbehind of any length). Where preceding
words say what something is, the group `told` is the part to redact. Every repetition is bounded, so that matching
takes time linear in the length of the text.
"""

from __future__ import annotations

import re


def _any(words: str) -> str:
    """Return an alternation of space-separated words; an underscore stands for a space."""
    return "(?:" + "|".join(re.escape(each).replace("_", r"\s") for each in words.split()) + ")"


# Numbers. A label before one makes it certain; bare ones have a distinctive form.
_GAP = r"[\s:#=(.-]{0,4}"
_IS = rf"{_GAP}(?:\b(?:is|was|are)\b{_GAP})?"
STUDENT_TOLD = (
    rf"\b(?:(?:student|stud|stu)[\s-]?(?:card[\s-]?)?(?:id|no|nos|num|number|#)(?:'?s)?|sid)\b{_IS}"
    r"(?P<told>[a-z]?\d{5,12})(?!\d)",
    r"(?:學號|学号|學生號碼|學生編號|學生證號碼?|学生证号码?)[\s:係是為为]{0,3}(?P<told>[a-z]?\d{5,12})(?!\d)",
)
# HKUST's student numbers have eight digits and begin with 20 or 21.
STUDENT_BARE = r"(?<!\d)2[01]\d{6}(?!\d)"
LIBRARY_CARD = r"(?<!\d)2\d{13}(?!\d)"
IDENTITY_CARD = r"(?<![A-Za-z\d])[A-Z]{1,2}\s?\d{6}\s?\(?[\dA](?:\)|(?![A-Za-z\d]))"
# After a label, a wrong check digit is taken for a typo.
IDENTITY_CARD_TOLD = (
    rf"\b(?:hk\s?id|id(?:entity)?[\s-]?card)(?:\s?(?:card|number|no|num))?\b{_IS}"
    r"(?P<told>[A-Z]{1,2}\s?\d{6}\s?\(?[\dA]?\)?)(?!\w)",
)
PASSPORT_TOLD = (
    rf"\bpassport(?:'?s)?(?:\s?(?:number|no|num))?\b{_IS}(?=[A-Z]{{0,3}}\d{{5}})(?P<told>[A-Z0-9]{{6,10}})\b",
    r"(?:護照|护照|回鄉證|回乡证)(?:號碼|号码)?[\s:係是為为]{0,3}(?P<told>[A-Z0-9]{6,11})",
)
PASSPORT_BARE = r"(?<![A-Za-z\d])(?:[A-Z]\d{8}|[A-Z]{2}\d{7})(?![A-Za-z\d])"  # Hong Kong's and China's
# Hong Kong's telephone numbers have eight digits.
TELEPHONE = r"(?<![\d/.:-])(?<!\+\d{1,3}[ -]\d{1,4}[ -])(?:\+?852[\s-]?)?[2-9]\d{3}[\s-]?\d{4}(?![\d/])"
LONG_NUMBER = r"(?<![\d/-])\d{9,}(?![\d/])"
GROUPED_NUMBER = r"(?<!\d)\d{4}(?:[ -]\d{4}){2,}(?!\d)"  # a card number, even with a wrong check digit

# Numbers that identify nobody: dates without separators, years, opening hours, books.
_DATE = r"(?<!\d)20(?:1[5-9]|2\d|3[0-5])(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)"
_YEARS = r"(?<!\d)20[0-3]\d\s?[ -]\s?20[0-3]\d(?!\d)"
_HOURS = r"(?<!\d)(?:[01]\d|2[0-4])(?:00|15|30|45)\s?[ -]\s?(?:[01]\d|2[0-4])(?:00|15|30|45)(?!\d)"
_ISBN_TOLD = r"\bisbn(?:[-\s]?1[03])?[\s:#]{0,3}\d(?:[\d -]{8,15})[\dX]\b"
NO_PERSONS_NUMBER = re.compile("|".join((_DATE, _YEARS, _HOURS, _ISBN_TOLD)), re.IGNORECASE)
BOOK_NUMBER = re.compile(r"(?<![\d-])97[89](?:[ -]?\d){10}(?![\d-])")

# Addresses and login names.
HANDLE = r"(?<![\w.])@(?!\w{0,40}lib)[A-Za-z]\w{2,64}"  # the library's own handle identifies nobody
# No part of an address is longer than 64 characters (RFC 5321), and a bounded expression looks no further.
_LOCAL, _LABEL = r"(?<![\w.+-])[\w.+-]{1,64}", r"[\w-]{1,63}"
_HOST = rf"{_LABEL}(?:\s?(?:\.|[\[({{]\s?dot\s?[\])}}]|\sdot\s)\s?{_LABEL}){{1,8}}"
MAIL_SPELLED = (
    rf"{_LOCAL}\s?[\[({{<]\s?(?:at|@)\s?[\])}}>]\s?{_HOST}",
    rf"{_LOCAL}\sat\s{_LABEL}(?:\sdot\s{_LABEL}){{1,8}}",
    rf"{_LOCAL}(?:\s@\s?|@\s){_LABEL}(?:\.{_LABEL}){{1,8}}",
    rf"\be-?mail(?:\saddress)?(?:\sis|\sme)?[:\s]{{1,3}}(?P<told>[\w.+-]{{1,64}}\sat\s{_LABEL}(?:\.{_LABEL}){{1,8}})",
)
# Chinese before an address without a space ("電郵係abc@…") is no part of it.
_LETTER = r"[^\W\u3400-\u9fff]"
_MAIL_LETTER, _MAIL_LETTERS = rf"(?:{_LETTER}|[!#$%&'*+/=?^`{{|}}~-])", rf"(?:{_LETTER}|[!#$%&'*+/=?^`{{|}}~.-])"
_DOMAIN = rf"{_LETTER}{{1,63}}(?:[.-]{_LETTER}{{1,63}}){{1,8}}(?!{_LETTER})"
MAIL = rf"{_MAIL_LETTER}(?:{_MAIL_LETTERS}{{0,62}}{_MAIL_LETTER})?@{_DOMAIN}"
IP_ADDRESS = (
    r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|[01]?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|[01]?\d?\d)\b",
    r"(?<![\w:])(?:[\da-f]{0,4}:){2,7}[\da-f]{0,4}(?![\w:])",
)
# Possible telephone numbers of any country: seven or more digits, with separators.
DIGITS = r"(?<!\d)\+?\d(?:[\s().\-–/]{0,3}\d){6,}"

# Hong Kong family names in Latin script.
_FAMILY = _any(
    "Chan Chang Chen Cheng Cheung Chiu Choi Chow Chu Chui Chung Fong Fu Fung Ho Hong Hui Hung Kan Kong "
    "Kwan Kwok Lai Lam Lau Lee Leung Li Liang Lin Liu Lo Lui Luk Ma Mak Mok Ng Ngai Poon Pang Shum Siu Suen "
    "Sze Szeto Tai Tam Tang Tong Tsang Tse Tsui Tung Wan Wang Wei Wong Wu Xu Yang Yau Yeung Yim Yip Yiu Yu "
    "Yuen Yung Zhang Zhao Zheng Zhou Zhu"
)
_FAMILY_OR_WORD = _any("Au Fan Hu Ip Law Mo So Tan Ye")  # need both given names
# Those that are not English words and begin no place name, so that lower case is enough.
_FAMILY_SURE = _any(
    "chan chang chen cheng cheung chiu chow chui fong fung huang ip kwan kwok lau lee leung liang lin liu lui luk mak "
    "mok ng ngai poon shum szeto tam tang tsang tse tsui wang wong wu xu yang yeung yim "
    "yip yiu zhang zhao zheng zhou zhu"
)
_WORD = r"[A-Z][A-Za-z'’-]{1,40}"
_SMALL_WORDS = _any(
    "a about after also an and asking at back before but by can currently doing done for from going having he her here "
    "his i im in is it its just looking me my near new no not now of on or our out please pls reading really she so "
    "sorry still studying sure taking that the their they this to too trying using very visiting want was we what when "
    "where who why with working writing year you your mr ms mrs dr prof"
)
_NAME_SMALL = rf"(?!{_SMALL_WORDS}\b)[a-z][a-z'’-]{{1,40}}"
_I_AM = r"(?:i\sam|i['’]?m|this\sis|it['’]?s|name\sis)"
FAMILY_FIRST = (
    rf"\b{_FAMILY} [A-Z][a-z]{{1,40}}(?:[ -][A-Z]?[a-z]{{1,40}})?\b(?=[\s,.!?;:)]|$)",
    rf"\b{_FAMILY_OR_WORD} [A-Z][a-z]{{1,40}}[ -][A-Z][a-z]{{1,40}}\b(?=[\s,.!?;:)]|$)",
)
TITLED = rf"\b(?:Mr|Ms|Mrs|Miss|Dr|Prof|Professor)\.? (?P<told>(?:{_WORD}\s?){{1,3}})"
# Lower-case text after "i am" is seldom a name: only capitalised words count, or words with a family name.
PRESENTED = (
    r"\b(?:I am|I['’]?m|i am|i['’]?m|[Tt]his is) "
    rf"(?!I\b|(?i:{_SMALL_WORDS})\b)(?P<told>{_WORD}(?: {_WORD}){{1,4}})"
)
PRESENTED_SMALL = (
    rf"\b{_I_AM}\s(?P<told>(?:{_NAME_SMALL}\s){{1,2}}{_FAMILY_SURE})\b",
    rf"\b{_I_AM}\s(?P<told>{_FAMILY_SURE}(?:\s{_NAME_SMALL}){{1,2}})\b",
)
INTRODUCED = (
    rf"\b(?:[Mm]y name(?:'?s| is)|[Nn]ame:|[Cc]all me) (?!(?i:{_SMALL_WORDS}|if|once|again|later)\b)"
    rf"(?P<told>[A-Za-z][A-Za-z'’-]{{1,40}}(?:(?: {_WORD}){{1,3}}"
    r"|(?: (?!(?:and|i|im|but|my|from|the|is|can|please|pls|so|in|at|a|here|back)\b)[a-z]{1,40}))?)"
)
_NO_SIGNATURE = r"(?!(?:the|all|and|for|again|in|library|librarians?|carrel|bot|team|hkust|everyone|everybody|you|u)\b)"
SIGNED = (
    rf"\b(?:regards|rgds|sincerely|faithfully|yours truly|best wishes),?\s{{1,3}}{_NO_SIGNATURE}"
    r"(?P<told>[a-z][a-z'’-]{1,40}(?: [a-z][a-z'’-]{1,40}){0,2})(?=\W{0,40}$)"
)
THANKED = (
    rf"\b(?:[Tt]hanks|[Tt]hank you|[Tt]hx|[Cc]heers|[Bb]est),\s{{1,3}}(?i:{_NO_SIGNATURE})"
    rf"(?P<told>{_WORD}(?: {_WORD}){{0,2}})(?=\W{{0,40}}$)"
)
# Campus accounts: initials, a family name, two letters; or whatever follows a colon.
_ACCOUNT = (
    r"\b(?:itsc|net\s?id|user\s?name|user\s?id|login(?:\s(?:name|id))?)(?:\s(?:account|username|user|name|id|login))?"
)
ACCOUNT_TOLD = (
    rf"{_ACCOUNT}\s?[:=]\s?(?P<told>[a-z][\w.-]{{2,64}})",
    rf"{_ACCOUNT}(?:\sis)?\s(?=[a-z0-9]{{6,20}}\b)(?P<told>[a-z]{{1,3}}{_FAMILY_SURE}(?:[a-c][a-z])?\d{{0,3}})\b",
    rf"{_ACCOUNT}(?:\sis)?\s(?P<told>[a-z]{{2,40}}\d{{1,20}}[a-z0-9]{{0,40}})\b",
)

# Places and buildings that begin like a person's name.
_PLACES = _any(
    "Hong_Kong Tai_Po Tai_Koo Tai_Wai Tai_Wo Tai_O Tai_Hang Tai_Mo_Shan Tai_Tam Ma_On_Shan Ma_Wan Ma_Tau Yau_Ma_Tei "
    "Yau_Tong Yau_Yat Yuen_Long Hung_Hom Hung_Shui Tung_Chung Lai_King Lai_Chi_Kok Ho_Man_Tin Choi_Hung Choi_Wan "
    "Kwan_O Tseung_Kwan_O Lam_Tin Lam_Tei Lo_Wu Lo_Hu Lok_Fu Siu_Hong Siu_Lek Siu_Sai Tong_Fuk Kwun_Tong Wong_Tai_Sin "
    "Wong_Chuk_Hang Wan_Chai Chai_Wan Chung_Hom Fan_Ling Lau_Fau_Shan Lei_Yue_Mun Sai_Kung Tsz_Wan_Shan Mong_Kok "
    "Sheung_Wan Kong_Island Chung_Yeung Fong_Chung Mo_Tse Hong_Lok Yu_Chau Yim_Tin Ng_Tung Law_School Sun_Microsystems "
    "Kung_Fu Tai_Chi Chan_Zen Lo_Fi Mid-Autumn"
)
_HOUSE = (
    r"(?:Library(?! (?:card|account|user|member|pin|number)\b)|Gallery|Hall|Building|Centre|Center|Room(?! ?\d)|Road|"
    r"Street|Avenue|Theatre|Theater|Auditorium|Laboratory|Lab|Tower|Garden|Gardens|Court|Plaza|School|College|"
    r"University|Foundation|Institute|Campus|Station|Bay|Island|Park|Museum|Collection|Prize|Award|Lecture|Commons|"
    r"Terrace|Hospital|Estate|Square|Line|Festival|Archive|Archives|Scholarship|Fund|Bridge|Corner|Lounge|Studio)"
)
NO_PERSONS_NAME = re.compile(rf"\b{_PLACES}\b|\b(?:[A-Z][\w'’-]{{0,40}}\.? ){{1,5}}{_HOUSE}\b")
