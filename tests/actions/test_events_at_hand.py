"""The event at hand: what is asked of one that was told of a moment ago, in a line or two."""

import pytest

from bot.store.audit import session
from bot.store.library_tables import EventRow
from tests.actions.small_library import MONDAY_EVENING, answer_row, day, event_row, week

EVENTS, REGISTRATION, VISITING = "events", "event_registration", "visitor_access"
WHEN = "Lunchtime concert: Thursday, 12:45 pm – 1:30 pm, Library."
FOR_ALL, DAY_PASS = "It's for: everyone.", "Visitors need a day pass."


def unclear(intent="out_of_scope", *, asks=True):
    """Return what the pipeline tells of words that it cannot place."""
    ranking = [{"name": intent, "confidence": 0.3}]
    return {"intent_ranking": ranking, "questions": [{"intent": intent, "start": 0, "end": 90, "asks": asks}]}


@pytest.fixture
def week_of(ask, store):
    """A concert for everyone, a clinic without registration; somebody was told what is on this week."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        more = {"type": "performance", "audience": "everyone", "price": "free", "description": "Students play."}
        changes.add(event_row("concert", "Lunchtime concert", "2026-11-26T12:45", "2026-11-26T13:30", **more))
        written = {"type": "workshop", "description": "Bring your list. No registration needed."}
        changes.add(event_row("clinic", "Citation clinic", "2026-11-25T15:00", "2026-11-25T16:00", **written))
        changes.delete(changes.query(EventRow).filter_by(key="maps").one())
        changes.add(answer_row("visit", "Visiting", DAY_PASS, topic=VISITING, overview=True))
        changes.add(
            answer_row("register", "Signing up", "For concerts you need not.", topic=REGISTRATION, overview=True)
        )
    ask("what's on this week", EVENTS, week("2026-11-23"))
    return ask


@pytest.fixture
def concert(week_of):
    """Somebody has asked for the concert, too."""
    week_of("tell me about the lunchtime concert", EVENTS)
    return week_of


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("wt time again", (WHEN,)),
        ("where is it", (WHEN,)),
        ("is it free", ("“Lunchtime concert”: free.",)),
        ("when is it and is it free", (WHEN, "“Lunchtime concert”: free.")),
        ("can i bring a friend", (FOR_ALL, DAY_PASS)),
        ("im not from ust tho", (FOR_ALL, DAY_PASS)),
        ("幾點呀", (WHEN,)),
        ("喺邊度搞", (WHEN,)),
    ],
)
@pytest.mark.parametrize("intent", [EVENTS, "nlu_fallback", VISITING])
def test_what_is_asked_of_the_event_at_hand_is_told_of_it_alone(concert, text, said, intent):
    """Whatever topic the words were taken for, and in no more lines than are asked for."""
    assert concert(text, intent, **unclear()).texts == said


def test_it_stays_at_hand_after_what_was_asked_of_it(concert):
    """Three questions later, too."""
    concert("is it free", EVENTS)
    concert("im not from ust tho", "nlu_fallback", **unclear(asks=False))

    assert concert("wt time again", EVENTS).texts == (WHEN,)


def test_signing_up_is_told_of_the_event_at_hand(concert):
    """As it is written of it, or else what holds for all; its link where it has one."""
    assert concert("sign up?", REGISTRATION).texts[1:] == ("For concerts you need not.", FOR_ALL)
    concert("and the citation clinic", EVENTS)
    assert concert("sign up?", REGISTRATION).texts == (
        "Citation clinic, Wednesday, 3 pm – 4 pm: No registration needed.",
    )
    concert("tell me about endnote", EVENTS)
    assert "https://library.example/endnote" in concert("how do i register", REGISTRATION).text


@pytest.mark.parametrize("text", ["要register嗎", "怎么报名", "要唔要買門票"])
@pytest.mark.parametrize("intent", [VISITING, REGISTRATION])
def test_signing_up_may_be_asked_in_chinese_of_one_or_of_a_list(week_of, text, intent):
    """English words stand among Chinese ones, and the words alone may be of any topic."""
    assert "For concerts you need not." in week_of(text, intent, **unclear(intent)).text
    week_of("and the citation clinic", EVENTS)
    assert "No registration needed." in week_of(text, intent, **unclear(intent)).text


def test_when_they_are_is_asked_in_chinese_of_those_just_listed(week_of):
    """Not of the library, whose hours such words ask for otherwise; another thing's place is not theirs."""
    assert "Lunchtime concert" in week_of("幾點開始", "opening_hours").text
    week_of("what's on this week", EVENTS, week("2026-11-23"))
    printing = [{"intent": "printing_scanning_copying", "start": 0, "end": 90, "answers": []}]
    heard = week_of("順便問下邊度可以印嘢", "printing_scanning_copying", questions=printing)
    assert heard.texts[0] == "There are printers."


@pytest.mark.parametrize("text", ["有冇class教", "有咩workshop搞緊", "有沒有工作坊教這個"])
@pytest.mark.parametrize("intent", [VISITING, REGISTRATION, "nlu_fallback"])
def test_whether_there_is_such_an_event_is_looked_up_whatever_the_topic(week_of, text, intent):
    """Only the calendar knows which workshops there are."""
    assert "Citation clinic" in week_of(text, intent, **unclear(intent)).text


def test_what_else_is_asked_is_none_of_the_events(concert):
    """Printing is not free because the concert is; and the week has other events."""
    printing = [{"intent": "printing_scanning_copying", "start": 0, "end": 90, "answers": []}]

    assert (
        concert("is printing free", "printing_scanning_copying", questions=printing).texts[0] == "There are printers."
    )
    assert "EndNote" in concert("what else is on", EVENTS).text


@pytest.mark.parametrize(
    ("text", "title"),
    [("the second one", "Citation"), ("tell me more abt the 3rd", "concert"), ("the last one?", "concert")],
)
@pytest.mark.parametrize("intent", [EVENTS, "nlu_fallback"])
def test_one_of_a_list_is_counted_out(week_of, text, title, intent):
    """As it was listed: by time."""
    assert title in week_of(text, intent, **unclear()).texts[0]


def test_one_of_a_list_is_named_by_its_kind(week_of):
    """Though its words alone are no topic's; and what is asked of it is told alone."""
    assert "Lunchtime concert" in week_of("the concert", "nlu_fallback", **unclear()).text
    assert week_of("concert is free?", EVENTS, **unclear()).texts == ("“Lunchtime concert”: free.",)


@pytest.mark.parametrize("text", ["is citation clinic on this wk", "is the lunch concert on"])
@pytest.mark.parametrize("intent", ["nlu_fallback", "out_of_scope"])
def test_an_event_that_is_named_is_found_though_the_words_are_unclear(week_of, text, intent):
    """Asking back would be absurd: its title stands there."""
    heard = week_of(text, intent, week("2026-11-23"), **unclear())

    assert heard.names[0] == "utter_events_on_one"


def test_it_may_be_on_another_day_too(concert):
    """ "is it on friday too" asks of it, and not of all that is on."""
    heard = concert("is it also on friday", EVENTS, day("2026-11-27"))

    assert heard.names[0] == "utter_events_none_such"
