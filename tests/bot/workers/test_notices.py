"""From a student's yes to the message and its end: over the real store and workers, on either database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.store import announcements, facts, people, subscriptions
from bot.store.library_tables import ConditionRow, ContestRow, EventRow, ExceptionRow, PlaceRow
from bot.store.message_tables import OutboxRow, PersonRow
from bot.store.subscription_tables import NoticeRow, SubscriptionRow
from connectors.errors import PermanentError, RetryableError
from connectors.messages import Address, Choice, IncomingMessage, Kind
from connectors.reach import Category
from tests.bot.workers.house import ANN, BEN, House, build, text

# Monday 23 November 2026, noon in Hong Kong.
NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
TALK = "talk-on-maps"


@pytest.fixture
def house(engine: Engine) -> House:
    """A Carrel with the sample library and a talk on Thursday, 26 November, at 15:00."""
    made = build(engine)
    made.clock.moment = NOON
    made.script.actions = ("action_events",)
    whose = {"changed_by": "test", "changed_at": NOON}
    with Session(engine, future=True) as opened:
        opened.add(
            PlaceRow(
                key="library",
                name="Library",
                kind="place",
                aliases=[],
                address="",
                where="",
                map_url="",
                note="",
                week=["8:00-23:00"] * 7,
                term_weeks={},
                **whose,
            )
        )
        effect = {"place": "library", "does": "closed", "hours": "", "note": ""}
        opened.add(ConditionRow(key="t8", name="Typhoon signal 8", effects=[effect], **whose))
        opened.add(
            ContestRow(
                key="photos",
                title="Photo contest",
                edition="",
                theme="",
                hashtag="",
                about="",
                closes=NOON - timedelta(days=3),
                may_enter=[],
                may_not_enter=[],
                file_types=[],
                how_to_enter="",
                rules=[],
                awards=[],
                results=[],
                figures="",
                url="",
                **whose,
            )
        )
        opened.add(
            EventRow(
                key=TALK,
                title="Talk: old maps",
                starts=NOON + timedelta(days=3, hours=3),
                ends=NOON + timedelta(days=3, hours=4),
                description="",
                place="Library",
                type="talk",
                registration_url="",
                image_url="",
                audience="",
                rrule="",
                exdates=[],
                all_day=False,
                cancelled=False,
                url="",
                **whose,
            )
        )
        opened.commit()
    return made


def say(house: House, words: str, who: Address = ANN, choice: str | None = None) -> str:
    """Deliver what somebody writes or taps; return the last reply."""
    house.clock.forward(seconds=60)
    said = replace(text(words, id=f"{who.person}{words}{house.clock()}", sender=who), sent_at=house.clock())
    if choice:
        said = replace(said, kind=Kind.POSTBACK, choice=choice)
    house.deliver(said)
    house.work()
    return heard(house, who)[-1]


def heard(house: House, who: Address = ANN) -> list[str]:
    return [words for person, words in house.pigeon.taken if person == who.person]


def change(house: House, table: type, key: str, **values: object) -> None:
    """Change a fact as the console does."""
    with house.engine.begin() as connection:
        mine = table.__table__.c.key == key  # type: ignore[attr-defined]
        connection.execute(sa.update(table.__table__).where(mine).values(**values))  # type: ignore[attr-defined]
        facts.changed(connection)


def tick(house: House, until: datetime, **step: float) -> None:
    """Let the workers work from now until a moment."""
    step = step or {"minutes": 30}
    while house.clock() < until:
        house.clock.moment = min(house.clock() + timedelta(**step), until)
        house.notices.run()
        house.work()


def wants(house: House, topic: str, subject: str, who: Address = ANN) -> None:
    """Have somebody ask to be told, with a tap and a yes."""
    say(house, "Remind me", who, f"/subscribe:{topic}:{subject}")
    say(house, "yes", who)


def whys(house: House) -> list[str]:
    with house.engine.connect() as connection:
        query = sa.select(NoticeRow.__table__.c.why).where(NoticeRow.__table__.c.state == "missed")
        return list(connection.execute(query.order_by(NoticeRow.__table__.c.id)).scalars())


def test_a_wish_is_asked_back_and_only_a_clear_yes_counts(house: House) -> None:
    """The consent is kept with the question, the words, the time and the version."""
    question = say(house, "tell me if the library's hours change")
    say(house, "hmm what is that")
    before = subscriptions.of_person(house.engine, house.people()[0])
    say(house, "tell me if the library's hours change")
    done = say(house, "Yes please!")
    with house.engine.connect() as connection:
        [row] = connection.execute(sa.select(SubscriptionRow.__table__))

    assert question.startswith("Shall I message you here when the hours of Library change")
    assert before == ()
    assert done.startswith("Done")
    assert (row.topic, row.subject, row.asked, row.words, row.version) == (
        "hours",
        "library",
        question,
        "Yes please!",
        1,
    )
    assert row.since == house.clock()


def test_a_no_and_a_later_yes_subscribe_to_nothing(house: House) -> None:
    """A yes to another question is no consent."""
    say(house, "notify me about the photo contest")
    refused = say(house, "no thanks")
    say(house, "when are you open")
    say(house, "yes")

    assert refused == "All right, I won't."
    assert subscriptions.of_person(house.engine, house.people()[0]) == ()


def test_in_chinese_too(house: House) -> None:
    """The question and the answer are in the student's language."""
    assert (
        say(house, "圖書館開放時間有變請通知我").startswith("圖書館的開放時間有變")
        or "開放時間有變" in heard(house)[-1]
    )
    assert "好的，我會告訴你" in say(house, "好呀")
    assert "你請我通知你" in say(house, "我的訂閱")
    assert "我不會再發訊息給你" in say(house, "取消所有提醒")


def test_an_event_is_told_a_day_and_two_hours_before(house: House) -> None:
    """Each once, however often the workers look."""
    house.pigeon.templates = {Category.UTILITY: "news"}
    wants(house, "event", TALK)
    before = len(heard(house))
    tick(house, NOON + timedelta(days=4), hours=1)
    told = heard(house)[before:]

    assert len(told) == 2
    assert "A reminder, as you asked: Talk: old maps, tomorrow, 3 pm – 4 pm, Library." in told[0]
    assert told[1] == "news: A reminder, as you asked: Talk: old maps, today, 3 pm – 4 pm, Library."
    assert subscriptions.of_person(house.engine, house.people()[0]) == ()


def test_who_cannot_be_reached_is_not_tried_in_hope(house: House) -> None:
    """Without a template, nothing goes after the window, and the reason is kept."""
    wants(house, "event", TALK)
    before = len(heard(house))
    tick(house, NOON + timedelta(days=4), hours=1)

    assert heard(house)[before:] == []
    assert whys(house) == ["no_template", "no_template"]


def test_an_event_that_moves_or_is_cancelled_is_told_at_once(house: House) -> None:
    """And is reminded of at its new time."""
    wants(house, "event", TALK)
    change(house, EventRow, TALK, starts=NOON + timedelta(days=4), ends=NOON + timedelta(days=4, hours=1))
    tick(house, house.clock() + timedelta(hours=1))
    moved = heard(house)[-1]
    say(house, "thanks so much")
    house.clock.forward(days=1)
    say(house, "good morning")
    change(house, EventRow, TALK, cancelled=True)
    tick(house, house.clock() + timedelta(hours=1))

    assert moved.startswith("Talk: old maps has been changed. It is now Friday, 12 noon – 1 pm, Library.")
    assert heard(house)[-1].startswith("Talk: old maps will not take place as planned")


def test_at_most_one_a_day_and_none_at_night(house: House) -> None:
    """A second change of the same day waits for the morning, when it may be void; at night nothing goes."""
    wants(house, "event", TALK)
    change(house, EventRow, TALK, place="Learning Commons")
    tick(house, house.clock() + timedelta(minutes=30))
    count = len(heard(house))
    change(house, EventRow, TALK, place="Lobby")
    tick(house, NOON + timedelta(hours=19, minutes=30), hours=3)
    at_night = heard(house)[count:]
    tick(house, NOON + timedelta(hours=21), minutes=20)

    assert at_night == []
    assert [each.splitlines()[0] for each in heard(house)[count:]] == [
        "Talk: old maps has been changed. It is now Thursday, 3 pm – 4 pm, Lobby."
    ]


def test_nothing_after_stop_and_nothing_while_staff_have_the_conversation(house: House) -> None:
    """STOP ends every subscription, even of what is queued already; staff are not interrupted."""
    wants(house, "event", TALK)
    wants(house, "event", TALK, BEN)
    [ann, ben] = house.people()
    with house.engine.begin() as connection:
        connection.execute(
            sa.update(PersonRow.__table__).where(PersonRow.__table__.c.id == ben).values(quiet_since=NOON)
        )
    change(house, EventRow, TALK, place="Lobby")
    house.notices.run()
    count = len(house.pigeon.taken)
    people.stop(house.engine, ann, house.clock())
    house.work()
    tick(house, house.clock() + timedelta(hours=1))

    assert len(house.pigeon.taken) == count
    assert subscriptions.of_person(house.engine, ann) == ()
    assert whys(house) == ["stopped"]


def test_a_worker_killed_in_the_middle_of_a_call_tells_nobody_twice(house: House) -> None:
    """An answer would be sent again; what nobody has just asked for is not."""
    wants(house, "event", TALK)
    change(house, EventRow, TALK, place="Lobby")
    house.notices.run()
    with house.engine.begin() as connection:
        rows = OutboxRow.__table__
        connection.execute(sa.update(rows).where(rows.c.unasked_id.is_not(None)).values(tries=1))
    count = len(heard(house))
    house.work()

    assert heard(house)[count:] == []
    assert whys(house) == ["cut_off"]


def test_a_timeout_is_not_tried_again_but_a_busy_platform_is(house: House) -> None:
    """The first may have arrived; the second surely has not."""
    wants(house, "event", TALK)
    change(house, EventRow, TALK, place="Lobby")
    house.notices.run()
    count = len(heard(house))
    house.pigeon.failures = [RetryableError("busy", code="http 503")]
    house.work()
    tick(house, house.clock() + timedelta(minutes=1), seconds=20)
    told = len(heard(house)) - count
    house.clock.forward(days=1)
    say(house, "hello again")
    change(house, EventRow, TALK, place="Hall")
    house.pigeon.failures = [RetryableError("gone", code="timeout")]
    count = len(heard(house))
    tick(house, house.clock() + timedelta(hours=1))

    assert told == 1
    assert heard(house)[count:] == []
    assert whys(house) == ["cut_off"]


def test_who_refuses_at_the_platform_has_ended_their_subscriptions(house: House) -> None:
    """131050: the person does not want such messages."""
    wants(house, "event", TALK)
    change(house, EventRow, TALK, place="Lobby")
    house.pigeon.failures = [PermanentError("no", code="131050")]
    tick(house, house.clock() + timedelta(minutes=30))

    assert subscriptions.of_person(house.engine, house.people()[0]) == ()


def test_hours_typhoon_and_contest_are_told(house: House) -> None:
    """A closure on the day before; a signal at once and its end; the contest's results."""
    wants(house, "hours", "library")
    wants(house, "contest", "", BEN)
    with Session(house.engine, future=True) as opened:
        opened.add(
            ExceptionRow(
                key="pipes",
                starts=(NOON + timedelta(days=1)).date(),
                ends=(NOON + timedelta(days=1)).date(),
                kind="closed",
                reason="Burst pipe",
                hours="",
                places=["library"],
                changed_by="test",
                changed_at=NOON,
            )
        )
        opened.commit()
    with house.engine.begin() as connection:
        facts.changed(connection)
    tick(house, house.clock() + timedelta(minutes=30))
    closed = heard(house)[-1]
    house.clock.forward(days=1)
    say(house, "hm ok")
    say(house, "hm ok", BEN)
    change(house, ConditionRow, "t8", since=house.clock())
    change(house, ContestRow, "photos", results=[{"award": "First", "title": "Dawn", "by": "", "note": ""}])
    tick(house, house.clock() + timedelta(minutes=30))

    assert closed.startswith("Library, tomorrow: closed (Burst pipe).")
    assert heard(house)[-1].startswith("Typhoon signal 8. Library today: ")
    assert heard(house, BEN)[-1].startswith("The results of Photo contest are out.")


def test_new_events_of_a_kind_are_told_together(house: House) -> None:
    """They are marketing to the platforms: free in the window."""
    wants(house, "events", "workshop")
    with Session(house.engine, future=True) as opened:
        row = opened.scalars(sa.select(EventRow).where(EventRow.key == TALK)).one()
        for number in (1, 2):
            values = {each.name: getattr(row, each.key) for each in EventRow.__table__.columns if each.name != "id"}
            opened.add(EventRow(**{**values, "key": f"w{number}", "title": f"Workshop {number}", "type": "workshop"}))
        opened.commit()
    with house.engine.begin() as connection:
        facts.changed(connection)
    count = len(heard(house))
    tick(house, house.clock() + timedelta(hours=1))

    assert len(heard(house)) == count + 1
    assert "• Workshop 1, Thursday, 3 pm – 4 pm, Library\n• Workshop 2" in heard(house)[-1]


def test_an_answer_about_one_event_offers_a_reminder(house: House) -> None:
    """Once: not to who has it already."""
    choice = Choice("Remind me", f"/subscribe:event:{TALK}")
    worker = house.answer.subscribing
    assert worker is not None
    say(house, "what is on thursday")
    person = people.get(house.engine, house.people()[0])
    turn = replace(
        house.script.reply_to(IncomingMessage("1", Kind.TEXT, ANN, NOON, text="x"), "c"),
        understanding={"actions": ["action_events"], "event": TALK},
    )
    first = worker.offering(person, turn, house.pigeon, house.clock())  # type: ignore[arg-type]
    wants(house, "event", TALK)
    second = worker.offering(person, turn, house.pigeon, house.clock())  # type: ignore[arg-type]

    assert first[-1].choices == (choice,)
    assert second[-1].choices == ()


def test_the_list_shows_what_there_is_and_ends_one(house: House) -> None:
    """By number, by topic, or all."""
    wants(house, "event", TALK)
    wants(house, "contest", "")
    shown = say(house, "what did i subscribe to?")
    ended = say(house, "stop the event ones")
    left = [each.topic for each in subscriptions.of_person(house.engine, house.people()[0])]

    assert "• Talk: old maps (since " in shown
    assert "• the photo contest (since " in shown
    assert ended == "Done: I won't tell you about Talk: old maps any more."
    assert left == ["contest"]
    assert say(house, "stop the reminders") == "Done: I won't message you any more unless you write to me."


@pytest.mark.parametrize(
    ("said", "told", "left"),
    [
        ("STOP.", "re: /stop", 0),
        ("stop these", "re: /stop_asked", 2),
        ("https://x.y/stop", "re: https://x.y/stop", 2),
        ("is there a bus stop", "re: is there a bus stop", 2),
        ("stop the announcements", "Done: I won't message you any more unless you write to me.", 0),
    ],
)
def test_only_words_that_end_messages_end_a_subscription(house: House, said: str, told: str, left: int) -> None:
    """What is more than an order, or a link, is a question for the dialogue."""
    house.script.rule = lambda message: f"re: {message.choice or message.text}"
    wants(house, "hours", "library")
    wants(house, "event", TALK)
    answer = say(house, said)

    assert answer == told
    assert len(subscriptions.of_person(house.engine, house.people()[0])) == left


def prefers(house: House, wanted: str, at: datetime, who: Address = ANN) -> None:
    """Have somebody stop or resume marketing messages in their platform's settings."""
    details = {"marketing": wanted}
    house.deliver(IncomingMessage(f"{who.person}{wanted}{at}", Kind.OPTIN, who, at, details=details))


def ended(house: House) -> list[tuple[str, str]]:
    """Return the subscriptions that are over, with what ended them."""
    rows = SubscriptionRow.__table__.c
    with house.engine.connect() as connection:
        query = sa.select(rows.topic, rows.ended_by).where(rows.ended_at.is_not(None)).order_by(rows.id)
        return [tuple(row) for row in connection.execute(query)]


def test_who_stops_marketing_on_the_platform_has_no_news_of_events_and_keeps_reminders(house: House) -> None:
    """The consent ends with its source; marketing announcements leave them out; resuming subscribes to nothing."""
    say(house, "notify me about new events")
    say(house, "yes")
    wants(house, "hours", "library")
    prefers(house, "stop", house.clock() + timedelta(seconds=1))
    assert ended(house) == [("events", "platform")]
    for category in Category:
        number = announcements.write(
            house.engine,
            None,
            topic="hours",
            subject="",
            category=category,
            texts={"en": f"A {category} announcement."},
            who="lib",
            now=house.clock(),
        )
        each = announcements.get(house.engine, number)
        assert each
        counted = announcements.count(house.engine, each, {"pigeon": house.pigeon.rules}, {}, house.clock())
        assert counted.none == ({"marketing": 1} if category is Category.MARKETING else {})
        announcements.start(house.engine, number, "lib", house.clock(), needs_other=False, counted=counted)
    tick(house, house.clock() + timedelta(hours=2))

    assert [words.split("\n")[0] for words in heard(house) if "announcement" in words] == ["A utility announcement."]
    assert whys(house) == ["marketing"]
    prefers(house, "resume", house.clock())
    assert [each.topic for each in subscriptions.of_person(house.engine, house.people()[0])] == ["hours"]


def test_marketing_that_is_on_its_way_is_left_when_its_person_stops_it(house: House) -> None:
    wants(house, "hours", "library")
    house.pigeon.failures = [RetryableError("away", code="500")]
    number = announcements.write(
        house.engine, None, topic="hours", subject="", category="marketing", texts={"en": "Buy!"}, who="lib", now=NOON
    )
    counted = announcements.Count(1)
    announcements.start(house.engine, number, "lib", house.clock(), needs_other=False, counted=counted)
    house.notices.run()
    house.work()
    prefers(house, "stop", house.clock())
    tick(house, house.clock() + timedelta(hours=1))

    assert "Buy!" not in "".join(heard(house))
    assert whys(house) == ["marketing"]


def test_preferences_that_arrive_in_the_wrong_order_and_of_strangers(house: House) -> None:
    """The later one counts, a yes after it stands, and a stranger is not made known by it."""
    say(house, "hello")
    noon = house.clock()
    prefers(house, "resume", noon - timedelta(minutes=1))
    prefers(house, "stop", noon - timedelta(minutes=2))
    prefers(house, "stop", noon, BEN)
    with house.engine.connect() as connection:
        rows = connection.execute(sa.select(PersonRow.__table__.c.person, PersonRow.__table__.c.no_marketing_at)).all()
    assert [tuple(row) for row in rows] == [("ann", None)]
    prefers(house, "stop", noon)
    house.clock.forward(minutes=1)
    say(house, "notify me about new events")
    say(house, "yes")
    prefers(house, "stop", noon - timedelta(hours=1))

    def standing() -> object:
        assert ended(house) == []
        with house.engine.connect() as connection:
            return connection.execute(sa.select(PersonRow.__table__.c.no_marketing_at)).scalar_one()

    assert standing() is None
    prefers(house, "stop", noon + timedelta(seconds=30))  # before the yes, and heard of after it
    assert standing() is None
