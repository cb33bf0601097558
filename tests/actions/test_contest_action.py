"""The contest as a student hears of it: before, while and after it runs, and when none does."""

import pytest

from actions.contest import INTENTS
from bot.store.audit import session
from bot.store.library_tables import ContestRow
from tests.actions.small_library import MONDAY_EVENING, answer_row, at, contest_row

NONE_RUNNING = "No contest is open for entries at the moment. A new one may have other rules."
LAST = "“Day and Night at the Library” (2018)"
NOW = "“Quiet Corners” (2026)"
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
            f"Yes, the last time: {LAST} was open to students and staff.",
        ),
        (
            "can a student enter",
            f"Yes, the last time: {LAST} was open to students and staff.",
        ),
        ("can my mum join", f"The last contest, {LAST}, was open to students and staff."),
    ],
)
def test_who_could_enter_the_last_contest(ask, text, answer):
    """A group that was named gets its yes; one that nobody has written about gets who it was for."""
    assert ask(text, "contest_eligibility").texts == (answer, NONE_RUNNING)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("can staff join", f"Yes. {NOW} is open to students, staff and alumni."),
        (
            "can library staff join",
            f"No, library staff cannot enter {NOW}. It is open to students, staff and alumni.",
        ),
        ("who can join", f"{NOW} is open to students, staff and alumni."),
    ],
)
def test_who_may_enter_while_it_runs(ask, running, text, answer):
    """The narrower group decides: library staff are staff, and yet may not."""
    assert ask(text, "contest_eligibility", now=DURING).texts[0] == answer


@pytest.mark.parametrize(
    ("now", "answer"),
    [
        (BEFORE, "“Quiet Corners” (2026) takes entries from 9 am Sunday 1 November until 5 pm Monday 30 November."),
        (DURING, "Entries for “Quiet Corners” (2026) close at 5 pm Monday 30 November."),
        ("2026-11-30T16:59", "Entries for “Quiet Corners” (2026) close at 5 pm today."),
        (VOTING, "Entries for “Quiet Corners” (2026) closed at 5 pm Monday 30 November."),
        (AFTER, "Entries for “Quiet Corners” (2026) closed at 5 pm Monday 30 November 2026."),
    ],
)
def test_the_deadline_before_during_and_after(ask, running, now, answer):
    """The same question, another tense."""
    assert ask("when is the deadline", "contest_deadline", now=now).texts[0] == answer


def test_the_days_that_are_left_are_counted(ask, running):
    """Twenty days sound different from a date."""
    assert ask("deadline?", "contest_deadline", now=DURING).texts[1] == "20 days to go."


def test_voting_is_named_while_it_lasts(ask, running):
    """Too late to enter is not too late to vote."""
    heard = ask("deadline?", "contest_deadline", now=VOTING)

    assert heard.texts[1] == "“Quiet Corners” (2026) takes no more entries. Voting runs until 5 pm Monday 14 December."


def test_a_deadline_that_nobody_has_said_is_said_to_be_unknown(ask):
    """The contest of 2018 has no date on record, and none is made up."""
    heard = ask("when is the deadline", "contest_deadline")

    assert heard.texts == (
        "No contest is open for entries at the moment. The last one, “Day and Night at the Library” (2018), is over; "
        "its dates are not in my records.",
    )


def test_the_rules_of_a_running_contest(ask, running):
    """Everything that the store knows about taking part, and until when."""
    heard = ask("what are the rules", "contest_rules", now=DURING)

    assert heard.texts == (
        "“Quiet Corners” (2026), the photo contest:\n"
        "• Theme: Where you read\n"
        "• Hashtag: #quietcorners\n"
        "• Entries a person: up to 3\n"
        "• File size: up to 10 MB\n"
        "• File types: JPEG, PNG\n"
        "• Photos are taken on campus.\n"
        "• Open to: students, staff and alumni\n"
        "• How to enter: e-mail your photo",
        "“Quiet Corners” (2026) is open for entries until 5 pm Monday 30 November.",
    )


def test_the_rules_of_the_last_contest_are_told_as_past(ask):
    """Only what is known of it, and that no contest is running."""
    heard = ask("rules?", "contest_rules")

    assert heard.texts == (
        "The last photo contest was “Day and Night at the Library” (2018):\n"
        "• Hashtag: #hkustlibraryphotocontest2018\n• Open to: students and staff",
        NONE_RUNNING,
    )


def test_prizes_with_and_without_what_they_are(ask, running):
    """An award is named with its prize where there is one, and a prize that is unknown is said to be."""
    now = ask("what can i win", "contest_prizes", now=DURING)
    then = ask("what can i win", "contest_prizes", now=BEFORE)

    assert now.texts[0] == "The awards of “Quiet Corners” (2026):\n• First: a book token"
    assert then.texts[1] == "“Quiet Corners” (2026) opens for entries at 9 am Sunday 1 November."


def test_prizes_of_the_last_contest(ask):
    """The awards of 2018 are known, what came with them is not."""
    heard = ask("prizes?", "contest_prizes")

    assert heard.names == ("utter_contest_prizes_over", "utter_contest_prizes_not_named", "utter_contest_none_running")


def test_the_winners_of_the_last_contest(ask):
    """Titles and names as the store has them, and how many took part."""
    heard = ask("who won", "contest_winners")

    assert heard.texts == (
        "The winners of “Day and Night at the Library” (2018):\n• Winner: “Let's Study” by Yat Hei Tam",
        "92 submissions by 57 participants.",
    )


def test_winners_that_are_not_known_yet(ask, running):
    """While a contest runs its winners are open, and those of the last one are told."""
    heard = ask("who won", "contest_winners", now=DURING)

    assert heard.texts[0] == "The winners of “Quiet Corners” (2026) are not known yet."
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
    """Whatever of the contest one asks about, the last words lead on."""
    assert ask("contest?", intent).texts[-1] == news


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
