"""A line's digest of a day is one notifier's, and its page goes by the person's first way."""

from __future__ import annotations

from datetime import date

from store import accounts, channels, digests, notices, registry, rota
from store.notices import NewNotice
from store.pool import Connection
from store.rota import Written
from telemetry.rota import PRIMARY, Audience
from tests.store.told import NOW_US

DAY = date(2025, 6, 16)


def test_it_is_taken_once_a_line_and_day(conn: Connection) -> None:
    clinic = registry.add_clinic(conn, "North")
    number = rota.add(conn, clinic, Audience.CLINICAL, PRIMARY, "UTC", Written("os:t", "test", NOW_US))
    assert [digests.begin(conn, number, day, NOW_US) for day in (DAY, DAY, date(2025, 6, 17))] == [True, False, True]


def test_the_list_is_a_clinic_s_and_an_audience_s(conn: Connection) -> None:
    clinic = registry.add_clinic(conn, "North")
    assert digests.work_list(conn, "technical", [clinic], of_none=True) == (0, None)
    for of, audience, subject in ((clinic, "technical", "a"), (None, "technical", "b"), (clinic, "operations", "c")):
        notices.open_notice(conn, NewNotice(None, None, of, audience, "box", subject, "low"), NOW_US)
    assert digests.work_list(conn, "technical", [clinic], of_none=False) == (1, NOW_US)
    assert digests.work_list(conn, "technical", [clinic], of_none=True) == (2, NOW_US)
    assert digests.work_list(conn, "technical", [], of_none=False) == (0, None)


def test_one_page_by_the_first_way_that_is_no_screen(conn: Connection) -> None:
    clinic = registry.add_clinic(conn, "North")
    number = rota.add(conn, clinic, Audience.CLINICAL, PRIMARY, "UTC", Written("os:t", "test", NOW_US))
    user = accounts.add_user(
        conn, email="a@example.org", name="A", role="nurse", clinic_id=clinic, password_hash="x", now_us=NOW_US
    )
    notice = notices.open_notice(conn, NewNotice(None, None, clinic, "clinical", "digest", "d", "low"), NOW_US)
    second, first = (
        channels.add(
            conn, user, "apprise", f"jsons://127.0.0.1/{tier}", host="127.0.0.1", label="x", tier=tier, language="en",
            now_us=NOW_US,
        )
        for tier in (2, 1)
    )  # fmt: skip
    assert second != first and digests.begin(conn, number, DAY, NOW_US)
    digests.send(conn, number, DAY, notice, user, 7, 2, NOW_US)
    assert conn.execute("SELECT channel_id, priority FROM delivery").fetchall() == [(first, "low")]
    assert conn.execute("SELECT open, days, notice_id FROM digest").fetchall() == [(7, 2, notice)]
