from __future__ import annotations

from store import account_admin, account_moves, accounts, registry
from store.account_moves import AccountMove
from store.pool import Connection
from tests.store.conftest import NOW_US


def test_accounts_as_an_administrator_sees_and_changes_them(conn: Connection) -> None:
    north, south = (registry.add_clinic(conn, name) for name in ("North", "South"))
    made = [
        accounts.add_user(
            conn, email=f"{name}@example.org", name=name, role=role, clinic_id=clinic, password_hash="x", now_us=NOW_US
        )
        for name, role, clinic in (
            ("Ada", "administrator", north),
            ("Bo", "nurse", south),
            ("Cy", "administrator", None),
        )
    ]

    def found(clinic_id: int | None, text: str | None = None, after: int | None = None) -> list[str]:
        rows = account_admin.search(conn, clinic_id=clinic_id, text=text, after=after, limit=10, now_us=NOW_US)
        return [row.name for row in rows]

    assert found(None) == ["Ada", "Bo", "Cy"]
    assert found(north) == ["Ada"]
    assert found(None, "BO@") == ["Bo"]
    assert found(None, "_") == []
    assert found(None, after=made[0]) == ["Bo", "Cy"]
    assert account_admin.clinics(conn, None) == [(north, "North"), (south, "South")]
    assert account_admin.other_administrators(conn, made[0], north) == 1
    assert account_admin.other_administrators(conn, made[2], None) == 0, "one of a clinic runs no other's accounts"
    account_admin.rename(conn, made[1], "Bob")
    account_moves.move(conn, AccountMove(made[1], "technician", None, (), leaves=True), NOW_US)
    accounts.disable_user(conn, made[1], NOW_US + 1)
    bob = account_admin.get(conn, made[1], NOW_US)
    assert bob is not None
    assert (bob.name, bob.role, bob.clinic_id, bob.disabled_us) == ("Bob", "technician", None, NOW_US + 1)
    account_admin.enable(conn, made[1])
    bob = account_admin.get(conn, made[1], NOW_US)
    assert bob is not None
    assert bob.disabled_us is None
    assert account_admin.get(conn, 999, NOW_US) is None
