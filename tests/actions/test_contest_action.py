"""The contest as a student hears of it: before, while and after it runs, and when none does."""

import pytest

from actions.contest import INTENTS
from bot.store.audit import session
from bot.store.library_tables import ContestRow
from tests.actions.small_library import MONDAY_EVENING, answer_row, at, contest_row

NONE_RUNNING = "No contest is open at the moment."
LAST = "“Day and Night at the Library” (2018)"
NOW = "“Quiet Corners” (2026)"
OPEN = f"{NOW} is open for entries until 5 pm Monday 30 November."
BEFORE, DURING, VOTING, AFTER = "2026-10-15T10:00", "2026-11-10T10:00", "2026-12-02T10:00", "2027-01-15T10:00"


@pytest.fixture
def running(store):
    """A contest with every moment known: November for entries, the first half of December for votes."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.add(
            contest_row(
                "quiet-corners-2026",
                "Quiet Corners",
                edition="2026",
                theme="Where you read",
                hashtag="#quietcorners",
                opens=at("2026-11-01T09:00"),
                closes=at("2026-11-30T17:00"),
                voting_opens=at("2026-12-01T09:00"),
                voting_closes=at("2026-12-14T17:00"),
                may_enter=["students", "staff", "alumni"],
                may_not_enter=["library staff"],
                entries_per_person=3,
                max_file_mb=10,
                file_types=["JPEG", "PNG"],
                how_to_enter="e-mail your photo",
                rules=["Photos are taken on campus."],
                awards=[{"name": "First", "prize": "a book token"}],
            )
        )


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (
            "can staff join the photo contest?",
            f"The last one was, yes: {LAST} was open to students and staff.",
        ),
        (
            "can a student enter",
            f"The last one was, yes: {LAST} was open to students and staff.",
        ),
        ("can my mum join", f"The last one, {LAST}, was open to students and staff."),
    ],
)
def test_who_could_enter_the_last_contest(ask, text, answer):
    """A group that was named gets its yes; one that nobody has written about gets who it was for."""
    assert ask(text, "contest_eligibility").texts == (NONE_RUNNING, answer)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("can staff join", "Yes, it's open to students, staff and alumni."),
        (
            "can library staff join",
            "No, library staff can't enter. It's open to students, staff and alumni.",
        ),
        ("who can join", "It's open to students, staff and alumni."),
    ],
)
def test_who_may_enter_while_it_runs(ask, running, text, answer):
    """The narrower group decides: library staff are staff, and yet may not."""
    assert ask(text, "contest_eligibility", now=DURING).texts[:2] == (OPEN, answer)


@pytest.mark.parametrize(
    ("now", "answer"),
    [
        (BEFORE, f"You can enter {NOW} from 9 am Sunday 1 November until 5 pm Monday 30 November."),
        (DURING, f"{NOW} is open. Entries close at 5 pm Monday 30 November: 20 days to go."),
        ("2026-11-30T16:59", f"{NOW} is open. Entries close at 5 pm today."),
        (
            "2026-11-30T20:00",
            f"{NOW} is closed for entries. You can vote from 9 am tomorrow until 5 pm Monday 14 December.",
        ),
        (VOTING, f"{NOW} is closed for entries. You can vote until 5 pm Monday 14 December."),
        (AFTER, NONE_RUNNING),
    ],
)
def test_the_deadline_before_during_and_after(ask, running, now, answer):
    """The same question, another tense; what is true now comes first."""
    assert ask("when is the deadline", "contest_deadline", now=now).texts[0] == answer


@pytest.mark.parametrize(("now", "day"), [(VOTING, "Monday 30 November"), (AFTER, "Monday 30 November 2026")])
def test_when_entries_closed_is_said_after_what_is_true_now(ask, running, now, day):
    """Too late to enter is not too late to vote, or to hear of the next."""
    assert ask("deadline?", "contest_deadline", now=now).texts[-1] == f"Entries for {NOW} closed at 5 pm {day}."


def test_a_deadline_that_nobody_has_said_is_said_to_be_unknown(ask):
    """The contest of 2018 has no date on record, and none is made up."""
    heard = ask("when is the deadline", "contest_deadline")

    assert heard.texts == (NONE_RUNNING, f"I don't have the dates of the last one, {LAST}.")


def test_the_rules_of_a_running_contest(ask, running):
    """Everything that the store knows about taking part, and until when."""
    heard = ask("what are the rules", "contest_rules", now=DURING)

    assert heard.texts == (
        OPEN,
        "The rules:\n"
        "• Theme: Where you read\n"
        "• Hashtag: #quietcorners\n"
        "• Entries per person: up to 3\n"
        "• File size: up to 10 MB\n"
        "• File types: JPEG, PNG\n"
        "• Photos are taken on campus.\n"
        "• Open to: students, staff and alumni\n"
        "• How to enter: e-mail your photo",
    )


def test_the_rules_of_the_last_contest_are_told_as_past(ask):
    """Only what is known of it, and that no contest is running."""
    heard = ask("rules?", "contest_rules")

    assert heard.texts == (
        NONE_RUNNING,
        f"A new contest may have other rules. Last time, for {LAST}:\n"
        "• Hashtag: #hkustlibraryphotocontest2018\n• Open to: students and staff",
    )


def test_a_hashtag_that_a_rule_names_is_not_told_twice(ask, store):
    """Once is enough on a phone."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        [row] = changes.query(ContestRow).all()
        row.rules = [f"Share your photo with {row.hashtag}."]

    assert ask("rules?", "contest_rules").text.count("#hkustlibraryphotocontest2018") == 1


def test_prizes_with_and_without_what_they_are(ask, running):
    """An award is named with its prize where there is one, and a prize that is unknown is said to be."""
    now = ask("what can i win", "contest_prizes", now=DURING)
    then = ask("what can i win", "contest_prizes", now=BEFORE)

    assert now.texts == (OPEN, "The awards:\n• First: a book token")
    assert then.texts[0] == f"{NOW} is coming up. You can enter from 9 am Sunday 1 November."


def test_prizes_of_the_last_contest(ask):
    """The awards of 2018 are known, what came with them is not."""
    heard = ask("prizes?", "contest_prizes")

    assert heard.texts == (
        NONE_RUNNING,
        f"Last time, for {LAST}, the awards were: Winner and Most Facebook likes.",
        "I don't have it on record what the winners received.",
    )


def test_the_winners_of_the_last_contest(ask):
    """Titles and names as the store has them, and how many took part."""
    heard = ask("who won", "contest_winners")

    assert heard.texts == (
        NONE_RUNNING,
        f"The winners of {LAST}:\n• Winner: “Let's Study” by Yat Hei Tam\n92 submissions by 57 participants.",
    )


def test_winners_that_are_not_known_yet(ask, running):
    """While a contest runs its winners are open, and those of the last one are told."""
    heard = ask("who won", "contest_winners", now=DURING)

    assert heard.texts[:2] == (OPEN, f"The winners of {NOW} aren't known yet.")
    assert "“Let's Study”" in heard.text


def test_without_any_contest_the_bot_says_so(ask, store):
    """An empty store is no reason to fall silent."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        for row in changes.query(ContestRow):
            changes.delete(row)

    for intent in ("contest_rules", "contest_deadline", "contest_eligibility", "contest_prizes", "contest_winners"):
        assert ask("contest?", intent).names == ("utter_contest_unknown",)


@pytest.fixture
def news(store):
    """The store's answer that says where a contest is announced."""
    text = "The next contest is announced on the e-boards."
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.add(answer_row("contest-news", "The next contest", text, topic="contest_news", overview=True))
    return text


@pytest.mark.parametrize("intent", INTENTS)
def test_between_two_contests_one_hears_how_the_next_is_announced(ask, news, intent):
    """Whatever of the contest one asks about, and before anything of the past."""
    assert ask("contest?", intent).texts[:2] == (NONE_RUNNING, news)


@pytest.mark.parametrize("now", [BEFORE, DURING, VOTING])
def test_while_a_contest_runs_or_is_to_come_the_next_is_no_matter(ask, running, news, now):
    """Who can still enter or vote is told of this one."""
    assert news not in "".join(ask("contest?", intent, now=now).text for intent in INTENTS)


def test_with_no_contest_on_record_one_hears_how_the_first_is_announced(ask, store, news):
    """An empty list of contests is no reason to send anybody away."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        for row in changes.query(ContestRow):
            changes.delete(row)

    assert ask("contest?", "contest_rules").texts[-1] == news
