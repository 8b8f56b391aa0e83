"""The wall clock of a box, or of the server, is set while they run: nothing is lost, doubled, misplaced, paged twice.

Real agent, ingest, broker, database and simulated machine; libfaketime sets the clocks of agent and ingest. The machine
keeps the true time in its truth file. The short form makes every jump once; `./run chaos` sets HOMEHD_CHAOS=long.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from store import pool
from telemetry.messages import Flag
from telemetry.signals import BY_NAME
from tests.faketime import WallClock
from tests.system import Home, System, running, wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1500)]

LONG = os.environ.get("HOMEHD_CHAOS") == "long"
ROUNDS = 12 if LONG else 1
POLL_S = 0.5
BOUND_S = 3.0  # from the machine's answer to the stored time, whatever the clocks say; a busy machine polls late
ALERT_BOUND_S = 15.0  # two homes' polls differ, and a missed one moves an on-delay; the jumps are of an hour and more
SAFE_S = 1.0  # to each side of a jump in which nothing is asked of the marks
HOUR_S = 3600.0
YEAR_1970 = 60.0
ALERTS = """
    SELECT rule, state, extract(epoch FROM time) FROM alert_event WHERE unit_id = %(unit)s ORDER BY event_id
"""
pause = threading.Event()


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    yield from running(tmp_path)


def home_with(system: System, number: int, *, onset_s: int, clock: str, wall: WallClock | None) -> Home:
    """A home whose machine finds air after `onset_s` seconds; all of them have the same treatment."""
    home = system.add_home(number, scenario="air", poll_s=POLL_S)
    words = list(home.machine.words)
    words[words.index("--seed") + 1] = "1"
    words[words.index("--onset") + 1] = str(onset_s)
    home.machine.words = words
    config = home.folder / "edge.toml"
    config.write_text(config.read_text().replace('clock = "trusted"', f'clock = "{clock}"'))
    if wall is not None:
        wall.believed_by(home.agent)
    return home


def test_a_clock_set_back_forward_and_to_1970_loses_nothing_and_keeps_the_order(system: System, tmp_path: Path) -> None:
    box, server = WallClock(tmp_path / "box.time"), WallClock(tmp_path / "server.time")
    server.believed_by(system.ingest)
    onset_s = 14
    believing = home_with(system, 1, onset_s=onset_s, clock="trusted", wall=box)
    asking = home_with(system, 2, onset_s=onset_s, clock="auto", wall=box)
    control = home_with(system, 3, onset_s=onset_s, clock="trusted", wall=None)
    homes = [believing, asking, control]
    system.ingest.start()
    for home in homes:
        home.machine.start()
        home.agent.start()
    wait_for("first rows", lambda: all(len(system.stored(home)) > 3 for home in homes), 40, system)

    wrong: list[tuple[float, float]] = []  # true times between which the boxes' clock was wrong
    chance = random.Random(3)
    for round_ in range(ROUNDS):
        stay_s = 4.0 if not LONG else chance.uniform(4.0, 30.0)
        for jump in ("-1h", "+2h", "1970"):
            began = time.time()
            if jump == "1970":
                box.set_to(YEAR_1970 + round_)
                pause.wait(stay_s / 2)
                system.broker.kill()  # what is taken now is sent when the clock is right again
                pause.wait(stay_s)
            else:
                box.set(-HOUR_S if jump == "-1h" else 2 * HOUR_S)
                pause.wait(stay_s)
            wrong.append((began, time.time()))
            if jump == "1970":
                box.set(0.0)
                system.broker.start()
                pause.wait(2.0)
        for offset_s in (-HOUR_S, 2 * HOUR_S, 0.0):
            server.set(offset_s)
            pause.wait(stay_s / 2)

    wait_for("the alarm", lambda: all(alerts(system, home) for home in homes), onset_s + 30, system)
    for home in homes:
        stop_between_polls(home)
    truths = {home.unit: len(home.truth) for home in homes}
    wait_for("the backlog", lambda: all(len(system.stored(home)) >= truths[home.unit] for home in homes), 60, system)
    for home in homes:
        check_rows(system, home)
    for home in (believing, asking):
        check_marks(system, home, wrong)
        check_alerts(system, home, control)
    assert not any(row["flags"] & Flag.TIME_CORRECTED for row in system.stored(control)), (
        "the server's jumps move nobody"
    )


def check_rows(system: System, home: Home) -> None:
    """Exactly what the machine showed, when it showed it, in its order."""
    rows, truth = system.stored(home), home.truth
    assert len({row["seq"] for row in rows}) == len(rows) == len(truth), "nothing lost, nothing doubled"
    assert len({row["epoch"] for row in rows}) == 1
    for row, entry in zip(rows, truth, strict=True):
        stored = {name: float(row[name]) for name in BY_NAME if row.get(name) is not None}
        assert stored == pytest.approx(entry["readings"], rel=1e-6)
        late_s = row["time"].timestamp() - entry["t"]
        assert -0.2 < late_s < BOUND_S, f"seq {row['seq']} is {late_s:.2f} s from when it was shown"
    marks = ("seq", "time", "mono_ms", "flags")
    swapped = [
        [one[name] for one in pair for name in marks] for pair in pairwise(rows) if pair[0]["time"] >= pair[1]["time"]
    ]
    assert swapped == [], "time follows the numbers"
    assert not any(row["flags"] & Flag.TIME_UNCERTAIN for row in rows), "one boot, heard live: nothing is uncertain"


def check_marks(system: System, home: Home, wrong: list[tuple[float, float]]) -> None:
    """Rows taken while the clock was wrong say that their time was put right."""
    marked = 0
    for row in system.stored(home):
        at_s = row["time"].timestamp()
        if any(began + SAFE_S < at_s < ended - SAFE_S for began, ended in wrong):
            assert row["flags"] & Flag.TIME_CORRECTED, f"seq {row['seq']}"
            marked += 1
    assert marked >= 3 * len(wrong) / 2


def alerts(system: System, home: Home) -> list[tuple[str, str, float]]:
    with pool.connect(system.database.url) as conn:
        return [(rule, state, float(at)) for rule, state, at in conn.execute(ALERTS, {"unit": home.unit_id})]


def check_alerts(system: System, home: Home, control: Home) -> None:
    """The same alerts, at the same time, as in the home whose clock was left alone."""
    found, expected = alerts(system, home), alerts(system, control)
    assert [entry[:2] for entry in found] == [entry[:2] for entry in expected]
    began = home.truth[0]["t"] - control.truth[0]["t"]
    for (*_, at_s), (*_, expected_s) in zip(found, expected, strict=True):
        assert abs(at_s - expected_s - began) < ALERT_BOUND_S


def stop_between_polls(home: Home) -> None:
    seen = len(home.truth)
    deadline = time.monotonic() + 20
    while len(home.truth) == seen and time.monotonic() < deadline:
        pause.wait(0.01)
    pause.wait(0.2)
    home.machine.kill()


def test_the_night_summer_time_ends_is_a_night_like_any_other(system: System, tmp_path: Path) -> None:
    """Everybody lives where the clock goes from 3 to 2, at that moment; nobody's data do."""
    change = datetime(2026, 10, 25, 1, 0, 0, tzinfo=UTC)
    wall = WallClock(tmp_path / "everybody.time")
    home = system.add_home(1, poll_s=POLL_S)
    for child in (system.ingest, home.machine, home.agent):
        wall.believed_by(child)
        child.environment = {**child.environment, "TZ": "Europe/Berlin"}
    wall.set_to(change.timestamp() - 25)
    for child in (system.ingest, home.machine, home.agent):
        child.start()

    def passed() -> bool:
        rows = system.stored(home)
        return bool(rows) and rows[-1]["time"].timestamp() > change.timestamp() + (30.0 if LONG else 2.0)

    wait_for("the change", passed, 90, system)
    stop_between_polls(home)
    wait_for("the last rows", lambda: len(system.stored(home)) >= len(home.truth), 30, system)
    check_rows(system, home)
    times = [row["time"].timestamp() for row in system.stored(home)]
    assert times[0] < change.timestamp() - 2
    assert all(b - a < BOUND_S for a, b in pairwise(times[2:])), "no hour twice, no hour missing"
    with pool.connect(system.database.url) as conn:
        assert conn.execute("SELECT count(*) FROM alert").fetchone() == (0,)
