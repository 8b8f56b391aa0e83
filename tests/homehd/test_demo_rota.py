"""In the demo somebody is on call, by name, and nothing is wrong with the day ahead."""

from __future__ import annotations

from alerts.rota.findings import findings
from homehd import demo_accounts, demo_homes, demo_rota
from notifier.on_call import OnCall
from store import accounts, channels, notices, pool, registry, rota
from store.notices import NewNotice
from store.pool import Connection
from store.rota import Written

NOW_US = 1_800_000_000_000_000
WEEK_US = 7 * 86_400_000_000


def wrong(conn: Connection, now_us: int) -> list[str]:
    book = rota.load(conn, now_us)
    return [one.key for one in findings(book, channels.last_tested(conn), now_us) if one.urgent]


def test_the_demo_is_covered_and_asks_one_person_first(database_url: str) -> None:
    demo_accounts.renew(database_url, NOW_US, "password")
    demo_homes.provision(database_url, 1, NOW_US)
    with pool.connect(database_url) as conn:
        assert wrong(conn, NOW_US) != []
        demo_rota.fill(database_url, NOW_US)
        assert wrong(conn, NOW_US + 1) == []
        users = {account.email.split("@")[0]: account.user_id for account in accounts.list_users(conn)}
        clinic = registry.add_clinic(conn, demo_accounts.CLINIC)
        for audience, first, backup in (
            ("clinical", (users["doctor"],), (users["nurse"],)), ("technical", (users["technician"],), ()),
        ):  # fmt: skip
            number = notices.open_notice(conn, NewNotice(None, None, clinic, audience, "x", audience, "high"), NOW_US)
            row = notices.lock(conn, number)
            assert row is not None
            people = OnCall()(conn, row, NOW_US + 1)
            assert (people.first, people.backup) == (first, backup)


def test_another_start_makes_no_second_one_and_accepts_the_shift_that_runs_then(database_url: str) -> None:
    demo_accounts.renew(database_url, NOW_US, "password")
    demo_rota.fill(database_url, NOW_US)
    demo_rota.fill(database_url, NOW_US + 1_000_000)
    with pool.connect(database_url) as conn:
        count = "SELECT (SELECT count(*) FROM rota), (SELECT count(*) FROM rota_acceptance)"
        assert conn.execute(count).fetchall() == [(3, 3)]
        demo_rota.fill(database_url, NOW_US + 2 * WEEK_US)
        assert conn.execute(count).fetchall() == [(3, 6)]
        assert wrong(conn, NOW_US + 2 * WEEK_US + 1) == []


def test_a_rota_that_was_ended_is_made_anew(database_url: str) -> None:
    demo_accounts.renew(database_url, NOW_US, "password")
    demo_rota.fill(database_url, NOW_US)
    with pool.connect(database_url) as conn:
        for one in rota.load(conn, NOW_US + 1).rotas:
            rota.withdraw(conn, one.rota_id, Written("os:me", "tried", NOW_US + 1))
        demo_rota.fill(database_url, NOW_US + 2)
        assert len(rota.load(conn, NOW_US + 2).rotas) == 3
