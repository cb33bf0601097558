"""Places in a question about hours that are not on record: "the makerspace", "the law library", "3/F"."""

from __future__ import annotations

import re

from actions.glossing import has_chinese
from actions.hours_record import without_times_of_year
from actions.questions import Question
from bot.plain import plain

# Marks that replace words naming a place on record, or a time.
_PLACE, _TIME = "§", "¤"
# Words in questions about hours that name no place by themselves.
_GENERIC = frozenset(
    re.findall(
        r"\S+",
        """
    a an the i you u ur your we our us my me it its this that these those there here they them he she and or but
    so if is are was were r do does did will would can could may might be been being am not dont doesnt isnt
    arent when what where who why how which whats whens until till til time times hour hours hr hrs open opens
    opened opening close closes closed closing shut shuts still now right currently today tonight tomorrow
    yesterday tmr tdy day days week weeks weekday weekdays weekend weekends month year morning afternoon evening
    night late later latest early earlier earliest soon on in at of for to from by with during over before after
    around about between than then also too just only even ever always usually normally normal usual regular
    regularly same different special please pls plz thanks thx hi hello hey ok okay yes no yeah sorry btw lol
    know tell say want need check ask hope library libraries lib libary libray librarys main hkust ust uni
    university campus school college building place places whole entire door doors gate gates front everything
    everywhere anything anyone anybody somebody someone people person student students staff staffed manned guys
    guy all any some every each one two three other another more much many long is's public physical online
    open-hours schedule timetable operating business service services full exact current new actual really
    actually get got go going come coming enter leave stay sit study use visit reach access available accessible
    work working lunch dinner monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur
    thurs fri sat sun january february march april june july august september october november december jan feb
    mar apr jun jul aug sep sept oct nov dec christmas easter midnight noon pm oclock o'clock again yet already
    quick question anyway like let holiday holidays half minute minutes first last next exactly wat wht wen whr
    ar la lah lor hor ma mah leh bro man dude weekly daily everyday year's today's tomorrow's near nearby s t m
    re ve ll d sir madam dear team there's it's that's what's when's have has had says said looks look looking
    see seems planning plan outside inside parents chance notice notices change changes entry admission longer
    shorter extended extension rn yo enough lot free google maps poster sign up arrangement arrangements info
    information announcement follow following closure reason extra i'm i've im ive heard think thought heyy hii
    hiya heya helloo skeleton worth it'll you're youre they're theyre we're guard bell desk desks
    their theirs wah wa meh omg omfg wtf bruh aiya geez gosh
    """,
    )
)
_PERSONS = frozenset(
    ["i", "me", "we", "us", "you", "u", "he", "she", "him", "her", "they", "them", "that", "who", "which"]
)
# Words from that list that can start a name: "special collections".
_OF_A_NAME = frozenset(["special", "service", "student", "staff", "public", "new", "full", "study", "work"])
_NP = r"(?P<np>[\w§¤'/&.-]+(?: [\w§¤'/&.-]+){0,4}?)"
_OPENING = r"(?:open(?:s|ed|ing)?|clos(?:e|es|ed|ing)|shuts?|staffed|manned|accessible)"
_ASKS = (
    r"(?:is|are|does|do|did|will|when(?:'s| is| does| do| are| will|s)?|what time(?: does| do| is| will| r)?|"
    r"how late(?: is| does| are| do)?|until when(?: is| does| are)?|till what time(?: is| does)?)"
)
_ALREADY = r"(?:(?:still|now|already|also|usually|currently|be|stay|get|even|really|gonna|going to)\s+)*"
_HOURS_OF = r"(?:hours?|hrs?|timetable|schedule|times)\s+(?:of|for|at|in)"
_ENDS = r"\s*(?:$|[?!.,]|\b(?:on|today|tomorrow|pls|please|this|next)\b)"
_BEGINS = r"(?:^|[,.!?] |\b(?:the|of|what are|for|know) )"
_LATER = r"(?:\s+(?:now|today|yet|tmr|tomorrow|rn|or not|right now|on|at)\b.*)?"
# Patterns of questions about hours, with the subject in the group `np`.
_SUBJECT = (
    re.compile(rf"\b{_ASKS}\s+{_NP}\s+{_ALREADY}{_OPENING}\b"),
    re.compile(rf"\b{_HOURS_OF}\s+{_NP}{_ENDS}"),
    re.compile(rf"{_BEGINS}{_NP}\s+(?:opening|closing|operating|business|open)?\s*(?:hours?|hrs?|time|timetable)\b"),
    re.compile(rf"^(?:hi |hey |hello |so |and |ok )*{_NP}\s+{_OPENING}{_LATER}\W*$"),
)
# "law library", and nothing else.
_ALONE = re.compile(rf"^{_NP}\s*[?!.]*$")
# "plsss", "nowww"
_DRAWN_OUT = re.compile(r"(\w)\1{2,}")
_FLOOR = re.compile(
    r"\b(?:\d{1,2}(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|ground|top|upper|lower)[ -]+(?:floor|level)\b|"
    r"\b(?:\d{1,2}|l?g)/f\b|\bbasement\b|\blevel \d\b"
)


def place_not_on_record(question: Question) -> str:
    """Return the place whose hours are asked for but not on record, as it was written; "" if there is none."""
    main = question.library.main
    if any(main is None or each.key != main.key for each in question.places):
        return ""  # the answer is about that place, and says so
    if has_chinese(question.text):
        return ""  # without spaces, a name has no visible beginning
    text = _unread(question)
    for pattern in _SUBJECT:
        for match in pattern.finditer(text):
            if name := _unknown(match["np"]):
                return name
    if _PLACE in text and (alone := _ALONE.match(text)) and (name := _unknown(alone["np"])):
        return name
    floor = _FLOOR.search(text)
    return floor.group() if floor else ""


def _unread(question: Question) -> str:
    """Return the text with marks in place of the words that name places and times."""
    text = question.plain
    for place in question.library.calendar.facts.places:
        for name in sorted((place.name, *place.aliases), key=len, reverse=True):
            text = re.sub(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", _PLACE, text)
    for kind, said in question.read:
        text = text.replace(plain(said).casefold(), _PLACE if kind == "place" else _TIME)
    return without_times_of_year(text, _TIME)


def _unknown(np: str) -> str:
    tokens = np.split()
    # "june told me the library is": words before a pronoun are no place.
    told = [number for number, token in enumerate(tokens) if token in _PERSONS]
    tokens = tokens[told[-1] + 1 :] if told else tokens
    telling = [number for number, token in enumerate(tokens) if _tells(token)]
    if not telling:
        return ""
    first, last = telling[0], telling[-1]
    while first and tokens[first - 1] in _OF_A_NAME:
        first -= 1
    # "law library" is a place of its own, not the library on record.
    while last + 1 < len(tokens) and (tokens[last + 1] == _PLACE or tokens[last + 1] in {"library", "lib", "building"}):
        last += 1
    said = " ".join(tokens[first : last + 1])
    return said.replace(_PLACE, "library").replace(_TIME, "").strip()


def _tells(token: str) -> bool:
    """Return whether a word may name a place."""
    word = _DRAWN_OUT.sub(r"\1", token.strip("'.,-/&").removesuffix("'s"))
    return bool(word) and word not in {_PLACE, _TIME} and word not in _GENERIC and not word.isdigit()
