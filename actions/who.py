"""The asker's role, once they have stated it, and what is on record for that role.

Outsiders do not get instructions for students ("with your student card") if the record has a text for outsiders. If it
has none, the reply says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from actions.glossing import told
from actions.topics import topics
from bot.calendar.facts import Answer
from bot.plain import plain

# The same in Chinese, after actions.glossing: the words for people stand in English, the rest as it was typed.
_NEAR = r"[^，。,.!！?？\n]"
_I_CHINESE = r"(?:我|本人|我哋|我地|我們|我们)(?:已經|已经|都|就|只|其實|其实)?(?:係|是|系)(?!咪)"
_NOT_HERE = (
    r"(?:我|本人|我哋|我地|我們|我们|^)\s*(?:都|並|并)?(?:唔係|不是|唔系|非)"
    r"(?:你哋|你們|你们|呢間|呢度|這裏|這裡|这里|這間|这间|本校|貴校|贵校|科大|ust|hkust|大學|大学|學校|学校|嘅|的|\s){0,8}(?:students|staff)\b"
)
_GRADUATED = (
    r"(?:我|本人)[^，。,.!！?？\n]{0,8}(?:畢[咗左]業|(?:畢業|毕业)[咗左了喇]|"
    r"(?:已經|已经|早就|舊年|去年|前年|(?:19\d\d|20[01]\d|202[0-5])年?)[^，。,.!！?？\n]{0,4}(?:畢業|毕业))(?!之?[後后]|以[後后])"
)
_CHINESE_UNIVERSITIES = r"(?:港大|中大|理大|城大|浸大|嶺大|岭大|教大|都大|hku|cuhk|polyu|cityu|hkbu|eduhk|lingnan)"

_I = r"(?:\bi ?'?m|\bi am|\bwe ?'?re?|\bwe are|\bas)(?: (?:an?|the|just|only|also|now|still|all|both))*"
_HERE = r"(?:hkust|ust)"
_UNI = rf"(?:(?:the|this|that|ur|your) (?:uni\w*|school|sch)|{_HERE})\b"
_ELSEWHERE = (
    r"(?:hku|cuhk|polyu|cityu|hkbu|baptist u\w*|lingnan(?: u\w*)?|eduhk|hkmu"
    r"|(?:another|other|a different) (?:hong kong |hk |local )?uni\w*)\b"
)
_ROLE = (
    r"(?:(?:a|an|the|phd|master'?s?|year|y|\d|student|students|staff|member|prof\w*|teacher|researcher|lecturer) ?)*"
)
_STUDENT = rf"(?:an? |any |even |really )*(?:(?:uni|university|{_HERE}) )?(?:students?|members?)\b"
_OUTSIDER = r"(?:visitor|tourist|guest|parent|outsider|non[- ]?student)s?\b"
# People for whom a student may ask whether they can come along, and the words for wanting to.
_THEIRS = (
    r"\b(?:dad|daddy|mum|mom|mummy|mommy|mother|father|parents|brother|bro|sister|sis|cousin|son|daughter|kids?"
    r"|friends?|gf|bf|girlfriend|boyfriend|husband|wife|partner|family|auntie|aunt|uncle|grandma|grandpa)\b"
)
_COMES = (
    r"(?: (?:also|really|just|both))?"
    r"(?: (?:wants?|wanna|would like|wish(?:es)?|hopes?|plans?)(?: to)? (?:come|visit|get in|enter)"
    r"| (?:is|are|r) (?:coming|visiting)| (?:comes|visits))\b"
)
_AT_FIRST = r"^\W*(?:(?:but|btw|hi|hey|hello|sorry|and|cos|since|actually)\W+){0,3}"
# How people state their role, by the value of the slot `who`; the first match wins. What somebody is comes before what
# they are not: "im not a student, im staff".
_SAID: Sequence[tuple[str, re.Pattern[str]]] = [
    (name, re.compile("|".join(ways), re.IGNORECASE))
    for name, *ways in (
        (
            "alumni",
            rf"{_I} (?:{_HERE} )?(?:alum|(?:former|ex)[ -]?student)",
            r"(?<!when )(?<!after )(?<!before )(?<!once )\bi (?:have )?(?:already )?graduated\b",
            r"^\W*(?:(?:hi|hey|hello|so|btw)\W+){0,3}(?:already )?graduated\b",
            r"\bgraduated (?:back )?(?:in|from \w+ in) (?:19|20)\d\d\b",
            r"\bclass of (?:19|20)\d\d\b",
            rf"{_I_CHINESE}{_NEAR}{{0,12}}\balumn",
            _GRADUATED,
            r"\b(?:i (?:have|hv|got|ve got)|i'?ve got|with my|using my|my) (?:an? |the |old )?alumn\w* card\b",
        ),
        (
            "other_university",
            rf"{_I} {_ROLE}(?:(?:from|at|of|in) )?{_ELSEWHERE}",
            rf"\bi (?:study|work) (?:at|in) {_ELSEWHERE}",
            rf"\b{_ELSEWHERE} (?:student|staff) here\b",
            rf"(?:我|本人|我哋|我們|我们)[係是系喺在]{_NEAR}{{0,4}}(?:{_CHINESE_UNIVERSITIES}|other universities)",
        ),
        (
            "visitor",
            rf"{_I} (?:{_OUTSIDER}|(?:member of|from) (?:the )?public\b)",
            rf"{_I} from (?:the )?outside\b",
            rf"{_I} visiting (?:{_UNI}|hk\b|hong kong\b|(?:the|this|ur|your) (?:lib\w*|campus)\b)",
            r"\bmy (?:son|daughter|kid) (?:studies|is (?:a student|studying))\b",
            rf"{_I_CHINESE}{_NEAR}{{0,10}}\bvisitors\b",
        ),
        ("exchange", rf"{_I} (?:exchange|visiting)\b", rf"{_I_CHINESE}\s*(?:exchange|visiting)\b"),
        ("postgraduate", rf"{_I} (?:phd|mphil|msc|master'?s?|postgrad\w*|pg|rpg|tpg)\b"),
        (
            "undergraduate",
            rf"{_I} (?:undergrad\w*|ug|fresher|freshman|(?:year|yr|y) ?[1-4]|[1-4](?:st|nd|rd|th) year)\b",
        ),
        (
            "staff",
            rf"{_I} (?:new )?(?:staff|lecturer|prof\w*|ra|ta|research assistant|faculty)\b",
            rf"{_I_CHINESE}{_NEAR}{{0,6}}\bstaff\b",
        ),
        (
            "visitor",
            rf"{_I} (?:not|no) (?:even )?(?:{_STUDENT}|(?:(?:from|with|of) )?{_UNI})",
            r"\b(?:i|we) (?:dont|don't|do not|didnt|didn't) (?:even )?(?:study|go|work)"
            rf" (?:here\b|(?:to |in |at |for )?{_UNI})",
            rf"{_AT_FIRST}(?:not|no) (?:{_STUDENT}|from {_UNI})",
            _NOT_HERE,
        ),
    )
]
# How people ask on behalf of an outsider ("my dad wants to come"). The asker's own role remains unknown.
_FOR_VISITOR = re.compile(
    rf"\b(?:my|our) (?:\w+ ){{0,2}}?{_THEIRS}{_COMES}"
    rf"|\b(?:he|she|they)(?: ?'?s| is|'?re| are) not (?:{_STUDENT}|from {_UNI})"
    rf"|{_THEIRS} (?:is|are|r)(?: not|nt|n't) (?:{_STUDENT}|from {_UNI})"
    rf"|[帶带](?:埋|同|着|著|我|個|个|嘅|的|阿|\s){{0,4}}(?:父母|爸爸?|媽媽?|妈妈?|朋友|家人|屋企人|男朋友|女朋友|仔女|小朋友|小孩|孩子|親戚|亲戚)"
    rf"{_NEAR}{{0,6}}(?:入|進|进|嚟|來|来|參觀|参观)",
    re.IGNORECASE,
)
VISITOR = "visitor"
# For each outsider role: the pattern by which a text names it, and any wider one that also covers it.
_NAMED: Mapping[str, tuple[str, ...]] = {
    "alumni": (r"\balumn", r"\bvisitors?\b|\bguests?\b"),
    "other_university": (r"\bjulac\b|\bother (?:hong kong )?universit", r"\bvisitors?\b|\bguests?\b"),
    "visitor": (r"\bvisitors?\b|\bguests?\b|\bday pass\b",),
}
_WHO_WORD = re.compile(r"alum|graduat|visitor|guest|universit|outsider")
# Says that the person does not have what was mentioned; and a text for people without it.
_LACKS = re.compile(r"\b(?:dont|don't|do not|havent|haven't|didnt|didn't|not) (?:have|hv|got|get)\b|\bwith?out\b", re.I)
_WITHOUT = r"\bwithout\b|\bno \w+ card\b"
# Words are compared by this many letters, so that "booking" matches "booked".
_STEM = 5
# Words common in any question that say nothing about its subject.
_SAYS_NOTHING = frozenset(
    re.findall(
        r"\w+",
        """
        about actually all also and any are back but can class could did does dont former for from get got graduated has
        have havent hv here hey hello how into just library may might need not now old one only people person please pls
        possible really should since some sth still student students than thanks that the them then there they thing
        this too want wanna was way were what when where which who why will with without would yes you your
        """,
    )
)
# Signs of a text for members only, and questions about whether one is allowed.
_FOR_MEMBERS = re.compile(
    r"\bundergraduates?\b|\bpostgraduates?\b|\bstudents?\b|\bstaff card\b|\buniversity (?:address|account|login)\b"
    r"|大[學学][帳账]|大学帐",
    re.I,
)
_MAY_I = re.compile(
    r"\b(?:can|may|could|am|are) (?:i|we|alum\w*|visitors?|the public|public)\b"
    r"|\b(?:which|what|need|want|get) (?:an? |the )?card\b"
    r"|可唔可以|可不可以|可以|可否|能[不否]|能夠|能够|得唔得|([\u3400-\u9fff])[唔不]\1[到得]|[用借入印訂订][得到]|最多|多少|幾多|几[本多]",
    re.IGNORECASE,
)


def said_who(text: str) -> str:
    """Return the role that somebody states for themselves, a value of the slot `who`; "" if none."""
    said = plain(text)
    return next((name for name, pattern in _SAID if pattern.search(said)), "")


def outside(who: str) -> bool:
    """Return whether the role is that of an outsider, not a member of the university."""
    return who in _NAMED


def who_in(text: str) -> str:
    """Return the outsider role that `text` asks for ("can alumni …"), a value of the slot `who`; "" if none."""
    said = plain(text)
    named = next((who for who, ways in _NAMED.items() if re.search(ways[0], said, re.IGNORECASE)), "")
    return named or ("visitor" if _FOR_VISITOR.search(said) else "")


def lacks(text: str) -> bool:
    """Return whether somebody says that they do not have what was mentioned: "dont hv one"."""
    return bool(_LACKS.search(text))


def concerns(who: str, text: str, answer: Answer) -> bool:
    """Return whether `answer` to `text` would tell an outsider what holds for others.

    Others are members, or outsiders of another role: visitors do not borrow as alumni do.
    """
    if (
        who not in _NAMED
        or answer.topic not in {topics().visiting, *topics().subjects}
        or _names(_NAMED[who][0], answer)
    ):
        return False
    if answer.topic == topics().visiting:
        return any(_names(ways[0], answer) for name, ways in _NAMED.items() if name != who)
    return bool(_MAY_I.search(text) or _FOR_MEMBERS.search(told(answer.text)))


def strays(who: str, text: str, answer: Answer) -> bool:
    """Return whether `answer` is for the asker's role but about something other than `text` asks.

    "can alumni book a room" is close to everything said about alumni, but that they can borrow does not answer it.
    """
    return (
        who in _NAMED
        and who != VISITOR
        and answer.topic == topics().visiting
        and _names(_NAMED[who][0], answer)
        and _of_the_same(text, answer) is False
    )


def on_record_for(
    who: str, topic: str, likeliest: Sequence[Answer], every: Sequence[Answer], text: str = ""
) -> Answer | None:
    """Return what is on record on a topic for a role: one of `likeliest`, or a text about visiting; None if nothing is.

    A text for that role on another subject than `text` does not count ("can alumni book a room": they can borrow).
    """
    if who not in _NAMED:
        return None
    own = topic == topics().visiting
    subject = re.compile(topics().subjects.get(topic, ""), re.IGNORECASE)
    visiting = [each for each in every if each.topic == topics().visiting and subject.search(told(each.text))]
    visiting.sort(key=lambda each: not subject.search(told(each.title)))  # what a text is about stands in its title
    theirs, any_visitors = _NAMED[who][0], _NAMED[who][-1]
    if lacks(text):
        likeliest = sorted(likeliest, key=lambda each: not _names(_WITHOUT, each))
    near = [each for each in likeliest if _is_about(text, each)]
    ways: list[tuple[str, Sequence[Answer]]] = [(theirs, near)]
    if not own:  # about visiting itself, roles with rules of their own do not get those for visitors in general
        ways += [(theirs, visiting), (theirs, likeliest), (any_visitors, likeliest)]
    return next((each for named, answers in ways for each in answers if _names(named, each)), None)


def _is_about(text: str, answer: Answer) -> bool:
    """Return whether an answer is about what `text` asks, as far as its words show.

    The answer must share a subject named in `text` or, if it names none, one of its words. Text without telling words
    ("and as an alumna?") matches any answer.
    """
    same, words = _of_the_same(text, answer), _telling(text)
    if same is not None:
        return same
    return not words or bool(words & _telling(told(f"{answer.title}. {answer.text}")))


def _of_the_same(text: str, answer: Answer) -> bool | None:
    """Return whether an answer is about a subject named in `text`; None if it names none."""
    named = [each for each in map(_subject, topics().subjects.values()) if each.search(text)]
    said = told(f"{answer.title}. {answer.text}")
    return any(each.search(said) for each in named) if named else None


@cache
def _subject(words: str) -> re.Pattern[str]:
    return re.compile(words, re.IGNORECASE)


def _telling(text: str) -> set[str]:
    """Return the words that show what a text is about, cut to their stems, without role words and filler."""
    found = re.findall(r"[a-z]{3,}", plain(text).casefold())
    telling = (word for word in found if word not in _SAYS_NOTHING and not _WHO_WORD.match(word))
    return {word.removesuffix("s")[:_STEM] for word in telling}


def _names(people: str, answer: Answer) -> bool:
    return bool(re.search(people, told(f"{answer.title}. {answer.text}"), re.IGNORECASE))
