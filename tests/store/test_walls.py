"""The second wall: whoever forgets a WHERE sees nothing of another clinic, whatever table it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import pytest
import pytest_asyncio
from psycopg import sql

from store import alert_log, migrate, patients, pool, registry, walls
from store.alert_log import AlertEventRow
from store.errors import StoreError
from store.pool import Connection, Pool
from store.viewers import EVERYTHING, NOBODY, Viewer, working_for
from telemetry.alarms import ConditionState, Priority
from tests.store.conftest import NOW_US

CLINICS = ("North", "South")
# Rows of each clinic's home, in an order in which they can be put in. `{n}`: number of clinic, unit and patient.
ROWS = {
    "binding": "",  # with the patient
    "alert_event": "",  # with the alert
    "unit_status": """INSERT INTO unit_status VALUES ({n}, now(), now(), now(), now(), true, true, 'ok', '', '', '',
        '', '', 0, NULL, 0, 0, '')""",
    "engine_state": "INSERT INTO engine_state VALUES ({n}, now(), '')",
    "machine_event": "INSERT INTO machine_event VALUES (now(), now(), 1, 1, {n}, 1, 0, true, 'e', 'link', '', '', '')",
    "unit_service_event": """INSERT INTO unit_service_event (unit_id, is_out, at, actor, reason)
        VALUES ({n}, false, now(), 'os:x', 'x')""",
    "shelving_event": """INSERT INTO shelving_event (unit_id, rule, alert_id, kind, priority, until, at, reason)
        VALUES ({n}, 'R07', {n}, 'timed', 'low', now(), now(), 'x')""",
    "arrangement": """INSERT INTO arrangement (patient_id, kind, content, since, author, reason, entered_at)
        VALUES ({n}, 'limits', '{{}}', now(), 'x', 'x', now())""",
    "prescription_replay": """INSERT INTO prescription_replay
        (patient_id, user_id, asked, treatments, summary, asked_at)
        VALUES ({n}, {n}, '{{}}', 0, '{{}}', now())""",
    "prescription_proposal": """INSERT INTO prescription_proposal (patient_id, based_on, contents, changes, verdict,
        reason, proposed_by, proposed_at, expires_at)
        VALUES ({n}, 0, '[]', '[]', 'narrowing', 'x', {n}, now(), now() + interval '1 day')""",
    "prescription_outcome": "INSERT INTO prescription_outcome VALUES ({n}, 'in force', {n}, now(), '')",
    "patient_event": """INSERT INTO patient_event (patient_id, kind, starts_at, text, entered_at)
        VALUES ({n}, 'note', now(), 'x', now())""",
    "patient_review": "INSERT INTO patient_review VALUES ({n}, now())",
    "between_finding": """INSERT INTO between_finding
        (patient_id, rule, rule_version, about, basis, time, found_at, state, reason, inputs, limits)
        VALUES ({n}, 'R40', '1', 'x', 'x', now(), now(), 'normal', '', '{{}}', '{{}}')""",
    "treatment": """INSERT INTO treatment (unit_id, patient_id, started_at, derived, unusual, interruptions, changed_at)
        VALUES ({n}, {n}, now(), false, 0, '[]', now()), ({n}, NULL, now(), false, 0, '[]', now())""",
    "measurement": """INSERT INTO measurement (patient_id, unit_id, what, value, taken_at, author, entered_at)
        VALUES ({n}, NULL, 'weight-before', 70, now(), 'x', now()), (NULL, {n}, 'chlorine', 0, now(), 'x', now())""",
    "treatment_summary": """INSERT INTO treatment_summary
        (treatment_id, revision, version, computed_at, readings, treated_s, unseen_s, signals)
        SELECT treatment_id, 1, 1, now(), 1, 1, 0, '{{}}' FROM treatment WHERE unit_id = {n}""",
    "treatment_comparison": """INSERT INTO treatment_comparison
        SELECT treatment_id, 1 FROM treatment WHERE unit_id = {n}""",
    "sign_off_mark": "",  # with the summary
    "sign_off": """INSERT INTO sign_off
        (treatment_id, unit_id, patient_id, kind, at, user_id, note, in_bulk, revision, rules, seen)
        VALUES ({n}, {n}, {n}, 'signed', now(), {n}, '', false, 1, '1', '{{}}'),
            ({n}, {n}, NULL, 'signed', now(), {n}, '', false, 1, '1', '{{}}')""",
    "notice": """INSERT INTO notice (unit_id, patient_id, clinic_id, audience, cause, subject, opened_at, priority)
        VALUES ({n}, {n}, {n}, 'clinical', 'x', '', now(), 'low')""",
    "notice_alert": "INSERT INTO notice_alert VALUES ({n}, {n}, 'tell', 'x', 'x', now())",
    "notice_event": """INSERT INTO notice_event (notice_id, at, move, state, priority, round, stage, reason)
        VALUES ({n}, now(), '', 'asking', 'low', 1, '', '')""",
    "notice_step": "INSERT INTO notice_step VALUES ({n}, 1, 1, 'first', now())",
    "delivery": """INSERT INTO delivery (notice_id, round, step, channel_id, user_id, priority, queued_at, changed_at)
        VALUES ({n}, 1, 1, {n}, {n}, 'low', now(), now())""",
    "delivery_event": """INSERT INTO delivery_event (delivery_id, at, state, attempt, detail)
        VALUES ({n}, now(), 'sent', 1, '')""",
    "handling": "INSERT INTO handling (alert_id, user_id, at) VALUES ({n}, {n}, now())",
    "patient_account": "INSERT INTO patient_account (user_id, patient_id, since) VALUES ({n}, {n}, now())",
    "team_patient": "INSERT INTO team_patient (team_id, patient_id) VALUES ({n}, {n})",
    "break_glass": """INSERT INTO break_glass (user_id, patient_id, reason, opened_at, until)
        VALUES ({n}, {n}, 'because of a test', now(), now() + interval '1 hour')""",
    "audit_patient": "",  # with the record
    "audit_event": """INSERT INTO audit_event (at, actor, action, subject, detail)
        VALUES (now(), 'user:{n}', 'look', 'patient:{n}', '{{}}')""",
    "reading": """INSERT INTO reading (time, received_at, seq, mono_ms, invalid, unit_id, phase, flags, epoch)
        VALUES (now(), now(), 1, 1, 0, {n}, 3, 0, 'e')""",
    "alert_current": "",
    "treatment_report": "",
    "tenure": "",
}  # fmt: skip
# How to tell whose a row is, where it is not by a column of its own.
WHOSE = {
    "treatment_summary": "(SELECT unit_id FROM treatment AS t WHERE t.treatment_id = x.treatment_id)",
    "sign_off_mark": "(SELECT unit_id FROM treatment AS t WHERE t.treatment_id = x.treatment_id)",
    "treatment_comparison": "(SELECT unit_id FROM treatment AS t WHERE t.treatment_id = x.treatment_id)",
    "measurement": "coalesce(patient_id, unit_id)", "treatment_report": "unit_id", "alert_current": "unit_id",
    "audit_patient": "patient_id", "audit_event": "split_part(subject, ':', 2)::int",
    "notice_alert": "notice_id", "notice_event": "notice_id",
    "prescription_outcome": "proposal_id", "prescription_replay": "patient_id",
    "prescription_proposal": "patient_id", "patient_account": "patient_id", "handling": "alert_id",
    "notice_step": "notice_id", "delivery": "notice_id", "delivery_event": "delivery_id",
    **dict.fromkeys(("patient", "arrangement", "patient_event", "patient_review", "between_finding"), "patient_id"),
    **dict.fromkeys(("patient", "arrangement", "patient_review", "between_finding"), "patient_id"),
    **dict.fromkeys(("team_patient", "break_glass"), "patient_id"),
}  # fmt: skip
# Why a table of the schema has neither a policy nor a place among the grants, or no policy although it is granted.
OF_NOBODY = {
    "clinic", "user_account", "session", "kiosk", "channel", "rota", "rota_rotation", "rota_override",
    "rota_acceptance",
    "care_team", "team_member",
    "routing_due", "selftest_run", "service_heartbeat", "operations_event", "reading_minute_state",
    "reading_minute_due",
}  # fmt: skip
CLOSED = {
    "authority", "certificate", "enrolment_code", "reading", "reading_noted", "reading_extra", "received",
    "quarantine", "phase_run", "review_mark", "unit_settings", "schema_migration", "reading_default",
    # The API asks for these as the owner, of one person (clinician_api/duty/channel_data.py), or not at all.
    "push_key", "digest",
    # Likewise, of who comes in (clinician_api/signin/signin_data.py).
    "passkey", "identity", "sign_in_step",
    # Likewise, of who speaks from home (clinician_api/home/home_data.py).
    "said_at_home",
    "audit_check",
    # What goes to other systems is the operators' business (notifier/hl7.py tells them of it).
    "hl7_destination", "hl7_due", "hl7_treatment", "hl7_message",
}  # fmt: skip


@pytest.fixture
def two_clinics(conn: Connection) -> Connection:
    """A home with everything in each of two clinics: clinic, unit, patient, alert and person of the same number."""
    for number, clinic in enumerate(CLINICS, 1):
        unit = registry.add_unit(conn, f"Home {number}", clinic, NOW_US, name=f"u-{number}")
        assert (unit.unit_id, unit.clinic_id) == (number, number)
        assert patients.add_patient(conn, f"Patient {number}", number, patients.Prescription()) == number
        patients.bind(conn, number, number, NOW_US)
        conn.execute(
            "INSERT INTO user_account (email, name, role, clinic_id, password_hash, created_at)"
            " VALUES (%s, 'N', 'nurse', %s, '', now())",
            [f"n{number}@example.org", number],
        )
        conn.execute("INSERT INTO care_team (clinic_id, name, added_at) VALUES (%s, 'T', now())", [number])
        row = AlertEventRow(
            number, number, "R07", "1", Priority.HIGH, ConditionState.ACTIVE_UNACKNOWLEDGED, NOW_US, "fell", {}, {}
        )
        alert_log.append(conn, [row], NOW_US)
        for statement in filter(None, ROWS.values()):
            conn.execute(statement.format(n=number))
    return conn


@pytest_asyncio.fixture
async def walled(database_url: str) -> AsyncIterator[Pool]:
    """The API's pool, of one connection: whoever comes second has the one of the first."""
    opened = await pool.open_pool(database_url, size=1, walled=True)
    yield opened
    await opened.close()


async def seen(walled: Pool, table: str) -> list[int]:
    """Whose rows a SELECT without any WHERE shows."""
    whose = WHOSE.get(table, "unit_id")
    async with walled.connection() as conn:
        rows = await conn.execute(
            sql.SQL("SELECT DISTINCT {} FROM {} AS x ORDER BY 1").format(sql.SQL(whose), sql.Identifier(table))
        )
        return [row[0] for row in await rows.fetchall()]


@pytest.mark.parametrize("table", ["unit", "patient", "alert", *ROWS])
async def test_a_forgotten_where_shows_nothing_of_another_clinic(
    two_clinics: Connection, walled: Pool, table: str
) -> None:
    if table not in walls.GRANTS and table != "reading":
        with pytest.raises(StoreError, match="may not do this"):
            await seen(walled, table)
        two_clinics.execute(sql.SQL("GRANT SELECT ON {} TO homehd_api").format(sql.Identifier(table)))
    for viewer, expected in (
        (Viewer(1), [1]), (Viewer(2), [2]), (NOBODY, []), (EVERYTHING, [1, 2]), (Viewer(3), []), (Viewer(1), [1]),
    ):  # fmt: skip
        with working_for(viewer):
            assert await seen(walled, table) == expected, viewer


async def test_what_is_not_of_a_clinic_cannot_be_written_for_it(two_clinics: Connection, walled: Pool) -> None:
    note = """INSERT INTO shelving_event (unit_id, rule, alert_id, kind, priority, until, at, reason)
        VALUES (%s, 'R07', %s, 'timed', 'low', now(), now(), 'x')"""
    with working_for(Viewer(1)):
        async with walled.connection() as conn:
            await conn.execute(note, [1, 1])
            changed = await conn.execute("UPDATE notice SET recheck_at = now()")
            assert changed.rowcount == 1
        with pytest.raises(StoreError):
            async with walled.connection() as conn:
                await conn.execute(note, [2, 2])
    assert two_clinics.execute("SELECT count(*) FROM notice WHERE recheck_at IS NOT NULL").fetchall() == [(1,)]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_event", "UPDATE audit_event SET actor = 'x'", "TRUNCATE audit_event",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL", "SELECT address FROM channel", "SELECT * FROM certificate",
        "SELECT * FROM public.reading", "SELECT * FROM enrolment_code", "DELETE FROM alert_event",
        "UPDATE user_account SET role = 'administrator'", "ALTER TABLE patient DISABLE ROW LEVEL SECURITY",
        "DROP POLICY clinic ON patient", "CREATE TABLE mine (x int)",
    ],
)  # fmt: skip
async def test_the_api_may_no_more_than_it_needs(walled: Pool, statement: str) -> None:
    with working_for(EVERYTHING), pytest.raises(StoreError):
        async with walled.connection() as conn:
            await conn.execute(statement)


async def test_the_chain_is_made_with_its_owner_s_eyes(two_clinics: Connection, walled: Pool) -> None:
    # A table of the role's own that goes by the name of the record does not become the row before.
    with working_for(Viewer(1)):
        async with walled.connection() as conn:
            await conn.execute("CREATE TEMPORARY TABLE audit_event AS SELECT * FROM public.audit_event")
            await conn.execute(
                "INSERT INTO public.audit_event (at, actor, action, subject, detail)"
                " VALUES (now(), 'user:1', 'look', 'patient:1', '{}')"
            )
    numbers = two_clinics.execute("SELECT event_id FROM audit_event ORDER BY 1").fetchall()
    assert numbers == [(1,), (2,), (3,)]


def test_every_table_is_of_a_clinic_or_of_nobody_or_closed(conn: Connection) -> None:
    tables = conn.execute(
        "SELECT relname, relrowsecurity FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    ).fetchall()
    for table, secured in tables:
        granted = table in walls.GRANTS or table == "channel"
        assert secured or table in OF_NOBODY | CLOSED, f"{table}: give it a policy and its row here, or say why not"
        assert not granted or secured or table in OF_NOBODY, f"{table} is granted and has no policy"
        if secured:
            assert table in {"unit", "patient", "alert", *ROWS}, f"{table} has a policy that no test looks at"
    named = {"unit", "patient", "alert", *ROWS} - {"reading", "alert_current", "treatment_report", "tenure"}
    assert named == {table for table, secured in tables if secured}


def limited(postgres: Connection, database_url: str, more: str = "") -> str:
    """URL of the same database for a user who owns its tables and is no superuser."""
    name = urlsplit(database_url).path.strip("/")
    user = sql.Identifier(f"limited_{name}")
    postgres.execute(sql.SQL("CREATE ROLE {} LOGIN " + more).format(user))
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("DROP SCHEMA public CASCADE")
        conn.execute("DROP SCHEMA homehd_walls CASCADE")
        conn.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(name), user))
        conn.execute(sql.SQL("CREATE SCHEMA public AUTHORIZATION {}").format(user))
    parts = urlsplit(database_url)
    return urlunsplit(parts._replace(netloc=f"{quote(f'limited_{name}')}@{parts.netloc.rpartition('@')[2]}"))


async def test_a_user_who_is_no_superuser(
    postgres: Connection, plain_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = limited(postgres, plain_url)
    user = sql.Identifier(urlsplit(url).username or "")
    try:
        with monkeypatch.context() as absent:
            absent.setattr(walls, "ROLE", "homehd_absent")
            assert "walls" not in migrate.migrate(url), "this user may make no roles"
            with pool.connect(url) as conn:
                assert walls.standing(conn).why == "there is no role homehd_absent"
        assert migrate.migrate(url) == ["walls"]
        with pool.connect(url) as conn:
            told = walls.standing(conn)
        assert not told.stands
        assert "GRANT homehd_api" in told.hint
        postgres.execute(sql.SQL("GRANT homehd_api TO {}").format(user))
        with pool.connect(url) as conn:
            assert walls.standing(conn).stands
            registry.add_unit(conn, "Home", "North", NOW_US, name="u-1")
            assert len(registry.list_units(conn)) == 1
        opened = await pool.open_pool(url, size=1, walled=True)
        for viewer, expected in ((Viewer(1), [1]), (NOBODY, [])):
            with working_for(viewer):
                assert await seen(opened, "unit") == expected
        await opened.close()
    finally:
        with pool.connect(plain_url) as conn:
            conn.execute(
                sql.SQL("ALTER DATABASE {} OWNER TO CURRENT_USER").format(sql.Identifier(urlsplit(url).path[1:]))
            )
            conn.execute(sql.SQL("REASSIGN OWNED BY {} TO CURRENT_USER").format(user))
            conn.execute(sql.SQL("DROP OWNED BY {}").format(user))
        postgres.execute(sql.SQL("DROP ROLE {}").format(user))
