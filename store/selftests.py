"""Self-tests: tries of the whole way from the broker to every person's channels, and what came of them.

The unit for tests is a unit like any other, but it serves nobody. What becomes of a run's pages is in its deliveries.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from store.pool import AsyncConnection, Connection
from store.queries import arun, run
from store.values import storable_text

# No run takes this long: one that is open since then was interrupted.
TORN_US: Final = 600_000_000
# A day, the night on which clocks go back, and some time to be run in: from then on the last one says nothing any more.
OVERDUE_US: Final = 26 * 3600 * 1_000_000
TAKEN: Final = frozenset({"sent", "delivered", "read"})


class Broken(StrEnum):
    """The first part of the way that did not work; these words are stored."""

    NOTHING = ""
    BROKER = "broker"  # it could not be reached, or did not let the test unit speak
    INGEST = "ingest"  # what the broker took was not acknowledged
    RULES = "rules"  # the alarm is stored, and no alert was opened
    NOTIFIER = "notifier"  # the alert is there, and no page was handed out
    CHANNELS = "channels"  # some channel took nothing, or there is none
    INTERRUPTED = "interrupted"  # the test itself did not come to its end


@dataclass(frozen=True, slots=True)
class UnitForTests:
    """As whom a run speaks."""

    unit_id: int
    name: str
    shard: int


@dataclass(frozen=True, slots=True)
class ChannelOutcome:
    """What became of a run's page to one channel.

    Attributes:
        kind, label, host: of the channel. user: the person's name.
        state: "sent" (a service has it), "delivered", "read" (the device says so), else it was not taken.
        seconds: from the notice until then. waiting: whether it is being tried still. detail: what the channel said.
    """

    channel_id: int
    user_id: int
    user: str
    kind: str
    label: str
    host: str
    state: str
    attempts: int
    seconds: float
    waiting: bool
    detail: str

    @property
    def taken(self) -> bool:
        """Whether the channel took it."""
        return self.state in TAKEN


@dataclass(frozen=True, slots=True)
class Run:
    """A run and what came of it.

    Attributes:
        begun_us, ended_us: microseconds since 1970 UTC; not ended: it runs still, or was interrupted.
        asked_by: "daily", or the person who ran it by hand.
        broken: the first part that did not work. detail: in words; nothing personal, no address.
        alert_s: from the broker to the alert. notice_s: from the alert to the pages. channels_s: from there until the
            last channel that took one had it. None: it did not get there.
    """

    run_id: int
    begun_us: int
    ended_us: int | None
    asked_by: str
    broken: Broken
    detail: str
    alert_s: float | None
    notice_s: float | None
    channels_s: float | None
    channels: tuple[ChannelOutcome, ...]

    @property
    def passed(self) -> bool:
        """Whether it went all the way."""
        return self.ended_us is not None and self.broken is Broken.NOTHING


@dataclass(frozen=True, slots=True)
class Overview:
    """Since when there is a unit for tests, and its last run (None: there was none)."""

    since_us: int
    begun_us: int | None
    ended_us: int | None
    broken: Broken
    detail: str


def unit(conn: Connection) -> UnitForTests | None:
    """The unit for tests that is not revoked; None where there is none."""
    row = run(conn, "test_unit").fetchone()
    return None if row is None else UnitForTests(*row)


def begin(conn: Connection, asked_by: str, now_us: int, day: date | None = None) -> int | None:
    """The number of a new run; None where there is no unit for tests, one is running, or `day` has had its own."""
    run(conn, "end_torn_selftests", {"now": now_us, "torn": now_us - TORN_US})
    row = run(conn, "begin_selftest", {"day": day, "asked_by": storable_text(asked_by, 100), "now": now_us}).fetchone()
    return None if row is None else int(row[0])


def note_sent(conn: Connection, run_id: int) -> None:
    """The alarm goes to the broker now: an alert of the unit from here on is this run's."""
    run(conn, "selftest_sent", {"run": run_id})


def alert_is_there(conn: Connection, run_id: int) -> bool:
    """Whether the run's alert is open; the first time is put on record."""
    return run(conn, "selftest_alert_seen", {"run": run_id}).fetchone() is not None


def hand_out(conn: Connection, notice_id: int, now_us: int) -> None:
    """Queue a page to every channel in use of every person, once, if a run waits for this notice of the test unit."""
    run(conn, "hand_out_selftest", {"notice": notice_id, "now": now_us})


def close_alerts(conn: Connection, unit_id: int) -> None:
    """End the alerts of the unit for tests, in a transaction of the caller's; of any other unit it ends none."""
    alerts = [row[0] for row in run(conn, "open_alerts_of_test_unit", {"unit": unit_id})]
    run(conn, "lock_alerts", {"alerts": sorted(alerts)})
    run(conn, "close_test_alerts", {"alerts": alerts})


def end(conn: Connection, run_id: int, broken: Broken, detail: str) -> None:
    """Put on record what came of a run; channels that took its page are tested."""
    run(conn, "end_selftest", {"run": run_id, "broken": str(broken), "detail": storable_text(detail, 1000)})
    run(conn, "channels_tested", {"run": run_id})


def get(conn: Connection, run_id: int) -> Run:
    """A run as it stands; KeyError where there is none."""
    row = run(conn, "selftest_runs", {"run": run_id}).fetchone()
    if row is None:
        raise KeyError(run_id)
    return _run(row, run(conn, "selftest_channels", {"notice": row[9]}))


async def last(conn: AsyncConnection) -> Run | None:
    """The newest run, for the wall; None when there was none."""
    row = await (await arun(conn, "selftest_runs", {"run": None})).fetchone()
    if row is None:
        return None
    return _run(row, [channel async for channel in await arun(conn, "selftest_channels", {"notice": row[9]})])


def overview(conn: Connection) -> Overview | None:
    """How it stands with self-tests; None where there is no unit for them."""
    row = run(conn, "selftest_overview").fetchone()
    return None if row is None else Overview(row[0], row[1], row[2], Broken(row[3] or ""), row[4] or "")


def _run(row: tuple[Any, ...], channels: Iterable[tuple[Any, ...]]) -> Run:
    outcomes = tuple(ChannelOutcome(*channel) for channel in channels)
    fields: list[Any] = [*row[:4], Broken(row[4]), *row[5:9], outcomes]
    return Run(*fields)
