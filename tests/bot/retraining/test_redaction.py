"""What names a person does not get into the examples; what a library is asked about stays."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.retraining.redaction import find, identity_card, redact
from tests.stack import ROOT

NAMES_SOMEBODY = [
    ("can i renew? Thanks, Jason\nsent from my phone", "can i renew? Thanks, ‹name›\nsent from my phone"),
    ("i am Peter Pan i am Mary Poppins", "i am ‹name› i am ‹name›"),
    ("mail me at siu.ming+lib@connect.ust.hk pls", "mail me at ‹e-mail› pls"),
    ("my email: abc@ust.hk", "my email: ‹e-mail›"),
    ("call 9123 4567 when it is back", "call ‹phone› when it is back"),
    ("call 91234567", "call ‹phone›"),
    ("whatsapp me +852 6123 4567", "whatsapp me ‹phone›"),
    ("+85261234567 is my number", "‹phone› is my number"),
    ("my uk number is +44 20 7946 0958", "my uk number is ‹phone›"),
    ("+86 138 0013 8000 thx", "‹phone› thx"),
    ("my hkid is A123456(3)", "my hkid is ‹id card›"),
    ("hkid a123456(3) lost", "hkid ‹id card› lost"),
    ("hkid AB987654(3)", "hkid ‹id card›"),
    ("A1234563 is on the card", "‹id card› is on the card"),
    ("student no 20567890 cant renew", "student no ‹student number› cant renew"),
    ("20612345 is my sid", "‹student number› is my sid"),
    ("sid 12345678", "sid ‹student number›"),
    ("my student id is s1234567", "my student id is ‹student number›"),
    ("card 29624001234567 does not work", "card ‹library card› does not work"),
    ("i paid with 4111 1111 1111 1111", "i paid with ‹card number›"),
    ("iban GB33BUKB20201555555555", "iban ‹account›"),
    ("from 192.168.10.25 i get 403", "from ‹address› i get 403"),
    ("my name is siu ming", "my name is ‹name›"),
    ("my name is john and i lost my card", "my name is ‹name› and i lost my card"),
    ("My name is Chan Tai Man", "My name is ‹name›"),
    ("I am Wong Siu Ming and lost my card", "I am ‹name› and lost my card"),
    ("this is Peter Lee from CSE", "this is ‹name› from CSE"),
    ("Prof. Cheung put a book on reserve", "Prof. ‹name› put a book on reserve"),
    ("Dr Emily Lau said so", "Dr ‹name› said so"),
    ("我叫陳大文, 想續借", "我叫‹name›, 想續借"),
    ("dm me @siuming_98", "dm me ‹user name›"),
    ("ref 123456789012 please", "ref ‹number› please"),
    ("student ID: 12345678", "student ID: ‹student number›"),
    ("student number: 12345678", "student number: ‹student number›"),
    ("my student number's 12345678", "my student number's ‹student number›"),
    ("SID#12345678", "SID#‹student number›"),
    ("student id 20261224", "student id ‹student number›"),
    ("學號: 12345678", "學號: ‹student number›"),
    ("A123456（3）", "‹id card›"),
    ("Ａ１２３４５６（３）", "‹id card›"),
    ("hkid: A123456(4)", "hkid: ‹id card›"),
    ("身份證號碼係A123456(4)", "身份證號碼係‹id card›"),
    ("passport number K12345678", "passport number ‹passport›"),
    ("passport: 123456789", "passport: ‹passport›"),
    ("EA1234567 is the passport", "‹passport› is the passport"),
    ("room 12 9123 4567", "room 12 ‹phone›"),
    ("電話９１２３４５６７", "電話‹phone›"),
    ("i paid with 1234 5678 9012 3456", "i paid with ‹number›"),
    ("abc [at] ust.hk", "‹e-mail›"),
    ("write to abc(at)ust(dot)hk", "write to ‹e-mail›"),
    ("mail abc at ust dot hk", "mail ‹e-mail›"),
    ("my email is abc at connect.ust.hk", "my email is ‹e-mail›"),
    ("abc @ ust.hk", "‹e-mail›"),
    ("itsc smchanaa", "itsc ‹user name›"),
    ("my itsc account is smchanaa", "my itsc account is ‹user name›"),
    ("username: minnie", "username: ‹user name›"),
    ("i'm peter lee", "i'm ‹name›"),
    ("im peter lee and i lost my card", "im ‹name› and i lost my card"),
    ("i am chan tai man, can i renew", "i am ‹name›, can i renew"),
    ("I’m Peter Lee", "I’m ‹name›"),
    ("我係陳大文", "我係‹name›"),
    ("我係陳大文，想借書", "我係‹name›，想借書"),
    ("我個名叫大文", "我個名叫‹name›"),
    ("can i renew? regards, Jason", "can i renew? regards, ‹name›"),
    ("can i renew?\n\nBest regards,\njason chan", "can i renew?\n\nBest regards,\n‹name›"),
    ("is it open? Thanks, Jason", "is it open? Thanks, ‹name›"),
    ("ask So Wing Yan", "ask ‹name›"),
    ("我叫做陈大文 想續借", "我叫做‹name› 想續借"),
    ("我叫阿明", "我叫‹name›"),
    ("我叫Peter 想問下", "我叫‹name› 想問下"),
    ("我係李嘉欣呀", "我係‹name›呀"),
    ("我是张伟，想借书", "我是‹name›，想借书"),
    ("我係歐陽震華", "我係‹name›"),
    ("我是司徒小明", "我是‹name›"),
    ("我係Peter Lee", "我係‹name›"),
    ("我係陳大文學生編號20567890", "我係‹name›學生編號‹student number›"),
    ("本人陳大文，想投訴", "本人‹name›，想投訴"),
    ("本人陈小明想投诉", "本人‹name›想投诉"),
    ("本人姓陳", "本人姓‹name›"),
    ("本人姓名：陳大文", "本人姓名：‹name›"),
    ("姓名: 张小明", "姓名: ‹name›"),
    ("聯絡人陳先生 91234567", "聯絡人‹name›先生 ‹phone›"),
    ("李老師話有reserve", "‹name›老師話有reserve"),
    ("我系陈老师的学生", "我系‹name›的学生"),
    ("謝謝，陳大文敬上", "謝謝，‹name›敬上"),
    ("唔該！陳大文", "唔該！‹name›"),
    ("我的身份证是A123456(3)", "我的身份证是‹id card›"),
    ("HKID係A123456(3)", "HKID係‹id card›"),
    ("我張A123456(3)唔見咗", "我張‹id card›唔見咗"),
    ("身份证号码110101199003077578", "身份证号码‹id card›"),
    ("护照E12345678过期", "护照‹passport›过期"),
    ("我本EA1234567唔見咗", "我本‹passport›唔見咗"),
    ("学号是20567890", "学号是‹student number›"),
    ("sid係20567890", "sid係‹student number›"),
    ("打俾我91234567呀", "打俾我‹phone›呀"),
    ("手机号13800138000", "手机号‹phone›"),
    ("我微信号abc123456", "我微信号‹user name›"),
    ("八達通號碼12345678", "八達通號碼‹number›"),
    ("我電郵係abc@ust.hk呀", "我電郵係‹e-mail›呀"),
]
NAMES_NOBODY = [
    "when do you open on 25 december 2026",
    "open till 11pm on 2026-12-25?",
    "call number QA76.73 .P98 B43 2019",
    "isbn 0-13-110362-8",
    "how many books can i borrow, 30 or 60?",
    "is LG5 open at 3am",
    "room 1-204 for 6 people 14:00-16:00",
    "i am a visitor from HKU",
    "I'm a PhD student, can i renew",
    "i am looking for Python books",
    "fine is $500 lol",
    "printing 1000 pages",
    "my laptop is a Macbook Air 2020",
    "typhoon signal 10",
    "開到幾點",
    "is there a branch in Hong Kong",
    "Tai Po Road",
    "a bus to Ma On Shan",
    "Lee Shau Kee Library",
    "where is the Fan Gallery",
    "how do i get here from Tseung Kwan O",
    "are you open on 20261224",
    "9780131103627",
    "isbn 9780131103627",
    "978-0-13-110362-7",
    "isbn: 0131103628",
    "papers of 2025-2026",
    "is it open 2100-2300",
    "So Loud in here",
    "Sun Opening Hours",
    "i'm so sorry",
    "i am in tai po",
    "i'm studying law",
    "my itsc account is locked",
    "itsc password",
    "can someone call me back",
    "call me if you find it",
    "look at library.ust.hk",
    "我係學生",
    "我是馬來西亞學生",
    "我叫佢續借",
    "我叫咗外賣",
    "我叫朋友幫我還書",
    "幫我叫部的士",
    "我係馬上要",
    "我係何時要還",
    "我係石硤尾嘅",
    "我係周末嚟",
    "我係溫書想搵位",
    "我是高中生",
    "我是任课老师",
    "本人何時可取書",
    "本人曾借閱此書",
    "任何同學都用得",
    "連同學生證",
    "现任馆长是谁",
    "多謝，連埋書",
    "Thanks, Library",
]
ASKED = ROOT / "evaluation" / "questions" / "questions.tsv"
QUESTIONS = [line.split("\t")[0] for line in ASKED.read_text("utf-8").splitlines()]


@pytest.mark.parametrize(("text", "expected"), NAMES_SOMEBODY, ids=[text[:24] for text, _ in NAMES_SOMEBODY])
def test_what_names_a_person_is_replaced(text: str, expected: str) -> None:
    assert redact(text).text == expected


@pytest.mark.parametrize("text", NAMES_NOBODY)
def test_what_names_nobody_stays(text: str) -> None:
    assert redact(text).text == text


def test_a_person_may_redact_more() -> None:
    text = "tell minnie that abc@ust.hk is wrong"
    assert redact(text, [(5, 11)]).text == "tell ‹redacted› that ‹e-mail› is wrong"
    assert redact(text, [(-3, 4), (9, 3), (0, 999)]).text == "tell minnie that ‹e-mail› is wrong"


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("A123456(3)", True),
        ("a1234563", True),
        ("A123456(4)", False),
        ("AB987654(3)", True),
        ("A123456（3）", True),
        ("x", False),
    ],
)
def test_the_check_digit_of_an_identity_card(text: str, right: bool) -> None:
    assert identity_card(text) is right


@pytest.mark.parametrize("change", [str, str.capitalize, str.lower])
def test_what_students_ask_a_library_stays_as_it_is(change: Callable[[str], str]) -> None:
    asked = [change(each) for each in QUESTIONS]
    assert len(asked) > 300
    assert [each for each in asked if redact(each).text != each] == []


def test_what_students_ask_in_chinese_stays_as_it_is() -> None:
    """Names are found by the words before them, and these words begin many a question too."""
    chinese = ROOT / "tests" / "nlu" / "chinese" / "asked.tsv"
    asked = [line.split("\t")[0] for line in chinese.read_text("utf-8").splitlines()]
    assert len(asked) > 300
    assert [each for each in asked if redact(each).text != each] == []


@given(st.sampled_from(QUESTIONS), st.sampled_from(NAMES_SOMEBODY))
def test_what_is_personal_is_found_after_any_question(question: str, told: tuple[str, str]) -> None:
    assert redact(f"{question}. {told[0]}").text == f"{question}. {told[1]}"


@given(st.integers(0, 10**9 - 1), st.sampled_from(["978", "979"]))
def test_a_books_number_is_nobodys(number: int, prefix: str) -> None:
    digits = f"{prefix}{number:09}"
    check = -sum(int(each) * (1, 3)[place % 2] for place, each in enumerate(digits)) % 10
    assert redact(f"do you have {digits}{check}").text == f"do you have {digits}{check}"


@given(st.text(max_size=80), st.lists(st.tuples(st.integers(-5, 90), st.integers(-5, 90)), max_size=4))
def test_what_is_found_lies_in_order_and_the_rest_stays(text: str, also: list[tuple[int, int]]) -> None:
    found = find(text)
    assert all(0 <= each.start < each.end <= len(text) for each in found)
    assert all(first.end <= second.start for first, second in itertools.pairwise(found))
    redacted = redact(text, also).text
    if not found and not any(0 <= start < end <= len(text) for start, end in also):
        assert redacted == text
