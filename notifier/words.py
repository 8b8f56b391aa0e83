"""All words that a page may say, in both languages. There is no place in them for a name, a unit or a value.

A preview is read on locked screens, by mail servers and by the companies that carry messages: it says how urgent it is,
what kind of answer is wanted and where to look. Whom it is about is on the page behind the link, after signing in.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from telemetry.alarms import Priority
from telemetry.rota import Audience


class Language(StrEnum):
    """What a person reads; BCP 47. Chinese is written simplified."""

    ENGLISH = "en"
    CHINESE = "zh"


class Occasion(StrEnum):
    """Why a page is sent."""

    CALL = "call"  # somebody is asked to answer
    SEVERAL = "several"  # to answer for more than one at once: pages folded in a flood
    DIGEST = "digest"  # once a day: so many are on the work list
    TEST = "test"  # a channel is tried out; nobody needs to do anything
    UNSAVED = "unsaved"  # somebody is asked while the database is away: it can be answered by deeds only
    AWAY = "away"  # operations: the database does not answer
    BACK = "back"  # operations: it answers again


Words = dict[Language, str]


def title(occasion: Occasion, priority: Priority, audience: Audience, language: Language) -> str:
    """One line, at most 60 characters."""
    if occasion is Occasion.TEST:
        return _TEST_TITLE[language]
    if occasion is Occasion.DIGEST:
        return _DIGEST_TITLE[language]
    if occasion in _OF_DATABASE:
        return _PRIORITY[priority][language] + _OF_DATABASE[occasion][0][language]
    subject = _SUBJECTS if occasion is Occasion.SEVERAL else _SUBJECT
    return _PRIORITY[priority][language] + subject[audience][language]


def body(occasion: Occasion, priority: Priority, audience: Audience, language: Language) -> str:
    """What to do, in at most two sentences."""
    if occasion is Occasion.TEST:
        return _TEST_BODY[language]
    if occasion is Occasion.DIGEST:
        return _ON_THE_LIST[language]
    if occasion is Occasion.SEVERAL:
        return _ANSWER_EACH[language]
    if occasion in _OF_DATABASE:
        return _OF_DATABASE[occasion][1][language]
    if occasion is Occasion.UNSAVED:
        return _ANSWER_BY_DEEDS[language]
    return (_WORK_LIST if priority is Priority.LOW else _ANSWER[audience])[language]


def digest(listed: int, days: int, language: Language) -> str:
    """What a digest says beside its title: how many are on the work list, and for how many days the oldest."""
    if language is Language.CHINESE:
        return f"工作列表中有 {listed} 项" + (f"，最早的已有 {days} 天。" if days else "，均为今日新增。")
    return f"{listed} on the work list, " + (f"the oldest for {days} {_DAYS[days == 1]}." if days else "all of today.")


_DAYS: Final = ("days", "day")


def counted(homes: int, high: int, other: int, language: Language) -> str:
    """How many a page about several is about, when it is sent: at most 80 characters, with a gap behind."""
    if language is Language.CHINESE:
        parts = [f"高优先级{high}项"] * (high > 0) + [f"中优先级{other}项"] * (other > 0)
        return "发送时：" + "，".join(parts + [f"涉及{homes}户"] * (homes > 0)) + "。"
    parts = [f"{high} of high priority"] * (high > 0) + [f"{other} of medium priority"] * (other > 0)
    at = f", at {homes} home{'s' * (homes != 1)}" if homes else ""
    return "When sent: " + ", ".join(parts) + at + ". "


_EN, _ZH = Language.ENGLISH, Language.CHINESE

_PRIORITY: Final[dict[Priority, Words]] = {
    Priority.HIGH: {_EN: "High priority: ", _ZH: "高优先级："},
    Priority.MEDIUM: {_EN: "Medium priority: ", _ZH: "中优先级："},
    Priority.LOW: {_EN: "Low priority: ", _ZH: "低优先级："},
}
_SUBJECT: Final[dict[Audience, Words]] = {
    Audience.CLINICAL: {_EN: "somebody at home needs an answer", _ZH: "有居家患者需要回应"},
    Audience.TECHNICAL: {_EN: "a machine or box needs looking at", _ZH: "有设备需要检查"},
    Audience.OPERATIONS: {_EN: "the service needs looking at", _ZH: "系统服务需要检查"},
}
_SUBJECTS: Final[dict[Audience, Words]] = {
    Audience.CLINICAL: {_EN: "several at home need an answer", _ZH: "有多位居家患者需要回应"},
    Audience.TECHNICAL: {_EN: "several machines or boxes need looking at", _ZH: "有多台设备需要检查"},
    Audience.OPERATIONS: {_EN: "several parts need looking at", _ZH: "系统多处需要检查"},
}
_ANSWER: Final[dict[Audience, Words]] = {
    Audience.CLINICAL: {
        _EN: "Open the page, then accept or pass on. Until you do, others are asked.",
        _ZH: "请打开页面，接受或转交。在您回应之前，系统会继续联系其他人员。",
    },
    Audience.TECHNICAL: {
        _EN: "Open the page to see which one and what to do.",
        _ZH: "请打开页面，查看是哪台设备以及如何处理。",
    },
    Audience.OPERATIONS: {
        _EN: "Open the page to see which part and what to do.",
        _ZH: "请打开页面，查看是哪个部分以及如何处理。",
    },
}
_ANSWER_EACH: Final[Words] = {
    _EN: "Open the list, then accept or pass on each. Until you do, others are asked.",
    _ZH: "请打开列表，逐一接受或转交。在您回应之前，系统会继续联系其他人员。",
}
_ANSWER_BY_DEEDS: Final[Words] = {
    _EN: "The database is away: this cannot be acknowledged now. Look at the screens, or call those at home.",
    _ZH: "数据库不可用，目前无法确认。请查看监护屏幕，或致电患者家中。",
}
_OF_DATABASE: Final[dict[Occasion, tuple[Words, Words]]] = {
    Occasion.AWAY: (
        {_EN: "the database does not answer", _ZH: "数据库无响应"},
        {
            _EN: "Alerts are judged and paged from memory; nothing is saved or acknowledged. See to the database now.",
            _ZH: "系统仍在判断并发送警报，但无法保存或确认。请立即检查数据库。",
        },
    ),
    Occasion.BACK: (
        {_EN: "the database answers again", _ZH: "数据库已恢复"},
        {
            _EN: "What was found and sent meanwhile is being put on record. No answer is needed.",
            _ZH: "期间的警报和通知正在补录。无需回应。",
        },
    ),
}
_WORK_LIST: Final[Words] = {
    _EN: "There is something new on your work list.",
    _ZH: "您的工作列表中有新内容。",
}
_DIGEST_TITLE: Final[Words] = {_EN: "Your work list today", _ZH: "今日工作列表"}
_ON_THE_LIST: Final[Words] = {_EN: "There is something on your work list.", _ZH: "您的工作列表中有待办内容。"}
_TEST_TITLE: Final[Words] = {_EN: "Test: no answer is needed", _ZH: "测试：无需回应"}
_TEST_BODY: Final[Words] = {
    _EN: "This channel works. It will be used when somebody needs you.",
    _ZH: "此通知渠道可用。需要您时，将通过它联系您。",
}
