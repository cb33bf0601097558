"""Which language a person is answered in, based on what they write: English, or Chinese in either script. Pure.

The function words of a sentence decide ("係", "幾時", "the", "how do i"), not its nouns: students in
Hong Kong say "book咗study room但係cancel唔到". Text that gives no indication ("ok", "11?", "wifi", a
tapped choice, romanised Cantonese) keeps the previous language.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from functools import cache

from opencc import OpenCC

from connectors.messages import IncomingMessage

ENGLISH, TRADITIONAL, SIMPLIFIED = "en", "zh-Hant", "zh-Hans"
FIRST = ENGLISH
LANGUAGES = (ENGLISH, TRADITIONAL, SIMPLIFIED)
# Payloads that ask for a language when tapped: intents of the domain.
ASKED = {f"/speak_{each.casefold().replace('-', '_')}": each for each in LANGUAGES}
CHOSEN = {language: choice for choice, language in ASKED.items()}
TOLD = "language"  # the key under which a message's details carry the language that it is answered in

# More of a long message adds nothing; and a request for a language is short.
LONGEST, LONGEST_WISH = 2000, 60
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0002ffff]")
_LATIN = re.compile(r"[a-z]+(?:['\u2019][a-z]+)?")
# Characters used only in written Cantonese, in Hong Kong's script.
_CANTONESE = frozenset("嘅咗喺唔冇嗰啲哋乜咁嚟嘢睇攞揾搵佢喎囉㗎吖啱嘥掂咩嘞喇咪")
# Characters of both scripts, but very rare in Traditional sentences.
_SIMPLIFIED_BY_HABIT = frozenset("几么个")
_CHINESE_WORDS = frozenset(
    "的了在是不有我你您他她嗎吗呢吧啊呀麼么幾几點点邊怎什甚誰谁哪這这那請请問问可能要想會会去到同和跟與与或都仍還还"
    "就先才係喺唔冇咗嘅乜咩咁啲嗰呢佢哋㗎啦喎囉未仲嚟點嘢畀俾被把將将從从為为何"
)
_ENGLISH_WORDS = frozenset(
    re.findall(
        r"\S+",
        """
        the an is are am was were be been do does did can could will would shall should may might must have has had
        i you we they he she it my your our their its this that these those there here what when where who whom
        whose which how why until till to of on in at for from with without and or but not if because so as by
        about than then any some don't doesn't isn't aren't can't i'm i'd i've it's what's where's when's how's
    """,
    )
)
# Also used in Cantonese: these words don't change the language.
_ANYBODYS = frozenset(
    re.findall(
        r"\S+",
        """
        ok okay okie k yes yeah yep yup no nope hi hello hey bye goodbye thanks thank you thx ty tks pls plz please
        sorry good great nice cool lol haha hahaha oh ah um hmm wow sure done noted morning am pm ai gpt
    """,
    )
)
_ROMANISED = frozenset(
    re.findall(
        r"\S+",
        """
        gei dim hai hay ng m mm mou mo hou ho bindou bin dou yau jau sik sek ngo nei lei keoi tung mat mut meh lah
        la ah ar gah ge geh jo zo wo lo lor leh bo ma jor zor saan san mun hoi zou jou yiu jiu gam kam yat jyut jeh
        hui heoi mai maai tai chin tin sin ga ne haih yeung yam jung zung gwo faan bou nga aa laa gaa zaa
    """,
    )
)
_NAMED = {
    ENGLISH: r"(?:in )?english|eng|英文|英語|英语",
    SIMPLIFIED: r"(?:in )?simplified(?: chinese)?|mandarin|putonghua|(?:简体|簡體)(?:中文|字)?|简中|簡中"
    r"|普通话|普通話|国语|國語|汉语|漢語",
    TRADITIONAL: r"(?:in )?(?:traditional(?: chinese)?|chinese|cantonese)|(?:繁體|繁体|正體)(?:中文|字)?|繁中"
    r"|廣東話|广东话|粵語|粤语|中文",
}
_AROUND = (
    r"(?:please|pls|plz|thanks|thx|thank you|hi|hello|hey|sorry|ok|can|could|would|do|will|may|let'?s|you|u|we|i|me|to"
    r"|speak|talk|use|reply|answer|respond|write|type|switch|change|language|version|only|instead|in|with|the|it|is|bot"
    r"|prefer|want|know|understand|possible|available|now|again|your"
    r"|請|请|唔該|麻煩|麻烦|可唔可以|可不可以|可否|可以|能不能|能否|能|得唔得|得|會唔會|会不会|識唔識|識|会|會|用|講|讲|說|说|轉|转|換|换"
    r"|改|回覆|回复|回答|答|打|寫|写|我|你|想|要|嗎|吗|嘛|呀|啊|吖|啦|呢|嘅|的|版|版本|語言|语言|跟|同|和|係|是|成|做|返|先|謝謝|谢谢|下)"
)
_WISHES = {
    language: re.compile(rf"(?:{_AROUND}|\s)*(?:{names})(?:{_AROUND}|\s)*") for language, names in _NAMED.items()
}
# "English please, when do you close?": a request, and more.
_BESIDE = {
    language: re.compile(
        rf"(?:^|[,.;!?，。；！？]\s*)(?:(?:please )?(?:speak|talk|reply|answer|respond|write)(?: to me)?(?: in)? )"
        rf"(?:{names})(?=$|\W)|(?:^|[,.;!?，。；！？]\s*)(?:{names}),? (?:please|pls|plz)(?=$|\W)"
        rf"|(?:請|请|唔該|麻煩你?|麻烦你?|可以|可唔可以|可不可以)(?:你|您)?(?:用|講|讲|說|说)(?:{names})(?:回覆|回复|回答|答|講|讲|說|说)?"
    )
    for language, names in _NAMED.items()
}
_MARKS = re.compile(r"[.,;!?~…，。；！？、～()（）「」“”\"]+")


def language_of(text: str, before: str = "") -> str:
    """Return the language to answer `text` in, `before` being the previous one ("": none yet)."""
    said = _plain(text)
    asked = asked_beside(text)
    if asked:
        return asked
    kept = before if before in LANGUAGES else FIRST
    words = _LATIN.findall(said)
    english = sum(word in _ENGLISH_WORDS for word in words)
    han = _HAN.findall(said)
    if not han:
        return _of_latin(words, english, kept)
    if english > sum(letter in _CHINESE_WORDS for letter in set(han)):
        return ENGLISH
    return _script("".join(han), kept)


def asked_for(text: str) -> str:
    """Return the language that a message asks for and nothing else ("English please", "講中文得唔得"), or ""."""
    said = _MARKS.sub(" ", _plain(text)).strip()
    if not said or len(said) > LONGEST_WISH:
        return ""
    return _meant(next((each for each, pattern in _WISHES.items() if pattern.fullmatch(said)), ""), text)


def asked_beside(text: str) -> str:
    """Return the language that a message asks for, if along with something else, or ""."""
    said = _plain(text)
    return asked_for(text) or _meant(
        next((each for each, pattern in _BESIDE.items() if pattern.search(said)), ""), text
    )


def spoken(message: IncomingMessage, before: str = "") -> str:
    """Return the language that a message is answered in: a tapped choice keeps the previous one, unless it asks.

    For somebody new the words on the choice decide: a platform shows its menu in their language.
    """
    if message.choice is not None and (before in LANGUAGES or message.choice in ASKED):
        return ASKED.get(message.choice, before)
    return language_of(message.text or "", before)


def telling(message: IncomingMessage, language: str) -> IncomingMessage:
    """Return a message that carries the language in which the dialogue is to answer it."""
    return replace(message, details={**message.details, TOLD: language})


def told(message: IncomingMessage) -> str:
    """Return the language that a message carries, "" if none."""
    language = message.details.get(TOLD)
    return language if isinstance(language, str) else ""


def is_chinese(language: str) -> bool:
    """Return whether it is Chinese, in any script."""
    return language in {TRADITIONAL, SIMPLIFIED}


def in_simplified(text: str) -> str:
    """Return Hong Kong's Traditional characters converted to Simplified ones."""
    return str(_converter("hk2s").convert(text))


def _of_latin(words: list[str], english: int, kept: str) -> str:
    telling_words = [word for word in words if word not in _ANYBODYS]
    romanised = sum(word in _ROMANISED for word in telling_words)
    if not telling_words or (romanised and romanised >= english):
        return kept
    # A noun or two ("wifi", "study room") is something Cantonese borrows.
    return ENGLISH if english or len(telling_words) > 2 else kept


def _script(han: str, kept: str) -> str:
    traditional, simplified = _only_in_one()
    of_hong_kong = sum(letter in traditional or letter in _CANTONESE for letter in han)
    of_the_mainland = sum(letter in simplified for letter in han)
    if of_hong_kong == of_the_mainland:
        return kept if is_chinese(kept) and not of_hong_kong else TRADITIONAL
    return TRADITIONAL if of_hong_kong > of_the_mainland else SIMPLIFIED


def _meant(language: str, text: str) -> str:
    """Return the language, "中文" meaning Chinese in the script of the request itself."""
    if language != TRADITIONAL or re.search("繁|正體|traditional|cantonese|廣|广|粵|粤", _plain(text)):
        return language
    han = "".join(_HAN.findall(text))
    return _script(han, TRADITIONAL) if han else language


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text[:LONGEST]).replace("\u2019", "'").casefold()


@cache
def _only_in_one() -> tuple[frozenset[str], frozenset[str]]:
    """Return the characters that exist only in Traditional writing, and those only in Simplified."""
    every = [chr(code) for code in range(0x4E00, 0xA000)]
    lines = "\n".join(every)
    shorter = str(_converter("t2s").convert(lines)).split("\n")
    longer = str(_converter("s2t").convert(lines)).split("\n")
    traditional = frozenset(each for each, other in zip(every, shorter, strict=True) if each != other)
    simplified = frozenset(
        each
        for each, other in zip(every, longer, strict=True)
        if each != other and each not in traditional and (not _common(each) or each in _SIMPLIFIED_BY_HABIT)
    )
    return traditional, simplified


def _common(letter: str) -> bool:
    """Return whether a character is among Traditional's 5,401 most common: "后", "里" belong to both scripts."""
    try:
        lead = letter.encode("big5")[0]
    except UnicodeEncodeError:
        return False
    return 0xA4 <= lead <= 0xC6


@cache
def _converter(way: str) -> OpenCC:
    return OpenCC(way)
