"""The demo's people and homes: made once, used again, each with a configuration its agent accepts."""

from __future__ import annotations

from pathlib import Path

from edge_agent import config
from homehd import demo_accounts, demo_homes
from simulators.scenario import names
from store import accounts, homes, patients, pool


def test_homes_are_made_once_and_each_has_a_patient_with_a_prescription(database_url: str) -> None:
    first = demo_homes.provision(database_url, 3, 1_000_000)
    again = demo_homes.provision(database_url, 4, 2_000_000)
    assert [home.unit for home in again] == ["demo-01", "demo-02", "demo-03", "demo-04"]
    assert again[:3] == first
    with pool.connect(database_url) as conn:
        ids = [row[0] for row in conn.execute("SELECT unit_id FROM unit")]
        prescriptions = patients.prescriptions(conn, ids)
    assert len(prescriptions) == 4
    assert all(p.target_weight_kg and p.prescribed_conductivity_ms_cm for p in prescriptions.values())


def test_every_course_names_a_scenario_there_is() -> None:
    assert {course.scenario for course in demo_homes._COURSES} <= set(names())


def test_the_agents_configuration_is_one_it_accepts(database_url: str, tmp_path: Path) -> None:
    home = demo_homes.provision(database_url, 1, 1_000_000)[0]
    machine, agent = demo_homes.children(home, tmp_path, "mqtt://127.0.0.1:1883", tmp_path / "log", 1)
    settings = config.load(Path(agent.words[-1]))
    assert settings.unit == home.unit
    assert settings.machine.port in machine.words, "the machine and its agent meet at one port"


def test_accounts_get_a_new_password_and_lose_their_sessions(database_url: str) -> None:
    demo_accounts.renew(database_url, 1_000_000, "first password")
    with pool.connect(database_url) as conn:
        before = {account.email: account.password_hash for account in accounts.list_users(conn)}
        conn.execute(
            "INSERT INTO session (token_hash, user_id, created_at, expires_at)"
            " SELECT sha256('x'), min(user_id), now(), now() + interval '1 hour' FROM user_account"
        )
    logins = demo_accounts.renew(database_url, 2_000_000, "second password")
    with pool.connect(database_url) as conn:
        after = {account.email: account.password_hash for account in accounts.list_users(conn)}
        sessions = conn.execute("SELECT count(*) FROM session").fetchall()[0][0]
    assert set(before) == set(after) == {login.email for login in logins}
    assert all(before[email] != after[email] for email in before)
    assert sessions == 0


def test_the_account_at_home_is_shown_the_first_patient(database_url: str) -> None:
    demo_accounts.renew(database_url, 1_000_000, "a password")
    first, _ = demo_homes.provision(database_url, 2, 1_000_000)
    demo_homes.open_page(database_url, first.unit, 1_000_000)
    with pool.connect(database_url) as conn:
        user = next(one.user_id for one in accounts.list_users(conn) if one.email == demo_accounts.AT_HOME)
        found = homes.of_account(conn, user)
    assert found is not None
    assert (found.unit, found.patient) == (first.unit, "Amara Diallo")
