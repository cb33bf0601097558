"""Regular expressions for names and numbers that identify somebody in Chinese text, in both scripts.

They follow the rules of bot.retraining.personal: the group `told` is what is redacted, every repetition is bounded, and
no `\\b` stands beside Chinese, where every character is a letter of a word.
"""

from __future__ import annotations

_HAN = "[\u3400-\u9fff]"
_IS = r"[\s:係系是為为]{0,3}"
_SURE = (
    "陳陈林黃黄張张李王吳吴劉刘蔡楊杨鄭郑謝谢郭邱廖賴赖徐葉叶蘇苏莊庄呂吕蕭萧羅罗潘簡简朱鍾钟彭詹胡施沈余盧卢梁趙赵顏颜柯翁魏孫孙戴范宋鄧邓杜傅侯曹薛"
    "卓董姚馮冯歐欧程湯汤姜鄒邹尤涂龔龚嚴严袁麥麦岑崔譚谭霍鄺邝甄"
)
# Family names that often begin another word: 何時, 馬上, 周末, 連同.
_OR_WORD = "許许洪曾周江何丁馬马溫温唐藍蓝石紀纪連连田康汪白巫黎關关區招方高梅"
_TWO = "(?:歐陽|欧阳|司徒|司馬|司马|上官|諸葛|诸葛|皇甫|尉遲|尉迟)"
# Words that begin like a name.
_NO_NAME = (
    r"(?!謝謝|谢谢|何[時时人日處处以謂谓]|[馬马]上|[馬马][來来]|周[末日圍围一二三四五六]|[連连][同接埋不上日]|[許许][多久]|方便|高[興兴年級级等校中]"
    r"|[張张][卡單单紙纸相枱凳證证飛票碟]|黃[雨色]|黄[雨色]|溫[書习習]|温[书习習]|石硤尾|石[油門澳]|[關关][於于門门心閉闭]|任|田[徑径]|江西"
    r"|余下|[許许]可|唐[樓楼]|[簡简][單单體体]|程[序式度]|李[兆樹树]|白[天色]|王者|林[村木])"
)
_FAMILY = f"(?:{_TWO}|[{_SURE}{_OR_WORD}])"
_FOLLOWERS = "呀|啊|㗎|嘅|的|想|要|同[學学]|[學学]生|先生|小姐|女士|[學学][號号]|[電电][話话]|係|是"
_AFTER_NAME = rf"(?=$|[\s\d,，。.!！?？、；;：:(（]|{_FOLLOWERS})"
_FULL = f"{_NO_NAME}{_FAMILY}{_HAN}{{1,2}}?{_AFTER_NAME}"
_LATIN = r"[A-Z][A-Za-z'’-]{1,40}(?: [A-Z][A-Za-z'’-]{1,40}){0,3}"
_LATIN_SMALL = (
    r"(?!(?:friends?|groupmates?|classmates?|uber|taxi|siri|staff|prof|lib|security|guard|food|book)(?![a-z]))"
    r"[a-z]{2,20}"
)
# "我叫佢續借" asks somebody; "我叫阿明" says a name.
_NOT_CALLED = (
    "(?!你|您|佢|他|她|它|咗|過|过|人|車|车|外|朋友|同[學学事]|老[師师]|職員|职员|爸|媽|妈|阿[媽妈爸]|家|圖書|图书|什|甚|咩|乜|得|唔|不|醒|個|个|啲|嗰|呢|部|架|返|埋|保安|了|的"
    "|[學学]生|[醫医]生|救[護护]|警|客)"
)
_CALLED = r"(?:我|本人)(?:的|個|个)?(?:名字?|英文名|中文名)?(?:叫|係叫|是叫)(?:做|作)?\s?"
_TITLES = r"(?:先生|小姐|女士|太太|老[師师]|教授|博士|[護护]士|[醫医]生|[館馆][長长]|主任|同[學学](?![生會会]))"
NAMES = (
    f"{_CALLED}(?P<told>{_FULL}|{_NO_NAME}{_FAMILY}{_HAN}{{1,2}}|{_NOT_CALLED}{_HAN}{{2,4}}|{_LATIN}|{_LATIN_SMALL})",
    f"(?:我|本人)(?:係|是|系)(?P<told>{_FULL})",
    f"本人(?P<told>{_NO_NAME}(?:{_TWO}{_HAN}|[{_SURE}]{_HAN}){_HAN}?{_AFTER_NAME})",
    r"(?:我|本人)(?:係|是|系)\s?(?!Year|Exchange|Master|Final|Visiting|Research|Part|Full|Senior|Junior|Year|Hong)"
    r"(?P<told>[A-Z][a-z'’-]{1,40}(?: [A-Z][a-z'’-]{1,40}){1,3})",
    f"(?:我|本人|敝|小)姓(?P<told>{_FAMILY})(?:名|叫)?",
    rf"(?:姓名|[聯联][絡络系]人|申[請请]人|(?:我|本人)(?:個|的|个)?名字?)\s?[:係系是為为]\s?(?P<told>{_HAN}{{2,4}}|{_LATIN})",
    f"(?<![任如幾几])(?P<told>{_NO_NAME}{_FAMILY}{_HAN}{{0,2}}?){_TITLES}",
    rf"(?:^|[\s,，。.!！])(?P<told>{_NO_NAME}{_FAMILY}{_HAN}{{1,2}})\s?(?:敬上|[謹谨]上|[謹谨]啟)(?=\W{{0,40}}$)",
    rf"(?:^|[\s,，。.!！])(?P<told>{_NO_NAME}[{_SURE}]{_HAN}{{2}})\s?上(?=\W{{0,40}}$)",
    rf"(?:多[謝谢]|[謝谢][謝谢]|唔該|感[謝谢])(?:晒|你|您)?[\s,，!！。]{{1,3}}(?P<told>{_NO_NAME}[{_SURE}]{_HAN}{{2}})(?=\W{{0,40}}$)",
)
_CARD = r"[A-Z]{1,2}\s?\d{6}\s?\(?[\dA]?\)?|\d{17}[\dX]"
IDENTITY_CARD_TOLD = (
    rf"(?:身[份分][證証证](?:明文件)?(?:[號号][碼码])?|HKID(?:\s?card)?){_IS}(?P<told>{_CARD})(?![A-Za-z\d])",
)
ACCOUNT_TOLD = (
    rf"(?:微信|wechat)(?:[號号]|\s?id)?{_IS}(?P<told>(?=[a-z_-]{{0,19}}\d)[a-z][a-z0-9_-]{{5,19}})(?![a-z0-9_-])",
)
NUMBER_TOLD = (rf"八[達达]通(?:卡)?(?:[號号][碼码]?)?{_IS}(?P<told>\d{{8,9}})(?!\d)",)
