"""A person instead of the bot, and the bot back again: who speaks when, over the real store and workers."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.handover import FREE, NONE, TAG, TEMPLATE, shown_name
from bot.store import (
    forgetting,
    inbox,
    judgements,
    library,
    people,
    threads,
    threads_shown,
    transcripts,
    turns,
    waits,
)
from bot.store.message_tables import OutboxRow
from bot.store.threads import Thread, ThreadError
from connectors.channel import Late
from connectors.messages import Address, Choice, IncomingMessage, Kind
from tests.bot.workers.house import ANN, START, House, build, text
from tests.stores import sampled

ASKED = "i want to talk to somebody"


@pytest.fixture
def house(engine: Engine) -> House:
    """A Carrel with the sample library, whose bot hands over who asks for a person."""
    made = build(engine)
    sampled(engine, START)
    made.script.wishes = {
        ASKED: "contact_librarian",
        "i cant go on": "distress",
        "huh": "failures",
        "ok later": "answer_later",
    }
    return made


def thread_of(house: House, who: Address = ANN) -> Thread:
    with house.engine.begin() as connection:
        person_id = people.find_or_add(connection, who, house.clock()).id
    found = threads.open_of(house.engine, person_id)
    assert found is not None
    return found


def handed(house: House, who: Address = ANN, words: str = ASKED) -> Thread:
    """Return the thread of somebody who has asked for a person."""
    house.deliver(text(words, sender=who))
    house.work()
    return thread_of(house, who)


def heard(house: House, who: Address = ANN) -> list[str]:
    return [words for person, words in house.pigeon.taken if person == who.person]


def said(house: House, words: str, *, after: float = 60, sender: Address = ANN) -> None:
    house.clock.forward(seconds=after)
    house.deliver(
        replace(text(words, id=f"{sender.person}:{words}:{house.clock()}", sender=sender), sent_at=house.clock())
    )
    house.work()


def event(kind: Kind, sender: Address, at: object, **more: object) -> IncomingMessage:
    return IncomingMessage(id=f"{kind}:{at}:{more}", kind=kind, sender=sender, sent_at=at, **more)  # type: ignore[arg-type]


def test_who_asks_for_a_person_gets_one_and_then_the_bot_again(house: House) -> None:
    """The whole way: asked, taken, answered, answered back, closed; the bot is quiet in between and says when."""
    thread = handed(house)
    said(house, "it is about a book")
    house.handover.claim(thread.id, "ada.wong")
    house.handover.reply(thread.id, "ada.wong", "Hello, how can I help?", "t1")
    house.work()
    said(house, "my book is lost")
    house.handover.reply(thread.id, "ada.wong", "I have put it right.", "t2")
    house.handover.close(thread.id, "ada.wong")
    house.work()
    said(house, "thanks, when are you open")

    assert heard(house)[0] == f"re: {ASKED}"
    assert heard(house)[1].startswith("Ada Wong from the library is here")
    assert heard(house)[2:4] == ["Hello, how can I help?", "I have put it right."]
    assert "Did it help you?" in heard(house)[4]
    assert heard(house)[5:] == ["re: thanks, when are you open"]
    assert inbox.counts(house.engine) == {"answered": 2, "kept": 2}


def test_a_sure_question_is_answered_while_nobody_has_come(house: House) -> None:
    """And not when somebody has: then it is theirs. The way back stands beneath it."""
    thread = handed(house)
    house.script.actions = ("action_opening_hours",)
    said(house, "when does the desk close")
    said(house, "my book was stolen and i need help")
    house.handover.claim(thread.id, "ada")
    said(house, "when does the cafe close")
    shown = turns.of_person(house.engine, thread.person_id)[1]["replies"][-1]["choices"]

    assert heard(house)[1] == "re: when does the desk close"
    assert [each["title"] for each in shown] == ["Go on with the bot"]
    assert inbox.counts(house.engine) == {"answered": 2, "kept": 2}
    assert threads.open_of(house.engine, thread.person_id).state == "held"


def test_what_the_bot_would_have_said_is_kept_for_the_staff(house: House) -> None:
    """From a conversation of its own, so that the bot's memory of the student stays as it was."""
    thread = handed(house)
    said(house, "how late are you open")
    [kept] = [each for each in transcripts.transcript(house.engine, thread.person_id).said if each.state == "kept"]

    assert [reply.text for reply in turns.suggested(house.engine, kept.id)] == ["re: how late are you open"]
    assert kept.replies == ()
    assert house.script.asked[-1] == f"aside-{house.script.asked[0]}"


def test_a_message_is_kept_for_staff_even_while_the_dialogue_is_down(house: House) -> None:
    thread = handed(house)
    house.script.down = True
    said(house, "please hurry")

    assert inbox.counts(house.engine) == {"answered": 1, "kept": 1}
    assert threads.get(house.engine, thread.id).student_at == house.clock()


def test_of_two_librarians_who_claim_at_once_one_wins_and_the_other_is_told(house: House) -> None:
    thread = handed(house)
    barrier, won, told = threading.Barrier(2), [], []

    def claim(who: str) -> None:
        barrier.wait()
        try:
            won.append(house.handover.claim(thread.id, who).holder)
        except ThreadError as error:
            told.append(str(error))

    both = [threading.Thread(target=claim, args=(who,)) for who in ("ada", "bo")]
    for each in both:
        each.start()
    for each in both:
        each.join()
    house.work()

    assert len(won) == 1
    assert told == [f"{won[0]} has this conversation."]
    assert len([words for words in heard(house) if "is here" in words]) == 1


def test_only_who_has_the_thread_can_reply(house: House) -> None:
    """Words that meet another's thread are not sent, and whoever wrote them is told."""
    thread = handed(house)
    with pytest.raises(ThreadError, match="take it first"):
        house.handover.reply(thread.id, "ada", "Hello?", "t")
    house.handover.claim(thread.id, "ada")
    house.handover.pass_on(thread.id, by="ada", to="bo")
    with pytest.raises(ThreadError, match="bo has this conversation"):
        house.handover.reply(thread.id, "ada", "Hello?", "t")
    house.work()

    assert not any("Hello?" in words for words in heard(house))


@pytest.mark.parametrize("comes", ["takes it", "answers at once"])
def test_who_was_given_a_thread_is_here_only_once_they_have_come(house: House, comes: str) -> None:
    """The student hears of a colleague with their coming, once; until then staff are reminded of the thread."""
    thread = handed(house)
    house.handover.claim(thread.id, "ada")
    house.handover.pass_on(thread.id, by="ada", to="bo")
    house.work()
    assert [words for words in heard(house) if "Bo" in words] == []
    assert [each.id for each in waits.due(house.engine, house.clock(), house.clock())] == [thread.id]
    if comes == "takes it":
        house.handover.claim(thread.id, "bo")
    house.handover.reply(thread.id, "bo", "Hello", "t")
    house.handover.reply(thread.id, "bo", "Still there?", "u")
    house.work()

    [here] = [words for words in heard(house) if "Bo" in words]
    assert "is here" in here
    assert heard(house)[-3:] == [here, "Hello", "Still there?"]
    assert waits.due(house.engine, house.clock(), house.clock()) == []


def test_a_button_pressed_twice_says_it_once(house: House) -> None:
    thread = handed(house)
    house.handover.claim(thread.id, "ada")
    for _ in range(2):
        house.handover.reply(thread.id, "ada", "Hello", "one token")
    house.work()

    assert heard(house).count("Hello") == 1


def test_the_student_can_go_on_with_the_bot_while_nobody_has_come(house: House) -> None:
    """The wish stays with the staff; a librarian who has the thread is not sent away by the button."""
    thread = handed(house)
    house.script.choices = (Choice("Go on with the bot", "/handover_back"),)
    back = replace(text("Go on with the bot", id="tap"), choice="/handover_back")
    house.deliver(back)
    house.work()
    said(house, "hours?")

    assert heard(house)[-2:] == ["re: Go on with the bot", "re: hours?"]
    assert [each.id for each in waits.waiting(house.engine)] == [thread.id]

    house.handover.claim(thread.id, "ada")
    house.deliver(replace(back, id="tap again"))
    house.work()
    assert heard(house)[-1].startswith("Ada from the library")


@pytest.mark.parametrize("words", ["i cant go on", "huh", "ok later"])
def test_who_did_not_ask_for_a_person_is_answered_by_the_bot_until_somebody_comes(house: House, words: str) -> None:
    """Words of distress above all: nobody is left alone with a silent bot."""
    thread = handed(house, words=words)
    said(house, "hello?")
    house.handover.claim(thread.id, "ada")
    said(house, "still there?")

    assert "re: hello?" in heard(house)
    assert "re: still there?" not in heard(house)


def test_the_most_urgent_reason_is_the_threads(house: House) -> None:
    """One open thread a person, whatever else they need."""
    thread = handed(house, words="huh")
    said(house, "i cant go on")
    said(house, ASKED)

    found = threads.get(house.engine, thread.id)
    assert (found.why, found.quiet) == ("distress", False)
    assert len(waits.waiting(house.engine)) == 1


def test_a_word_of_the_bots_never_follows_a_persons(house: House) -> None:
    """A librarian takes the thread while the bot works on an answer: the answer becomes a suggestion."""
    thread = handed(house, words="huh")

    def taken_meanwhile(message: IncomingMessage) -> str:
        if message.text == "slow question":
            house.handover.claim(thread.id, "ada")
        return f"re: {message.text}"

    house.script.rule = taken_meanwhile
    said(house, "slow question")

    assert heard(house)[-1].startswith("Ada from the library is here")
    assert "re: slow question" not in heard(house)
    assert inbox.counts(house.engine)["kept"] == 1


def test_a_message_that_meets_a_closing_thread_is_answered_by_the_bot(house: House) -> None:
    """It was to be kept for staff, who let go while the suggestion was made: nobody would ever have answered."""
    thread = handed(house)
    house.handover.claim(thread.id, "ada")
    house.handover.reply(thread.id, "ada", "Bye", "t")

    def closed_meanwhile(message: IncomingMessage) -> str:
        if threads.get(house.engine, thread.id).open:
            house.handover.close(thread.id, "ada")
        return f"re: {message.text}"

    house.script.rule = closed_meanwhile
    said(house, "one more thing")

    assert heard(house)[-1] == "re: one more thing"


def test_who_wants_no_person_after_all_goes_on_with_the_bot(house: House) -> None:
    """While nobody has come; what they asked staff stays for the staff to see."""
    house.script.intents = {"nvm": "deny"}
    said(house, ASKED)
    said(house, "one")
    assert heard(house) == [f"re: {ASKED}"]

    said(house, "nvm")
    said(house, "two")

    assert heard(house) == [f"re: {ASKED}", "re: nvm", "re: two"]
    assert thread_of(house).state == "waiting"


def test_staff_who_answer_in_the_platforms_own_inbox_have_the_thread(house: House) -> None:
    """An echo that is not of our own words makes the bot quiet; one of our own does not."""
    house.deliver(text("hello"))
    house.work()
    page = Address("pigeon", "page")
    ours = replace(event(Kind.ECHO, page, START, text="re: hello", details={"with": "ann"}), id="id-1")
    house.deliver(ours)
    said(house, "one")
    assert heard(house)[-1] == "re: one"

    house.deliver(event(Kind.ECHO, page, house.clock(), text="Hi, Bo here", details={"with": "ann"}))
    said(house, "two")

    thread = thread_of(house)
    assert heard(house)[-1] == "re: one"
    assert (thread.state, thread.outside, thread.why) == ("held", True, "outside")
    assert [each.text for each in transcripts.transcript(house.engine, thread.person_id).staff] == ["Hi, Bo here"]


def test_an_echo_with_our_mark_is_ours_even_before_its_sending_is_noted(house: House) -> None:
    house.deliver(text("hello"))
    details = {"with": "ann", "ours": True}
    house.deliver(event(Kind.ECHO, Address("pigeon", "page"), START, text="re: hello", details=details))
    house.work()

    assert heard(house) == ["re: hello"]


def test_control_of_the_thread_goes_out_and_comes_back(house: House) -> None:
    """Another application takes the thread, overheard messages are kept, and it is passed back to the bot."""
    house.deliver(text("hello"))
    house.work()
    house.deliver(event(Kind.HANDOVER, ANN, house.clock(), details={"event": "take_thread_control"}))
    house.deliver(event(Kind.STANDBY, ANN, house.clock(), text="to somebody else"))
    said(house, "two")
    assert heard(house) == ["re: hello"]

    house.deliver(event(Kind.HANDOVER, ANN, house.clock(), details={"event": "pass_thread_control"}))
    said(house, "three")
    assert heard(house)[-1] == "re: three"


def test_after_a_silence_the_bot_is_back_and_says_so_and_the_wish_stays(house: House) -> None:
    thread = handed(house)
    house.clock.forward(minutes=119)
    assert house.handover.end_silences() == 0
    house.clock.forward(minutes=2)
    assert house.handover.end_silences() == 1
    assert house.handover.end_silences() == 0
    said(house, "are you open")

    assert "Meanwhile I'm back" in heard(house)[-2]
    assert heard(house)[-1] == "re: are you open"
    assert [each.id for each in waits.waiting(house.engine)] == [thread.id]


def test_a_silence_after_the_staffs_last_word_closes_the_thread(house: House) -> None:
    thread = handed(house)
    house.handover.claim(thread.id, "ada")
    house.handover.reply(thread.id, "ada", "Here it is.", "t")
    house.clock.forward(minutes=121)
    house.handover.end_silences()
    house.work()

    assert threads.get(house.engine, thread.id).closed_how == "silence"
    assert "Did it help you?" in heard(house)[-1]


def test_a_silence_that_leaves_a_student_without_an_answer_closes_nothing(house: House) -> None:
    thread = handed(house)
    house.handover.claim(thread.id, "ada")
    house.handover.reply(thread.id, "ada", "Which book?", "t")
    said(house, "the red one")
    house.clock.forward(minutes=121)
    house.handover.end_silences()

    found = threads.get(house.engine, thread.id)
    assert (found.state, found.holder, found.quiet) == ("waiting", "", False)


def test_the_rating_is_the_last_threads_tapped_or_typed(house: House) -> None:
    """On a channel without buttons "1" is the first choice that stood beside the notice."""
    thread = handed(house)
    house.handover.claim(thread.id, "ada")
    house.handover.reply(thread.id, "ada", "Here.", "t")
    house.handover.close(thread.id, "ada")
    house.work()
    said(house, "2")

    assert threads.get(house.engine, thread.id).rating == "poor"


def test_the_window_is_known_and_a_reply_after_it_goes_as_the_platform_allows(house: House) -> None:
    """Free for a day; then tagged for a week, in a template for ever, or not at all."""
    thread = handed(house)
    house.handover.claim(thread.id, "ada")
    house.work()
    assert house.handover.window_of(thread.person_id).way == FREE
    house.clock.forward(hours=25)

    assert house.handover.window_of(thread.person_id).way == NONE
    with pytest.raises(ThreadError, match="time to answer is over"):
        house.handover.reply(thread.id, "ada", "Too late", "t1")

    house.pigeon.late = Late(until=timedelta(days=7), template=False, longest=100)
    assert house.handover.window_of(thread.person_id).way == TAG
    house.handover.reply(thread.id, "ada", "Still in time", "t2")
    house.pigeon.late = Late(until=None, template=True, longest=10)
    assert house.handover.window_of(thread.person_id).way == TEMPLATE
    with pytest.raises(ThreadError, match="too long by 2"):
        house.handover.reply(thread.id, "ada", "123456789012", "t3")
    house.clock.forward(days=8)
    house.handover.reply(thread.id, "ada", "In a form", "t4")
    house.work()

    assert heard(house)[-2:] == ["late: Still in time", "late: In a form"]


def test_a_reply_whose_window_ends_before_it_goes_is_shown_as_not_sent(house: House) -> None:
    thread = handed(house)
    house.handover.claim(thread.id, "ada")
    house.handover.reply(thread.id, "ada", "Hello", "t")
    house.clock.forward(hours=25)
    house.work()

    sent = transcripts.transcript(house.engine, thread.person_id).staff[-1].sent
    assert [(each.state, each.problem) for each in sent] == [
        ("failed", "The 24 hours in which the platform lets a bot answer are over.")
    ]


def test_after_stop_staff_cannot_write(house: House) -> None:
    thread = handed(house)
    house.handover.claim(thread.id, "ada")
    said(house, "STOP")

    with pytest.raises(ThreadError, match="said STOP"):
        house.handover.reply(thread.id, "ada", "But wait", "t")
    assert house.handover.window_of(thread.person_id).way == NONE


@pytest.mark.parametrize("tap", [{"choice": "/handover_later"}, {}], ids=["tapped", "typed"])
def test_a_question_is_answered_days_later_with_what_was_asked(house: House, tap: dict[str, str]) -> None:
    """The bot has answered all the while; the answer closes the thread and asks whether it helped, in one message."""
    house.deliver(text("who was the first librarian"))
    house.deliver(replace(text("ok later", after=1), **tap))
    house.work()
    thread = thread_of(house)
    said(house, "hours?")
    house.clock.forward(hours=5)
    house.handover.answer_once(thread.id, "bo", "It was Mr Chan.", "t")
    house.work()

    assert "You asked on Monday: “who was the first librarian” Here is the answer from Bo" in heard(house)[-1]
    assert "It was Mr Chan." in heard(house)[-1]
    assert "Did it help you?" in heard(house)[-1]
    assert not threads.get(house.engine, thread.id).open


def test_a_librarian_steps_in_where_nobody_asked(house: House) -> None:
    house.deliver(text("hello"))
    house.work()
    with house.engine.begin() as connection:
        person_id = people.find_or_add(connection, ANN, START).id
    house.handover.step_in(person_id, "ada")
    said(house, "oh hi")

    assert "Ada from the library is here" in heard(house)[-1]
    with pytest.raises(ThreadError, match="ada has this conversation"):
        house.handover.step_in(person_id, "bo")


def test_order_and_quietness_hold_under_load(house: House) -> None:
    """100 threads, half of them handed over: no word of the bot's after a person has come, and all in order."""
    chance = random.Random(5)
    everybody = [Address("pigeon", f"p{number}") for number in range(100)]
    handed_over = everybody[::2]
    for who in everybody:
        house.deliver(text(ASKED if who in handed_over else "hello", sender=who))
    house.work()
    stop, failures = threading.Event(), []

    def worker() -> None:
        while not stop.is_set():
            try:
                house.work()
            except Exception as error:  # told below
                failures.append(error)
                return
            stop.wait(0.01)

    workers = [threading.Thread(target=worker) for _ in range(2)]
    for each in workers:
        each.start()
    house.clock.forward(seconds=1)
    spoke: dict[str, list[str]] = {who.person: [] for who in handed_over}
    for turn in range(3):
        for who in chance.sample(everybody, len(everybody)):
            house.deliver(replace(text(f"q{turn}", id=f"{who.person}q{turn}", sender=who), sent_at=house.clock()))
            if who in handed_over:
                thread = thread_of(house, who)
                if turn == 0:
                    house.handover.claim(thread.id, "ada")
                house.handover.reply(thread.id, "ada", f"a{turn}", f"{who.person}{turn}")
                spoke[who.person].append(f"a{turn}")
    stop.set()
    for each in workers:
        each.join()
    house.work()

    assert failures == []
    for who in handed_over:
        first, joined, *rest = heard(house, who)
        assert first == f"re: {ASKED}"
        assert "Ada from the library is here" in joined
        assert rest == spoke[who.person]
    for who in everybody[1::2]:
        assert heard(house, who) == ["re: hello", "re: q0", "re: q1", "re: q2"]


def test_a_kill_between_a_reply_and_its_sending_loses_nothing(house: House) -> None:
    """What was written is in the outbox with the thread's state, in one transaction: the sweep finds it."""
    thread = handed(house)
    house.handover.claim(thread.id, "ada")
    house.handover.reply(thread.id, "ada", "Hello", "t")
    with house.engine.connect() as connection:
        waiting = connection.execute(sa.select(sa.func.count()).where(OutboxRow.state == "waiting")).scalar_one()
    assert waiting == 2

    house.work()
    assert heard(house)[-1] == "Hello"


def test_forgetting_a_student_takes_the_thread_along(house: House) -> None:
    thread = handed(house)
    house.handover.claim(thread.id, "ada")
    found = forgetting.traces(house.engine, "pigeon", "ann")
    forgetting.forget(house.engine, found, actor="ada", now=house.clock())

    assert threads.get(house.engine, thread.id) is None
    assert any(each.startswith("aside-") for each in found.conversations)


@pytest.mark.parametrize(
    ("user", "shown"), [("ada", "Ada"), ("ada.wong@campus.example", "Ada Wong"), ("bo_lee", "Bo Lee")]
)
def test_a_student_reads_a_name_not_an_address(user: str, shown: str) -> None:
    assert shown_name(user) == shown


def test_the_sentences_are_the_stores(house: House) -> None:
    """A librarian who changes one has it said at once."""
    keys = {each.key for each in library.read_answers(house.engine) if each.topic == "handover"}

    names = ("joined", "closed", "ended", "silence", "question", "back", "later", "good", "poor")
    assert keys == {f"handover-{name}" for name in names}


def test_what_a_person_answered_is_reviewed_with_what_they_said(house: House) -> None:
    """What should the bot have said? The message that opened the thread, and those that came in it."""
    thread = handed(house, words="huh")
    house.handover.claim(thread.id, "ada")
    said(house, "the red book")
    house.handover.reply(thread.id, "ada", "It is on LG1.", "t")
    said(house, "thanks", after=60 * 60 * 3)
    house.handover.close(thread.id, "ada")
    said(house, "when do you open")
    found = {row["text"]: bool(row["helped"]) for row in judgements.candidates(house.engine, START, 50)}
    [red] = [row["id"] for row in judgements.candidates(house.engine, START, 50) if row["text"] == "the red book"]

    assert found == {"huh": True, "the red book": True, "thanks": True, "when do you open": False}
    assert threads_shown.answered_in(house.engine, red) == ("It is on LG1.",)


def test_a_student_who_writes_chinese_is_told_of_the_staff_in_chinese(house: House) -> None:
    """Who is there, that it is closed, what was asked: the store's sentences and the moment, in their script."""
    said = {"繁": "我想搵真人呀", "简": "我想找图书馆的人"}
    told = {"繁": ("圖書館的 Ada 來了", "剛才幫到你嗎"), "简": ("图书馆的 Ada 来了", "刚才帮到你吗")}
    for number, script in enumerate(said):
        who = (ANN, Address("pigeon", "cai"))[number]
        house.script.wishes[said[script]] = "contact_librarian"
        house.deliver(text(said[script], sender=who, id=f"ask-{number}"))
        house.work()
        thread = thread_of(house, who)
        house.handover.claim(thread.id, "ada")
        house.handover.reply(thread.id, "ada", "你好", f"token-{number}")
        house.handover.close(thread.id, "ada")
        house.work()
        notices = [words for person, words in house.pigeon.taken if person == who.person]

        assert told[script][0] in notices[1]
        assert told[script][1] in notices[-1]
