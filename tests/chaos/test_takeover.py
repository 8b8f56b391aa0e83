"""Two ingest processes and one set of shards: killed, paused, and waking up late, there is never more than one writer.

The short form runs in the suite; `./run chaos` sets HOMEHD_CHAOS=long for more homes and more rounds.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from homehd.children import Child
from ingest.session import IDLE_S
from ingest.shards import ALL
from store import pool, shard_locks
from tests.chaos.test_kill_everything import check_home, stop_machine_between_polls
from tests.system import System, running, wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

LONG = os.environ.get("HOMEHD_CHAOS") == "long"
HOMES = 6 if LONG else 2
ROUNDS = 8 if LONG else 1
POLL_S = 0.5
TAKEOVER_S = 5.0
pause = threading.Event()

OWNERS = """
    SELECT pid, array_agg(objid::int ORDER BY objid) FROM pg_locks
    WHERE locktype = 'advisory' AND classid = %(class)s::bigint::oid AND granted
    GROUP BY pid
"""
# Who writes, statement by statement, as the database sees it: by the session that holds the locks, or not.
WRITERS = """
    CREATE TABLE writer (backend int NOT NULL, target text NOT NULL, at timestamptz NOT NULL);
    CREATE FUNCTION note_writer() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO writer VALUES (pg_backend_pid(), TG_TABLE_NAME, clock_timestamp());
        RETURN NULL;
    END $$;
"""
WATCHED = (
    "reading",
    "machine_event",
    "received",
    "unit_status",
    "alert_event",
    "engine_state",
    "treatment",
    "phase_run",
)
ALERTS = """
    SELECT rule, alert_id, extract(epoch FROM min(time))::float8 FROM alert_event
    WHERE unit_id = %(unit)s GROUP BY rule, alert_id ORDER BY min(event_id)
"""


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    for system in running(tmp_path):
        with pool.connect(system.database.url) as conn:
            conn.execute(WRITERS)
            for table in WATCHED:
                conn.execute(f"CREATE TRIGGER note AFTER INSERT OR UPDATE ON {table} EXECUTE FUNCTION note_writer()")
        yield system


def test_a_killed_owner_s_shards_have_a_new_owner_in_time_that_knows_what_stands(system: System) -> None:
    bleeding = system.add_home(0, scenario="blood_leak", poll_s=POLL_S, onset_s=12)
    homes = [bleeding, *(system.add_home(number, poll_s=POLL_S) for number in range(1, HOMES))]
    owner, standby = system.ingest, system.another("ingest-2", "ingest")
    start(system, owner, standby)
    for home in homes:
        home.machine.start()
        home.agent.start()
    wait_for("the blood leak", lambda: [rule for rule, *_ in alerts(system, bleeding.unit_id)] == ["R19"], 60, system)

    # From now on R19 stands unacknowledged, and R22 waits for the machine's alarm to be a minute old.
    for _ in range(ROUNDS):
        before = only_owner(system)
        owner.kill()
        killed = time.monotonic()
        wait_for("the standby to own and store", lambda b=before: has_taken_over(system, b), TAKEOVER_S, system)
        print(f"taken over in {time.monotonic() - killed:.1f} s")
        owner.start()
        owner, standby = standby, owner
        wait_for("the other to stand by", lambda c=standby: stands_by(system, c), 30, system)
    wait_for(
        "the alarm nobody answers", lambda: "R22" in {rule for rule, *_ in alerts(system, bleeding.unit_id)}, 90, system
    )

    finish(system)
    raised = alerts(system, bleeding.unit_id)
    assert each_once(raised) >= {"R19", "R22"}, f"each once, none forgotten: {raised}"
    since = {rule: at for rule, _, at in raised}
    assert since["R22"] - since["R19"] == pytest.approx(60, abs=2 * POLL_S), "counted on from where the dead one stood"


def test_a_paused_owner_that_wakes_up_late_writes_nothing(system: System) -> None:
    bleeding = system.add_home(0, scenario="blood_leak", poll_s=POLL_S, onset_s=8)
    homes = [bleeding, *(system.add_home(number, poll_s=POLL_S) for number in range(1, HOMES))]
    owner, standby = system.ingest, system.another("ingest-2", "ingest")
    start(system, owner, standby)
    for home in homes:
        home.machine.start()
        home.agent.start()
    wait_for("the blood leak", lambda: [rule for rule, *_ in alerts(system, bleeding.unit_id)] == ["R19"], 60, system)

    for _ in range(ROUNDS):
        before, lost = only_owner(system), owner.log_file.read_text().count('"database lost"')
        os.kill(owner.pid, signal.SIGSTOP)
        paused = time.monotonic()
        try:
            # What it holds is free after IDLE_S, whatever it was doing, and taken as fast as that of a dead one.
            wait_for("the standby", lambda b=before: has_taken_over(system, b), IDLE_S + TAKEOVER_S, system)
            print(f"taken over in {time.monotonic() - paused:.1f} s")
            new = only_owner(system)
            rows = sum(len(system.stored(home)) for home in homes)
            wait_for("more rows", lambda r=rows: sum(len(system.stored(h)) for h in homes) > r + 2 * HOMES, 30, system)
        finally:
            os.kill(owner.pid, signal.SIGCONT)
        # It has minutes of messages in its memory and in its socket, and an old session to write them by.
        wait_for(
            "the late one to notice",
            lambda o=owner, n=lost: o.log_file.read_text().count('"database lost"') > n,
            30,
            system,
        )
        wait_for("the late one to stand by", lambda c=owner: stands_by(system, c), 30, system)
        rows = sum(len(system.stored(home)) for home in homes)
        wait_for("more rows", lambda r=rows: sum(len(system.stored(h)) for h in homes) > r + 2 * HOMES, 30, system)
        assert only_owner(system) == new
        assert writers_since_taken(system, new) == {new}, "not one statement of the late one was committed"
        owner, standby = standby, owner

    finish(system)
    assert "R19" in each_once(alerts(system, bleeding.unit_id))


def test_two_share_the_work_and_a_third_stands_by_for_both(system: System) -> None:
    homes = [system.add_home(number, poll_s=POLL_S) for number in range(HOMES)]
    low = system.another("ingest-low", "ingest", "--shards", "0-31")
    high = system.another("ingest-high", "ingest", "--shards", "32-63")
    low.start()
    high.start()
    halves = {frozenset(range(32)), frozenset(range(32, 64))}
    wait_for("each its half", lambda: set(owners(system).values()) == halves, 40, system)
    system.ingest.start()  # for all of them, once those it stands behind have theirs
    wait_for("the standby", lambda: stands_by(system, system.ingest), 30, system)
    for home in homes:
        home.machine.start()
        home.agent.start()
    wait_for("first rows", lambda: all(len(system.stored(home)) > 3 for home in homes), 40, system)

    before = {shards: backend for backend, shards in owners(system).items()}
    low.kill()

    def taken() -> bool:
        now = {shards: backend for backend, shards in owners(system).items()}
        return now.keys() == halves and now[frozenset(range(32))] != before[frozenset(range(32))]

    wait_for("the standby to take the half of the dead one", taken, TAKEOVER_S, system)
    assert before[frozenset(range(32, 64))] in owners(system), "and nothing of the one that lives"
    finish(system)


def start(system: System, owner: Child, standby: Child) -> None:
    owner.start()
    wait_for("an owner", lambda: set(owners(system).values()) == {ALL}, 40, system)
    standby.start()
    wait_for("a standby", lambda: stands_by(system, standby), 40, system)


def owners(system: System) -> dict[int, frozenset[int]]:
    """The shards held by each session of the database."""
    with pool.connect(system.database.url) as conn:
        return {pid: frozenset(shards) for pid, shards in conn.execute(OWNERS, {"class": shard_locks.LOCK_CLASS})}


def only_owner(system: System) -> int:
    (owner,) = owners(system)
    return owner


def has_taken_over(system: System, before: int) -> bool:
    """Whether another session owns everything and has stored something with it: its rules are up by then."""
    now = owners(system)
    if before in now or list(now.values()) != [ALL]:
        return False
    (owner,) = now
    with pool.connect(system.database.url) as conn:
        found = conn.execute("SELECT 1 FROM writer WHERE backend = %s AND target = 'reading'", [owner]).fetchone()
    return found is not None


def stands_by(system: System, child: Child) -> bool:
    """Whether this process says, now, that it is there and owns nothing."""
    with pool.connect(system.database.url) as conn:
        found = conn.execute(
            "SELECT (detail ->> 'shards')::int FROM service_heartbeat"
            " WHERE instance LIKE '%%-' || %s AND at > clock_timestamp() - interval '3 seconds'",
            [str(child.pid)],
        ).fetchone()
    return found == (0,)


def alerts(system: System, unit_id: int) -> list[tuple[str, int, float]]:
    """Rule, id and first sample time of every alert there ever was, in order."""
    with pool.connect(system.database.url) as conn:
        return [tuple(row) for row in conn.execute(ALERTS, {"unit": unit_id})]


def each_once(raised: list[tuple[str, int, float]]) -> set[str]:
    """The rules that raised an alert; none may have raised two."""
    rules = [rule for rule, *_ in raised]
    assert len(rules) == len(set(rules)), raised
    return set(rules)


def writers_since_taken(system: System, owner: int) -> set[int]:
    """Every session that has written since `owner` wrote first."""
    since = "SELECT min(at) FROM writer WHERE backend = %(owner)s"
    with pool.connect(system.database.url) as conn:
        return {row[0] for row in conn.execute(f"SELECT backend FROM writer WHERE at >= ({since})", {"owner": owner})}


def finish(system: System) -> None:
    """Let everything arrive; then what is stored is what the machines showed, once each."""
    for home in system.homes:
        stop_machine_between_polls(home)
    truths = {home.unit: len(home.truth) for home in system.homes}
    wait_for(
        "the backlog", lambda: all(len(system.stored(home)) >= truths[home.unit] for home in system.homes), 120, system
    )
    for home in system.homes:
        check_home(system, home)
