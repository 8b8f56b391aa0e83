from __future__ import annotations

from datetime import UTC, datetime

from ingest.housekeeping import BEAT_S, Timetable
from store.partitions import DAY_US
from tests.ingest.conftest import Rig
from tests.ingest.test_worker import wait_for


def test_a_thing_is_due_so_often() -> None:
    timetable = Timetable()
    assert timetable.is_due("beat", 2.0, 10.0)
    assert not timetable.is_due("beat", 2.0, 11.9)
    assert timetable.is_due("other", 2.0, 11.9)
    assert timetable.is_due("beat", 2.0, 12.0)
    assert Timetable().is_due("beat", 2.0, 0.0)


def test_a_sign_of_life_counts_as_an_answer_of_the_database(rig: Rig) -> None:
    rig.turn()
    before = rig.worker.committed_s
    rig.clock.advance(BEAT_S)
    rig.turn()
    assert rig.worker.committed_s == before + BEAT_S


def test_shards_that_come_free_are_heard_at_once(rig: Rig) -> None:
    rig.worker.close()
    rig.conn.execute("SELECT pg_advisory_lock(1212695601, 5)")
    rig.worker.open()
    rig.turn()
    assert 5 not in rig.outlet.owned
    rig.conn.execute("SELECT pg_advisory_unlock(1212695601, 5)")

    def heard() -> bool:
        rig.clock.advance(1)
        rig.turn()
        return 5 in rig.outlet.owned

    wait_for(heard, "shard 5")


def test_tomorrow_s_partition_is_there_before_midnight(rig: Rig) -> None:
    rig.turn()
    tomorrow = datetime.fromtimestamp((rig.clock.now_us() + DAY_US) / 1e6, UTC)
    kind, made = rig.conn.execute(
        "SELECT relkind, to_regclass(%s) IS NOT NULL FROM pg_class WHERE oid = 'reading'::regclass",
        [f"reading_{tomorrow:%Y%m%d}"],
    ).fetchone() or ("", False)
    assert made == (kind == "p"), "a hypertable makes its own chunks"
