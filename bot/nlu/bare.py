"""Handles messages that are only a time ("27th?", "next friday 9am"): they follow up the topic, or ask for hours."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Text, Tuple, Type

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot import offers
from bot.dangers import DANGERS
from bot.nlu.intents import QUESTIONS
from bot.nlu.limits import MOST_CHARACTERS
from bot.nlu.questions import asks, parts
from bot.nlu.vague import leans
from bot.nlu.wheres import DIRECTIONS, where
from bot.plain import Reading, reading

FOLLOW_UP, HOURS = "follow_up", "opening_hours"
_TIMES = frozenset(("time", "impossible_date", "unread_time"))
# Words around a time that carry no meaning of their own. Words of the second kind ask for opening hours, whatever came
# before.
_NOTHING = re.compile(
    r"(?<!\w)(?:and|n|or|the|a|an|on|at|in|for|from|to|till?|until|about|abt|ok|okay|so|then|pls|plz|please|"
    r"thx|thanks|hi|hello|hey|um+|er+|is|it|that|this|also|just|i|mean|meant|sorry|no|actually|day|days|around|of|"
    r"wait|oh|but|maybe|same|again|hmm+|lah?|ar|leh)(?!\w)",
    re.IGNORECASE,
)
_PARTING = re.compile(
    r"\W{0,9}(?:(?:(?:good|gd)\s{0,9})?(?:nite|night|morning|evening|afternoon)\W{0,9}){1,9}|"
    r"\W{0,9}(?:(?:until|till?)\s+(?:tomorrow|then|later|next\s+time)|(?:see\s+(?:you|u|ya)|cu)\s+[^\W\d]+)[\s!.,]*",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"\W{0,9}(?:(?:and|so|then|ok|okay)\s+)?(?:what|wat|how)\s+(?:about|abt)\b", re.IGNORECASE)
_OF_HOURS = re.compile(
    r"(?<!\w)(?:open|opens|opened|opening|hours?|hrs?|closed?|closes|closing|library|lib|u|you|r|are|is|your|ur|"
    r"what|when|how|late|until|do|does|will|be|guys|still|yet|or|not|can|tell|me|know|time|times|schedule)(?!\w)",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"(?<!\w)(?:open\w*|hours?|hrs?|clos(?:e|es|ed|ing)|library|lib|(?:how|till?|until) (?:late|when))(?!\w)",
    re.IGNORECASE,
)
# The weather in a word or two, as people type it: "t8", "black rain".
_WEATHER = re.compile(
    r"(?<!\w)(?:t\s?(?:1|3|8|9|10)|(?:typhoon|signal|typhoon signal)\s*(?:no\.?|number)?\s*(?:1|3|8|9|10)|"
    r"no\.?\s?8\s*signal|typhoon|(?:black|red|amber)\s*(?:rain(?:storm)?|warning|signal)(?:\s*warning)?|amber|rainstorm)(?!\w)",
    re.IGNORECASE,
)
_SIGNAL = re.compile(
    r"(?<!\w)(?:t\s?(?:8|9|10)|(?:typhoon|signal|typhoon signal)\s*(?:no\.?|number)?\s*(?:1|3|8|9|10)|"
    r"(?:black|red|amber)\s*rain(?:storm)?|rainstorm warning)(?!\w)",
    re.IGNORECASE,
)
# The same in Chinese, in either script: words without meaning of their own, words that ask for hours, and weather
# terms.
_NOTHING_CHINESE = re.compile(
    r"请问|請問|想问|想問|咁|噉|那么|那麼|那|如果|系咪|係咪|即系|即係|呢|嘅话|嘅話|的话|的話|点样|點樣|怎么样|怎麼樣|如何|点|點|"
    r"又|或者|仲有|还有|還有|唔系|唔係|不是|我系讲|我係講|我是说|我是說|系|係|是|话|話|就|都|嘅|的|呀|啊|吖|吗|嗎|嘛|吧|喎|㗎|啦|喇|"
    r"好|ok|唔该|唔該|谢谢|謝謝|麻烦|麻煩|当|當|喺|在|同|和|至|到|由|从|從|为止|為止|左右|先|日|天"
)
_OPENING_CHINESE = re.compile(
    r"开放|開放|开门|開門|开馆|開館|关门|關門|闭馆|閉館|闩门|閂門|营业|營業|时间|時間|几点|幾點|开|開|关|關|收|闩|閂"
)
_OF_HOURS_CHINESE = re.compile(
    r"图书馆|圖書館|你哋|你地|你们|你們|唔|不|没有|沒有|有冇|有无|有無|有|冇|未|会|會|可以|可唔可以|几时|幾時|什么时候|什麼時候|"
    r"几点|幾點|时间|時間|时候|時候|仲|还|還|咩|什么|什麼|先|正常|嚟|来|來|去|得|lib"
)
_WEATHER_CHINESE = re.compile(
    r"(?:[一三八九十]|[138]|9|10)(?:号|號)(?:风球|風球|波|台风|颱風|飓风|颶風|信号|信號|讯号|訊號|热带气旋)?|打风|打風|台风|颱風|风球|風球|"
    r"(?:黑|红|紅|黄|黃)(?:色)?(?:暴?雨)(?:警告|讯号|訊號|信号|信號)?|暴雨(?:警告)?"
)
_SIGNAL_CHINESE = re.compile(
    r"(?:[八九十三一]|[138]|9|10)(?:号|號)(?:风球|風球|波|台风|颱風|信号|信號|讯号|訊號)|(?:黑|红|紅|黄|黃)(?:色)?(?:暴雨|雨)"
)
# A desk referred to without its name, or "there": the place mentioned before.
_DESK = re.compile(
    r"(?<!\w)(?:(?:the|that|this|ur|your|front|help|service|staff)\s+)?desks?(?!\w)|柜台|櫃檯|柜檯|櫃台|枱|"
    r"(?:嗰|果|那|呢)(?:度|边|邊|里|裡|裏|個地方)|(?:佢|他|她)(?:哋|地|们|們)|緊|紧|咗",
    re.IGNORECASE,
)
# The staff of a place mentioned before: asking whether they are there is asking for its hours.
_THEY = re.compile(r"(?<!\w)(?:they(?:'?re)?|theirs?|them)(?!\w)", re.IGNORECASE)
_PRESENT = re.compile(r"(?<!\w)(?:there|back|around|staffed|working|whats|hows)(?!\w)", re.IGNORECASE)
_NOW = re.compile(r"(?<!\w)(?:right\s+)?(?:now|rn)(?!\w)", re.IGNORECASE)
_UP = re.compile(r"(?<!\w)(?:is|up|now|hoisted|warning|signal|got|just|already|today|if|when|in)(?!\w)", re.IGNORECASE)


def bare_intent(text: Text, entities: List[Dict[Text, Any]]) -> Text:
    """Return the intent of a message that is a time and hardly more; "" if it says anything else."""
    if len(text) > MOST_CHARACTERS:
        return ""
    plain = reading(text)
    if _PARTING.fullmatch(plain.text):
        return ""
    timely = [each for each in entities if each["entity"] in _TIMES]
    read = [(each["start"], each["end"]) for each in entities if each["entity"] in _TIMES | {"place"}]
    left = _left(plain, read)
    if not timely and _NOW.search(left) and not _letters(_NOTHING.sub(" ", _NOW.sub(" ", left))):
        return HOURS if read else FOLLOW_UP
    if timely:
        if not _letters(_nothing(left)):
            # With a place, the message is about hours in any case.
            return FOLLOW_UP if len(read) == len(timely) else HOURS
        opening = _OPENING.search(left) or _OPENING_CHINESE.search(left)
        if opening and not _letters(_nothing(_hours(left))):
            return HOURS
    desk = _DESK.search(left) and (_OPENING.search(left) or _OPENING_CHINESE.search(left))
    if desk and not _letters(_nothing(_hours(_DESK.sub(" ", left)))):
        return HOURS
    weather = _WEATHER.search(left) or _WEATHER_CHINESE.search(left)
    if weather and not _letters(_UP.sub(" ", _nothing(_hours(_WEATHER_CHINESE.sub(" ", _WEATHER.sub(" ", left)))))):
        return HOURS
    return ""


def of_them(text: Text, entities: List[Dict[Text, Any]]) -> bool:
    """Return whether a message asks only whether or when "they" are there: "whats their hours"."""
    if len(text) > MOST_CHARACTERS:
        return False
    left = _left(reading(text), [(each["start"], each["end"]) for each in entities if each["entity"] in _TIMES])
    asked = _THEY.search(left) and (_OPENING.search(left) or _PRESENT.search(left))
    rest = _PRESENT.sub(" ", _THEY.sub(" ", _NOW.sub(" ", left)))
    return bool(asked) and not _letters(_nothing(_hours(rest)))


def _nothing(left: Text) -> Text:
    """Return the text without words that carry no meaning of their own."""
    return _NOTHING_CHINESE.sub(" ", _NOTHING.sub(" ", left))


def _hours(left: Text) -> Text:
    """Return the text without words that ask for hours."""
    return _OF_HOURS.sub(" ", _OPENING_CHINESE.sub(" ", _OF_HOURS_CHINESE.sub(" ", left)))


def is_a_place(text: Text, entities: List[Dict[Text, Any]]) -> bool:
    """Return whether a message names a place and nothing else."""
    read = [(each["start"], each["end"]) for each in entities if each["entity"] == "place"]
    return bool(read) and len(read) == len(entities) and not _letters(_nothing(_left(reading(text), read)))


def _left(plain: Reading, read: List[Tuple[int, int]]) -> Text:
    """Return what remains of a text without the entities found in it and a leading "what about"."""
    left = "".join(
        " " if any(start <= at < end for start, end in read) else letter
        for letter, at in zip(plain.text, plain.starts, strict=True)
    )
    about = _ABOUT.match(plain.text)
    return left[about.end() :] if about else left


def names_a_signal(text: Text) -> bool:
    """Return whether a message names a typhoon signal or a rainstorm warning: "t8 is up, do i have to leave"."""
    plain = reading(text).text
    return _SIGNAL.search(plain) is not None or _SIGNAL_CHINESE.search(plain) is not None


def _letters(text: Text) -> bool:
    return any(letter.isalnum() for letter in text)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class BareTimes(GraphComponent, IntentClassifier):
    """Decides the intent of messages that only name a time: no set of examples could cover every date."""

    @classmethod
    def required_components(cls) -> List[Type]:
        """Return the components that must come before this one."""
        return [IntentClassifier]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Return the settings and their defaults."""
        return {
            "never_over": ["distress"],
            # If the classifier's confidence is below this, a weather signal in the message decides.
            "unsure_below": offers.SURE,
            # After these intents, a place on its own asks the same question about that place: "and the info desk?"
            "about_hours": ["opening_hours", "learning_commons_24h"],
            # Nobody means these when they mention a time.
            "casual": ["out_of_scope", "greet", "thanks", "goodbye", "help", "acknowledge", "wait", "annoyed"],
        }

    def __init__(self, config: Dict[Text, Any]) -> None:
        """Store the settings."""
        self._config = config

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> GraphComponent:
        """Return the component."""
        return cls(config)

    def process(self, messages: List[Message]) -> List[Message]:
        """Put the intent of bare times ahead of the others."""
        for message in messages:
            text, ranking = str(message.get(TEXT) or ""), message.get("intent_ranking") or []
            if not ranking or ranking[0]["name"] in self._config["never_over"]:
                continue
            entities, before = message.get(ENTITIES, []), (message.get("metadata") or {}).get("before") or {}
            if place := self._where(text, before, ranking[0], entities):
                self._put_first(message, place["intent"])
                message.set(QUESTIONS, [{"start": 0, "end": len(text), **place}], add_to_output=True)
                continue
            if asked := self._with_a_time(text, before, entities):
                self._put_first(message, asked[0]["intent"])
                message.set(QUESTIONS, asked, add_to_output=True)
                continue
            name = self._meant(text, entities, ranking[0])
            if not name and (before.get("at") or {}).get("place") and of_them(text, entities):
                name = HOURS
            if before.get("intent") in self._config["about_hours"] and is_a_place(text, entities):
                name = FOLLOW_UP
            if name:
                self._put_first(message, name)
                message.set(QUESTIONS, self._question(message, name), add_to_output=True)
        return messages

    def _put_first(self, message: Message, name: Text) -> None:
        others = [each for each in message.get("intent_ranking") if each["name"] != name]
        first = {"name": name, "confidence": 1.0}
        rest = [{**each, "confidence": each["confidence"] * 0.001} for each in others]
        message.set(INTENT, first, add_to_output=True)
        message.set("intent_ranking", [first, *rest], add_to_output=True)

    def _where(
        self, text: Text, before: Dict[Text, Any], first: Dict[Text, Any], entities: List[Dict[Text, Any]]
    ) -> Dict[Text, Any]:
        """Return the question in a message that asks where "that" is; {} if it names a place or topic itself."""
        asked = None if any(each["entity"] == "place" for each in entities) else where(text, before)
        expected = {asked["intent"], before.get("intent"), DIRECTIONS, *self._config["casual"]} if asked else set()
        elsewhere = first["confidence"] >= offers.SURE and first["name"] not in expected
        return {} if asked is None or first["name"] in DANGERS or (elsewhere and len(parts(text)) > 1) else asked

    def _with_a_time(
        self, text: Text, before: Dict[Text, Any], entities: List[Dict[Text, Any]]
    ) -> List[Dict[Text, Any]]:
        """Return two questions, the time and the follow-up to the previous question: "so tomorrow then? how much"."""
        intent, after = before.get("intent"), before.get("text")
        if intent in self._config["about_hours"] and before.get("topic"):
            intent, after = before["topic"], str(before["topic"]).replace("_", " ")
        if not after or intent in {*self._config["casual"], *self._config["about_hours"], *DANGERS}:
            return []
        found = []
        for start, end in parts(text):
            piece = text[start:end]
            own = [
                {**each, "start": each["start"] - start, "end": each["end"] - start}
                for each in entities
                if start <= each["start"] < end
            ]
            name = bare_intent(piece, own) or (intent if not own and asks(piece) and leans(piece) else "")
            bare = {"bare": True} if name == FOLLOW_UP else {}
            found.append({"intent": name, "start": start, "end": end, "after": after, **bare})
        names = [each["intent"] for each in found]
        both = len(names) == 2 and intent in names and not {FOLLOW_UP, HOURS}.isdisjoint(names)
        return found if both else []

    def _meant(self, text: Text, entities: List[Dict[Text, Any]], first: Dict[Text, Any]) -> Text:
        """Return the intent of a message that is little more than a time and not already understood; otherwise ""."""
        unsure = first["confidence"] < float(self._config["unsure_below"]) or first["name"] in self._config["casual"]
        name = bare_intent(text, entities)
        if name == FOLLOW_UP or (name and (unsure or not entities)):
            return name
        return HOURS if unsure and first["name"] not in self._config["casual"] and names_a_signal(text) else ""

    def _question(self, message: Message, name: Text) -> List[Dict[Text, Any]]:
        """Return the message as a single question, with the question it follows up if that is known."""
        known = message.get(QUESTIONS) or [{}]
        question = {"intent": name, "start": 0, "end": len(str(message.get(TEXT)))}
        before = (message.get("metadata") or {}).get("before") or {}
        after = known[0].get("after") or before.get("text")
        return [question | ({"after": after, "bare": True} if name == FOLLOW_UP and after else {})]
