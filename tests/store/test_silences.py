"""What is stored of a home from which nothing comes."""

from __future__ import annotations

from store import notices, registry, silences, unit_status
from store.notices import NewNotice
from store.pool import Connection
from store.silences import SilenceRow
from store.unit_status import StatusRow
from telemetry.messages import SCHEMA_VERSION, MachineLink, Status
from tests.store.told import NOW_US

HOUR = 3600 * 1_000_000


def test_a_home_is_described_by_its_box_and_its_newest_treatment(conn: Connection) -> None:
    unit = registry.add_unit(conn, "Home", "North", NOW_US)
    nothing = SilenceRow(None, None, None, None, None, None, None, None, None, None)
    assert silences.of_units(conn, [unit.unit_id]) == {unit.unit_id: nothing}
    assert silences.of_units(conn, []) == {}
    status = Status(SCHEMA_VERSION, unit.name, False, NOW_US - HOUR, machine=MachineLink.SILENT, trouble="disk full")
    unit_status.save(conn, [StatusRow(unit.unit_id, NOW_US, status, heard_us=NOW_US)])
    for seconds, seq in ((-700, 1), (-3, 2), (90, 3)):  # too old, the last before, of the day after
        conn.execute(
            """INSERT INTO reading (unit_id, time, seq, epoch, received_at, mono_ms, invalid, phase, flags)
            VALUES (%s, from_us(%s), %s, 'e', now(), 0, 0, 3, 0)""",
            [unit.unit_id, NOW_US + seconds * 1_000_000, seq],
        )
    for start, end, how in ((9, 5, "derived"), (4, 1, "said by the machine")):
        conn.execute(
            """INSERT INTO treatment
                (unit_id, started_at, ended_at, end_known, derived, unusual, interruptions, changed_at)
            VALUES (%s, from_us(%s), from_us(%s), %s, false, 0, '[]', now())""",
            [unit.unit_id, NOW_US - start * HOUR, NOW_US - end * HOUR, how],
        )
    assert silences.of_units(conn, [unit.unit_id]) == {
        unit.unit_id: SilenceRow(
            False, NOW_US, NOW_US, NOW_US - HOUR, NOW_US - 3_000_000, "silent", True, NOW_US - 4 * HOUR, NOW_US - HOUR,
            "said by the machine",
        )
    }  # fmt: skip
    (home,) = silences.silent_homes(conn, ["R33"], NOW_US, NOW_US)
    assert (home.unit, home.clinic_id, home.alert_since_us) == (unit.name, unit.clinic_id, None)
    assert silences.silent_homes(conn, ["R33"], NOW_US, NOW_US - 1) == []


def test_what_stands_of_some_causes(conn: Connection) -> None:
    for cause in ("box", "ingest"):
        notices.open_notice(conn, NewNotice(None, None, None, "technical", cause, "unit a", "low"), NOW_US)
    assert silences.standing(conn, ["box", "home link"]) == [("box", "unit a", None, "technical", "low", "")]
