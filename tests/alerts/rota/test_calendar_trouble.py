from __future__ import annotations

from alerts.rota.calendar_text import read
from alerts.rota.calendar_trouble import Problem, Trouble, problem
from tests.alerts.rota.calendars import calendar, event


def test_a_problem_names_its_event_by_title_uid_or_neither_and_is_short() -> None:
    titled, plain, bare = read(calendar(event("SUMMARY:" + "x" * 200), event(), event(uid=""))).events
    assert problem(titled, Trouble.NO_END, "y" * 200) == Problem(Trouble.NO_END, "x" * 80, "y" * 120)
    assert problem(plain, Trouble.NO_END).about == "one"
    assert problem(bare, Trouble.NO_UID).about == "an event without title"
