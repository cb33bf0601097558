"""The way of a message: webhook's events in, platform's calls out, over a real store; only the dialogue is scripted."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot import language
from bot.store import inbox, outbox, people, threads, turns, waits
from bot.store.figures import figures
from bot.workers.retries import awake
from connectors.channel import Pace
from connectors.errors import OperatorError, PermanentError, RetryableError
from connectors.messages import Address, Choice, IncomingMessage, Kind, Reply
from tests.bot.workers.house import ANN, BEN, START, House, text


def test_a_message_is_answered_once_however_often_it_is_delivered(house: House) -> None:
    """Five deliveries of one message, some in one webhook, give one answer."""
    house.deliver(text("hi"), text("hi"))
    house.work()
    for _ in range(3):
        assert house.deliver(text("hi")).new == 0
        house.work()

    assert house.pigeon.taken == [("ann", "re: hi")]
    assert inbox.counts(house.engine) == {"answered": 1}


def test_a_persons_messages_are_answered_in_the_platforms_order(house: House) -> None:
    """Messages that arrive out of order are answered by the platform's time, each answer whole before the next."""
    house.script.rule = lambda message: f"{message.text} a|{message.text} b"
    house.deliver(text("three", after=3), text("one", after=1), text("two", after=2))
    house.work()

    assert [words for _, words in house.pigeon.taken] == ["one a", "one b", "two a", "two b", "three a", "three b"]


def test_people_have_conversations_of_their_own_that_do_not_show_their_ids(house: House) -> None:
    """The dialogue knows people by a made-up name, one each, the same from message to message."""
    house.deliver(text("hi"), text("hi", sender=BEN), text("again", after=1))
    house.work()

    assert len(set(house.script.asked)) == 2
    assert not {"ann", "ben"} & set(house.script.asked)


def test_two_workers_never_answer_one_message_twice(house: House) -> None:
    """Workers that start at the same instant on the same person leave one answer."""
    barrier = threading.Barrier(4)
    house.deliver(*(text(f"m{number}", after=number) for number in range(5)))
    person = inbox.people_due(house.engine, house.clock())[0]

    def run() -> None:
        barrier.wait()
        house.answer.run(person)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    house.work()

    assert [words for _, words in house.pigeon.taken] == [f"re: m{number}" for number in range(5)]


def test_a_killed_workers_person_is_served_again_when_its_lease_ends(house: House) -> None:
    """A lease whose holder never comes back holds a person up for a minute, not for ever."""
    from bot.store import people

    house.deliver(text("hi"))
    person = inbox.people_due(house.engine, house.clock())[0]
    assert people.lease(house.engine, person, "answer", "killed", house.clock(), 60)
    house.work()
    assert house.pigeon.taken == []

    house.clock.forward(seconds=61)
    house.work()

    assert house.pigeon.taken == [("ann", "re: hi")]


def test_a_dialogue_that_is_down_delays_the_answer_and_keeps_the_order(house: House) -> None:
    """While Rasa is away nothing is lost, and what came later waits behind what came first."""
    house.script.down = True
    house.deliver(text("first"), text("second", after=1))
    house.work()
    assert house.pigeon.taken == []

    house.script.down = False
    house.clock.forward(seconds=30)
    house.work()

    assert [words for _, words in house.pigeon.taken] == ["re: first", "re: second"]


def test_a_dialogue_that_stays_down_gives_a_holding_answer_and_the_message_to_staff(house: House) -> None:
    """After ten minutes the student is told to hold, and the message is marked for staff."""
    house.script.down = True
    house.deliver(text("hi"))
    for _ in range(60):
        house.work()
        house.clock.forward(seconds=15)
    house.work()

    assert house.pigeon.taken == [("ann", "please hold")]
    assert inbox.counts(house.engine) == {"failed": 1}


def test_a_message_that_breaks_the_dialogue_does_not_hold_a_person_up_for_ever(house: House) -> None:
    """An unexpected error is retried like an outage, then passed by."""

    def rule(message: IncomingMessage) -> str:
        if message.text == "bad":
            raise RuntimeError("a surprise")
        return "fine"

    house.script.rule = rule
    house.deliver(text("bad"), text("good", after=1))
    for _ in range(60):
        house.work()
        house.clock.forward(seconds=15)
    house.work()

    assert [words for _, words in house.pigeon.taken] == ["please hold", "fine"]


def test_an_old_message_is_kept_for_staff_and_not_answered(house: House) -> None:
    """What a platform delivers an hour late is not answered as if it were fresh."""
    house.clock.forward(hours=2)
    house.deliver(text("are you open now"))
    house.work()

    assert house.pigeon.taken == []
    assert inbox.counts(house.engine) == {"stale": 1}
    [thread] = waits.waiting(house.engine)
    assert (thread.why, thread.quiet) == (threads.TOO_LATE, False)


def test_an_old_stop_or_an_old_tap_waits_for_nobody(house: House) -> None:
    """Nor do the words of somebody who wants no answers."""
    house.clock.forward(hours=2)
    house.deliver(replace(text("Printing"), kind=Kind.POSTBACK, choice="/printing"))
    house.deliver(text("STOP", id="stop"))
    house.deliver(text("are you open now", id="later"))

    assert waits.waiting(house.engine) == []


def test_what_needs_no_answer_is_recorded(house: House) -> None:
    """A reaction or an echo is kept and leads to no turn."""
    house.deliver(text("hi"))
    house.work()
    house.deliver(IncomingMessage("r1", Kind.REACTION, ANN, START), IncomingMessage("x", Kind.IGNORED, None, START))
    house.work()

    assert len(house.script.asked) == 1
    assert inbox.counts(house.engine) == {"answered": 1, "recorded": 2}


def test_a_retryable_failure_waits_as_long_as_the_platform_asks_and_keeps_the_order(house: House) -> None:
    """Retry-After is honoured, and the second part never overtakes the first."""
    house.script.rule = lambda message: "a|b"
    house.pigeon.failures = [RetryableError("Too many calls.", code="613", retry_after=120)]
    house.deliver(text("hi"))
    house.work()
    house.clock.forward(seconds=119)
    house.work()
    assert house.pigeon.taken == []

    house.clock.forward(seconds=2)
    house.work()

    assert house.pigeon.taken == [("ann", "a"), ("ann", "b")]


def test_each_delay_grows_as_the_platform_wants_it(house: House) -> None:
    """After 4^2 seconds and no sooner than half of that (the jitter) is the third try made."""
    house.pigeon.failures = [RetryableError("Too many to one person.", code="131056", growth=4.0) for _ in range(3)]
    house.deliver(text("hi"))
    for seconds in (0, 1.01, 4.01, 7.9):
        house.clock.forward(seconds=seconds)
        house.work()
    assert house.pigeon.taken == []

    house.clock.forward(seconds=8.2)
    house.work()

    assert house.pigeon.taken == [("ann", "re: hi")]


def test_nobody_is_sent_more_than_the_platform_takes_for_one_person(house: House) -> None:
    """The burst goes at once, what is beyond it later, in order, and without asking the platform in vain."""
    house.pigeon.pace = Pace(burst=3, seconds=6.0)
    house.script.rule = lambda message: "a|b|c|d"
    house.deliver(text("hi"))
    house.work()
    assert [words for _, words in house.pigeon.taken] == ["a", "b", "c"]

    house.clock.forward(seconds=17.9)
    house.work()
    assert len(house.pigeon.taken) == 3

    house.clock.forward(seconds=0.2)
    house.work()
    assert [words for _, words in house.pigeon.taken] == ["a", "b", "c", "d"]


def test_what_the_platform_took_and_could_not_deliver_for_a_time_is_sent_again(house: House) -> None:
    """A passing failure that is reported afterwards puts the call back into the line; a lasting one closes it."""
    house.deliver(text("hi"))
    house.work()
    passing = {"code": "63018", "reason": "Too many.", "retry": True}
    for number in range(1, 6):
        at = house.clock()
        report = IncomingMessage(
            f"f{number}", Kind.STATUS, ANN, at, status="failed", refers_to=(f"id-{number}",), details=passing
        )
        house.deliver(report)
        house.clock.forward(seconds=31)
        house.work()

    assert house.pigeon.taken == [("ann", "re: hi")] * 4
    assert outbox.counts(house.engine) == {"failed": 1}


def test_retries_end_with_a_reason_that_staff_can_read(house: House) -> None:
    """A platform that never takes a call is given up on, and said so."""
    house.pigeon.failures = [RetryableError("The platform had an error.", code="http 500") for _ in range(50)]
    house.deliver(text("hi"))
    for _ in range(40):
        house.work()
        house.clock.forward(hours=3)

    assert outbox.counts(house.engine) == {"failed": 1}


def test_a_permanent_failure_does_not_hold_up_what_comes_after(house: House) -> None:
    """A part that can never go is marked as failed, and the next is sent."""
    house.script.rule = lambda message: "a|b"
    house.pigeon.failures = [PermanentError("The window has closed.", code="10/2018278")]
    house.deliver(text("hi"))
    house.work()

    assert house.pigeon.taken == [("ann", "b")]
    assert outbox.counts(house.engine) == {"failed": 1, "sent": 1}


def test_an_expired_token_raises_an_alarm_loses_nothing_and_ends_with_the_next_success(house: House) -> None:
    """The operator is told; the rows wait; the alarm ends when a call goes through."""
    house.pigeon.failures = [OperatorError("The access token has expired: renew it.", code="190")]
    house.deliver(text("hi"))
    house.work()
    assert outbox.alarms(house.engine) == {"pigeon": "The access token has expired: renew it."}
    assert house.pigeon.taken == []

    house.clock.forward(seconds=61)
    house.work()

    assert house.pigeon.taken == [("ann", "re: hi")]
    assert outbox.alarms(house.engine) == {}


def test_receipts_close_rows_in_any_order_and_never_go_back(house: House) -> None:
    """Read by watermark, then a late delivered by id: the row stays read."""
    house.deliver(text("hi"))
    house.work()
    later = house.clock() + timedelta(seconds=5)
    house.deliver(IncomingMessage("s1", Kind.STATUS, ANN, later, status="read", watermark=later))
    house.deliver(IncomingMessage("s2", Kind.STATUS, ANN, later, status="delivered", refers_to=("id-1",)))

    assert outbox.counts(house.engine) == {"read": 1}


def test_typing_is_shown_before_the_answer_goes(house: House) -> None:
    """The courtesy has gone by the time that the answer is sent."""
    house.deliver(text("hi"))
    house.work()

    assert house.pigeon.courtesies_taken == ["ann"]
    assert house.pigeon.taken == [("ann", "re: hi")]


def test_the_turn_keeps_what_was_understood_and_said(house: House) -> None:
    """Staff can later read intent, timing and replies of the turn."""
    house.deliver(text("hi"))
    person = inbox.people_due(house.engine, house.clock())[0]
    house.work()
    (turn,) = turns.of_person(house.engine, person)

    assert turn["understanding"]["intent"]["name"] == "any"
    assert turn["understanding"]["timings"]["dialogue_ms"] >= 0
    assert turn["replies"][0]["text"] == "re: hi"


def chosen(message: IncomingMessage) -> str:
    """Answer with what a message is taken for."""
    return f"re: {message.choice or message.text}"


def offers(house: House, *choices: Choice) -> None:
    """Have the next message answered with choices, and those after it with none."""
    house.script.rule = chosen
    house.script.choices = choices
    house.deliver(text("help"))
    house.work()
    house.script.choices = ()


WIFI, HOURS = Choice("Wi-Fi", "/wifi"), Choice("Opening hours", "/opening_hours")


@pytest.mark.parametrize(
    "said",
    [
        *("2️⃣", "two", "(2)", "2!", "②", "\u200e2", "2, please", "the second one", "option two", "no. 2", "２", "二"),
        *("第二", "第二個", "第二个", "揀二", "我要第二個", "第2項唔該", "二啦"),
        *(
            "第二個",
            "2.",
            "#2",
            "opening HOURS",
            "Opening hours.",
            "“Opening hours”",
            "ＯＰＥＮＩＮＧ hours",
            "pls 2 thx",
        ),
    ],
)
def test_a_number_or_a_title_is_the_choice_that_was_just_offered(house: House, said: str) -> None:
    """However it is written."""
    offers(house, WIFI, HOURS)
    house.deliver(text(said, after=1))
    house.work()

    assert house.pigeon.taken[-1] == ("ann", "re: /opening_hours")


@pytest.mark.parametrize("said", ["2 december", "2:30", "2nd floor", "two books", "25/12", "at 2", "2 pm"])
def test_a_number_among_other_words_is_no_choice(house: House, said: str) -> None:
    """It is a time, a date, a place."""
    offers(house, WIFI, HOURS)
    house.deliver(text(said, after=1))
    house.work()

    assert house.pigeon.taken[-1] == ("ann", f"re: {said}")


def test_numbers_hold_for_the_day_and_titles_for_what_was_just_said(house: House) -> None:
    """The list has scrolled away: its numbers are still its, and its titles are words again."""
    offers(house, WIFI, HOURS)
    for number, said in enumerate(["2", "thanks", "1.", "opening HOURS", "7"], start=1):
        house.deliver(text(said, after=number))
        house.work()

    assert [said for _, said in house.pigeon.taken[1:]] == [
        "re: /opening_hours",
        "re: thanks",
        "re: /wifi",
        "re: opening HOURS",
        "re: 7",
    ]


def test_a_number_beyond_the_list_is_told_with_what_there_is(house: House) -> None:
    """And the list stands there once more."""
    offers(house, WIFI, HOURS)
    house.deliver(text("3", after=1))
    house.work()
    (person,) = house.people()
    shown = turns.of_person(house.engine, person)[-1]["replies"][-1]["choices"]

    assert house.pigeon.taken[-1] == ("ann", "re: /no_such_choice")
    assert [each["title"] for each in shown] == ["Wi-Fi", "Opening hours"]


def test_a_number_that_quotes_an_older_list_is_of_that_list(house: House) -> None:
    """The student has scrolled back and answered that message."""
    offers(house, WIFI, HOURS)
    offers_again = (Choice("Donate", "/donate"), Choice("Lockers", "/lockers"))
    house.script.choices = offers_again
    house.deliver(text("what else", after=1))
    house.work()
    house.script.choices = ()
    house.deliver(replace(text("1", after=2), reply_to="id-1"))
    house.work()

    assert house.pigeon.taken[-1] == ("ann", "re: /wifi")


def test_a_number_with_nothing_offered_is_a_message(house: House) -> None:
    """Students do write numbers."""
    house.script.rule = chosen
    house.deliver(text("2"))
    house.work()

    assert house.pigeon.taken == [("ann", "re: 2")]


def test_stop_is_confirmed_and_then_kept_until_start(house: House) -> None:
    """The whole message alone; what is written meanwhile is on record for staff, unanswered."""
    house.script.rule = chosen
    for number, said in enumerate(["how do I stop a renewal", " Stop ", "are you open?", "START", "are you open??"]):
        house.deliver(text(said, after=number))
        house.work()

    assert [said for _, said in house.pigeon.taken] == [
        "re: how do I stop a renewal",
        "re: /stop",
        "re: /start_again",
        "re: are you open??",
    ]
    assert inbox.counts(house.engine) == {"answered": 4, "recorded": 1}


def test_stop_holds_for_what_came_with_it(house: House) -> None:
    """Two messages in one webhook: the second is not answered any more."""
    house.deliver(text("STOP"), text("are you open?", after=1))
    house.work()

    assert house.pigeon.taken == [("ann", "re: STOP")]


def test_start_of_somebody_who_has_not_stopped_is_a_message(house: House) -> None:
    """As it is on a new chat."""
    house.script.rule = chosen
    house.deliver(text("start"))
    house.work()

    assert house.pigeon.taken == [("ann", "re: start")]


def test_an_answer_after_the_platforms_window_is_shown_as_not_sent(house: House) -> None:
    """Never as sent; staff read why."""
    house.pigeon.failures = [RetryableError("Busy.", retry_after=86_300)]
    house.deliver(text("hi"))
    house.work()
    house.clock.forward(hours=24, minutes=1)
    house.work()

    assert house.pigeon.taken == []
    assert outbox.counts(house.engine) == {"failed": 1}


def test_a_person_with_two_ids_is_one_person(house: House) -> None:
    """A user id beside a number: who writes under one is known under the other, in the same conversation."""
    both = replace(text("one"), details={"user_id": "US.1"})
    house.deliver(both)
    house.deliver(text("two", sender=Address("pigeon", "US.1"), after=1))
    house.deliver(replace(text("three", sender=Address("pigeon", "US.2"), after=2), details={"user_id": "US.2"}))
    house.deliver(replace(text("four", sender=Address("pigeon", "852"), after=3), details={"user_id": "US.2"}))
    house.work()

    assert house.pigeon.taken == [("ann", "re: one"), ("ann", "re: two"), ("852", "re: three"), ("852", "re: four")]
    assert len(set(house.script.asked)) == 2


def test_a_person_who_moves_keeps_the_conversation(house: House) -> None:
    """A new number, the same person."""
    house.deliver(text("one"))
    house.work()
    house.deliver(IncomingMessage("s", Kind.SYSTEM, ANN, START + timedelta(seconds=1), details={"moved_to": "anna"}))
    house.deliver(text("two", sender=Address("pigeon", "anna"), after=2))
    house.work()

    assert house.pigeon.taken == [("ann", "re: one"), ("anna", "re: two")]
    assert len(set(house.script.asked)) == 1


def test_the_figures_tell_what_waits_how_long_and_what_a_turn_costs(house: House) -> None:
    """For whoever keeps it running."""
    house.pigeon.failures.append(RetryableError("busy"))
    house.deliver(text("one"))
    house.work()
    house.clock.forward(seconds=10)
    house.work()
    house.script.down = True
    house.deliver(text("two", after=1))
    house.clock.forward(seconds=90)
    told = {(name, *sorted(labels.values())): value for name, _, labels, value in figures(house.engine, house.clock())}

    assert told["carrel_inbox_rows", "waiting"] == 1
    assert told["carrel_inbox_oldest_seconds",] == 90
    assert told["carrel_outbox_rows", "pigeon", "waiting"] == 0
    assert told["carrel_outbox_rows", "pigeon", "sent"] == 1
    assert told["carrel_outbox_repeated_rows", "pigeon"] == 1
    assert told["carrel_outbox_oldest_seconds",] == 0
    assert told["carrel_turn_milliseconds", "0.95", "dialogue"] >= 0
    assert told["carrel_messages_per_answer", "pigeon"] == 1


def test_what_a_turn_asks_of_staff_is_on_record(house: House) -> None:
    """With the message that asked for it; once, however often it is delivered."""
    house.script.requests = ("contact_librarian",)
    house.deliver(text("a person please"), text("a person please"))
    house.work()
    [thread] = waits.waiting(house.engine)

    assert (thread.why, thread.opened_at) == ("contact_librarian", START)


def break_writes(engine: Engine, words: str, times: int) -> list[str]:
    """Let the next `times` statements that hold `words` fail as they do while the store is away; returns which did."""
    failed: list[str] = []

    @sa.event.listens_for(engine, "before_cursor_execute")
    def fail(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if words in statement and len(failed) < times:
            failed.append(statement)
            raise sa.exc.OperationalError(statement, {}, Exception("the store is away"))

    return failed


def test_what_the_platform_took_is_not_sent_again_when_the_store_was_away(house: House) -> None:
    failed = break_writes(house.engine, "platform_id=", 3)
    house.deliver(text("hello"))
    house.work()

    house.clock.forward(hours=1)
    house.work()
    assert len(failed) == 3
    assert house.pigeon.taken == [("ann", "re: hello")]


def test_a_store_that_is_away_ends_a_task_quietly_and_loses_nothing(house: House) -> None:
    house.deliver(text("hello"))
    broken = break_writes(house.engine, "INSERT INTO turns", 1)
    awake(house.answer.run)(inbox.people_due(house.engine, house.clock())[0])
    assert len(broken) == 1
    assert house.pigeon.taken == []

    house.clock.forward(minutes=1)
    house.work()
    assert house.pigeon.taken == [("ann", "re: hello")]


def test_a_person_is_answered_in_the_language_they_write_and_it_is_remembered(house: House) -> None:
    """The dialogue is told it with each message: a short word or a tapped choice leaves the one before."""
    house.script.rule = lambda message: f"{language.told(message)}: {message.choice or message.text}"
    tapped = replace(text("Opening hours", after=4), choice="/opening_hours")
    house.deliver(
        text("hi"), text("圖書館今日開到幾點", after=1), text("ok", after=2), text("can i eat here", after=3), tapped
    )
    house.work()

    assert [words for _, words in house.pigeon.taken] == [
        "en: hi",
        "zh-Hant: 圖書館今日開到幾點",
        "zh-Hant: ok",
        "en: can i eat here",
        "en: /opening_hours",
    ]
    house.deliver(text("图书馆几点关门", after=5))
    house.work()
    assert people.get(house.engine, house.people()[0]).language == "zh-Hans"


def test_who_asks_for_a_language_is_answered_in_it(house: House) -> None:
    """In words or by the menu; whoever is new and taps is answered in the language of the words on the button."""
    house.script.rule = lambda message: f"{language.told(message)}: {message.choice or message.text}"
    menu = replace(text("简体中文", after=1), choice="/speak_zh_hans")
    house.deliver(text("講中文得唔得"), menu, text("thanks", after=2), text("English please", after=3))
    house.work()

    assert [words for _, words in house.pigeon.taken] == [
        "zh-Hant: 講中文得唔得",
        "zh-Hans: /speak_zh_hans",
        "zh-Hans: thanks",
        "en: English please",
    ]
    house.deliver(replace(text("開放時間", sender=BEN), choice="/opening_hours"))
    house.work()
    assert house.pigeon.taken[-1] == ("ben", "zh-Hant: /opening_hours")


def test_who_has_to_wait_too_long_is_told_so_in_their_language(house: House) -> None:
    """The answer of last resort comes from the store, in each language."""
    house.answer = replace(house.answer, holding=lambda spoken: (Reply(f"please hold ({spoken})"),))
    house.script.down = True
    house.deliver(text("圖書館幾點關門"))
    for _ in range(12):
        house.work()
        house.clock.forward(minutes=2)

    assert house.pigeon.taken == [("ann", "please hold (zh-Hant)")]
