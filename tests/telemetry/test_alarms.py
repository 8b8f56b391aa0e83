"""IEC words and MDC events."""

from __future__ import annotations

import re
from pathlib import Path

from telemetry.alarms import AIR, EVENT_BY_NAME, EVENTS, SAFETY, Priority


def test_priorities_are_ordered() -> None:
    assert sorted(Priority, key=lambda priority: priority.rank) == [Priority.LOW, Priority.MEDIUM, Priority.HIGH]


def test_events_have_unique_names_and_codes() -> None:
    assert len(EVENT_BY_NAME) == len({event.code for event in EVENTS}) == len(EVENTS)


def test_the_mandatory_events_of_the_guide_are_there() -> None:
    codes = {event.code for event in EVENTS}
    assert codes >= {198242, 198244, 198252, 198262, 198258, 198276, 198216}


def test_groups_name_known_events() -> None:
    assert AIR < SAFETY <= set(EVENT_BY_NAME)


def test_each_has_its_word_on_the_pages_in_both_languages() -> None:
    pages = Path(__file__).parents[2] / "dashboard/src"
    english, chinese = (
        dict(re.findall(r'^  (MDC_\w+): "(.+)",$', (pages / name).read_text("utf-8"), re.MULTILINE))
        for name in ("words-alarms.ts", "words-alarms-zh.ts")
    )
    assert english == {event.name: event.label for event in EVENTS}
    assert chinese.keys() == english.keys()
    assert not [word for word in chinese.values() if re.search("[A-Za-z]", word)]
