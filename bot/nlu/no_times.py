"""Text that looks like a time but is not: floors, editions, room and call numbers, people called June, "24/7"."""

from __future__ import annotations

import re

# How many characters before a date or clock time may belong to it.
NEAR = 80
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:r|rs)?|fri|sat(?:ur)?|sun)(?:day)?"
# What may follow a day or an hour given by its number alone; counted things ("3 books", "the 5th floor") are excluded.
FOLLOWS = (
    r"(?=\s*(?:$|[,?!;)\"]|\.(?!\d)|\n)|\s*[-/&]\s*\S|\s+(?:at|@|from|till?|until|by|before|after|and|or|to|in|on|this|"
    r"next|last|the|is|isn|are|r|will|would|do|does|did|can|could|may(?!\s+20\d\d)|should|shall|am|u|i|im|ill|we|you|ur|it|its|"
    r"they|there|open|opens|opened|closed?|closes|closing|hours?|hrs?|opening|then|ok|okay|pls|plz|please|thx|thanks?|"
    r"what|when|where|how|if|for|so|but|cos|cuz|because|since|as|right|correct|yes|no|ya|huh|lah?|ah?|ar|hi|hello|"
    r"morning|evening|night|afternoon|noon|midnight|today|tomorrow|tonight|yesterday|weekend|sharp|ish|exactly|with|"
    r"instead|too|also|still|even|anyone|anybody|somebody|someone|my|lib|library|only|just|tho|though|btw|lol|"
    rf"holidays?|{WEEKDAY}s?)(?!\w))"
)
_ORDINAL = (
    r"(?:\d{1,3}\s?(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth)"
)
# A position in a series: "the 5th floor", "3rd year"; but not days, weeks and parts of a date.
_COUNTED = re.compile(
    rf"(?<![\w-]){_ORDINAL}(?!\w)(?!\s*(?:of\s+)?{MONTH}(?!\w))(?!\s+(?:days?|weeks?|months?|weekends?|half|of)(?!\w))"
    rf"(?!{FOLLOWS[3:-1]})",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(?<!\w)(?:rooms?|rm|lifts?|sections?|sec|chapters?|ch|pages?|pp?|versions?|ver|v|seats?|lockers?|no|number|levels?|"
    r"floors?|tables?|pcs?|printers?|gates?|bus|isbn|issn|ext|tel|phone|hotline|call|vol(?:ume)?|step|part|unit|lab|lt|"
    r"python|java|ios|android|windows|zone|block|grade|score|gpa|ielts|toefl|band|signal|typhoon|t)\s*[:.#]?\s*"
    r"[a-z]{0,2}\d[\d.,/-]{0,40}\d?(?![\w:])(?!\s*[ap]m\b)(?!\s*(?:st|nd|rd|th)\b)",
    re.IGNORECASE,
)
_NO_TIMES = (
    _COUNTED,
    _NUMBERED,
    # Call numbers, prices, shares, telephone numbers, "half and half", a shop's name, a screen.
    re.compile(r"(?<!\w)[A-Z]{1,3}\s?\d{1,4}(?:\.\d+)?(?:\s*\.\s?[A-Z]+\d+)+(?:\s+(?:19|20)\d\d)?(?!\w)"),
    re.compile(r"(?<!\w)[A-Z]{2}\d{1,4}\.\d+(?!\w)"),
    re.compile(
        r"(?:hk|us)?[$€£]\s?\d[\d.,]{0,20}|\d[\d.,]{0,20}\s?(?:%|percent|dollars?|hkd|usd|bucks|[kmg]b)(?!\w)",
        re.IGNORECASE,
    ),
    re.compile(r"(?<![\w/.:-])\d{4}\s\d{4}(?![\w/.:-])"),
    re.compile(
        r"(?<![\d/:.])24\s?(?:h|hrs?|hours?)(?=\s+(?:one|place|room|area|zone|space|lab|section|part|floor|lib))",
        re.IGNORECASE,
    ),
    re.compile(r"(?<![\d/])(?:50/50|24\s?(?:/|x)\s?7(?!\s*/?\s*\d))(?![\w/])", re.IGNORECASE),
    re.compile(r"(?<!\w)(?:an?|the|nearest|any)\s+7-(?:11|eleven)(?!\w)", re.IGNORECASE),
    # "How late tonight" does not mean "late tonight".
    re.compile(r"(?<=\bhow )late(?!\w)", re.IGNORECASE),
    # "3-5 books", "2 to 3 people".
    re.compile(
        rf"(?<![\w./:-])\d{{1,3}}\s*(?:-|to|or)\s*\d{{1,3}}(?=\s+[a-z])(?!\s*{MONTH}(?!\w))(?!\s*[ap]m\b)(?!{FOLLOWS[3:-1]})",
        re.I,
    ),
    # Only the library could know these dates.
    re.compile(
        r"(?<!\w)(?:last|first|final)\s+(?:\w+\s+)?(?:days?|weeks?)\s+of\s+(?:the\s+)?(?:\w+\s+)?(?:terms?|sem(?:ester)?s?|"
        r"school|class(?:es)?|exams?|finals|teaching|holidays?|break|lectures?)(?!\w)",
        re.IGNORECASE,
    ),
    re.compile(r"(?<!\w)\d{1,2}/(?:f|floor|g|lg)(?!\w)", re.IGNORECASE),
    re.compile(
        r"(?<![\d.])\d{1,2}(?:\.\d{1,2})?\s*(?:out of|/)\s*\d{1,3}(?=\s+(?:would|pages?|marks?|stars?|points?))", re.I
    ),
)
# A message with none of these names no time; most messages have none, and reading times costs a millisecond.
_MAY_NAME_A_TIME = re.compile(
    r"\d|日|月|天|星期|\b(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|year|month|week|"
    r"weekend|fortnight|quarter|half|hour|minute|day|today|tonight|tomorrow|yesterday|morning|noon|afternoon|evening|night|"
    r"midnight|ago|later|soon|early|late|mid|end|beginning|spring|summer|autumn|fall|winter|season|christmas|easter|eve|cny|"
    r"lny|lunar|ching|qing|tomb|che?ung|chung|dragon|tuen|buddha|hk ?sar|labou?r|boxing|holiday|festival|moon|one|two|"
    r"three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|first|second|third|fourth|fifth|sixth|seventh|eighth|"
    r"ninth|tenth|eleventh|twelfth|last|next|thanksgiving|halloween|valentine|diwali|deepavali|ramadan|hanukkah|passover|"
    r"pentecost|ascension|lent|good friday|work|lunch|dinner|since|sunrise|sunset)",
    re.IGNORECASE,
)
_NAME = r"(?:january|april|may|june|july|august|summer|autumn|spring|dawn|tuesday|friday|sunday|eve)"
_TITLE = (
    r"(?:mr|mrs|ms|miss|dr|prof|professor|madam|sir|auntie|uncle|my\s+\w+|the\s+(?:librarian|lady|guy|girl|staff)|called|"
    r"named?|name\s+is|name's|i'?m|i\s+am|this\s+is|dear|hi|hello|hey|thanks|thank\s+you|thx|ask|asked|met|saw|told|"
    r"tell|call|spoke\s+(?:to|with)|talk(?:ed)?\s+(?:to|with)|speak\s+(?:to|with)|email(?:ed)?|with|cc)"
)
_DOES = (
    r"(?:told|tells|said|says|asked|asks|helped|helps|works|worked|wants|wanted|sent|gave|gives|knows|thinks|thought|"
    r"mentioned|promised|replied|emailed|called|lent|borrowed|lost|left|forgot|here|there|in\s+today|on\s+duty|'s|"
    r"(?:is|was)\s+(?:the|my|a|an|in|there|here|on|at|very|so|nice|rude|helpful|kind|working|available|around))"
)
# A person, recognised by what is said to them or by what they did.
_PERSON = (
    re.compile(
        rf"(?<!\w)(?:{_TITLE})\s+(?P<name>{_NAME})(?!\w)(?!\s*\d)(?!\s+(?:holidays?|hours|break|term|is\s+it|it))", re.I
    ),
    re.compile(
        rf"(?<!\w)(?<!in )(?<!until )(?<!till )(?<!on )(?<!during )(?<!next )(?<!last )(?<!this )(?<!of )"
        rf"(?P<name>{_NAME})\s+(?:from\s+(?:the|your)\s+|{_DOES}(?!\w))",
        re.IGNORECASE,
    ),
)
_SUNDAY_GREETING = re.compile(
    r"(?:hi|hello|hey|thanks|thank\s+you|thx|call|tell|this\s+is)\s+(?:tues|fri|sun)day", re.I
)


def no_times(text: str) -> list[tuple[int, int]]:
    """Return the spans of `text` that Duckling would wrongly take for times."""
    found = [match.span() for pattern in _NO_TIMES for match in pattern.finditer(text)]
    for pattern in _PERSON:
        for match in pattern.finditer(text):
            if not _SUNDAY_GREETING.fullmatch(match.group()):
                found.append(match.span("name"))
    return found


def may_name_a_time(text: str) -> bool:
    """Return whether any word of `text` may be part of a time, even if it is not one."""
    return _MAY_NAME_A_TIME.search(text) is not None


def just_before(text: str, place: int) -> str:
    """Return the words just before a position; searching all the text before it every time would be slow."""
    return text[max(0, place - NEAR) : place]
