"""The people of the demo. Their password is made anew at every start."""

from __future__ import annotations

from contextlib import closing
from typing import Final

from argon2 import PasswordHasher

from clinician_api.settings import DemoLogin
from store import accounts, audit, pool, registry, session_ends
from store.audit import Deed

CLINIC: Final = "Demo clinic"
# Whose account is shown the treatment of the first simulated home (`connect`).
AT_HOME: Final = "home@demo.example"
_PEOPLE: Final = (
    ("doctor@demo.example", "Dr. Ines Okafor", "nephrologist"),
    ("nurse@demo.example", "Nurse Wei Li", "nurse"),
    ("technician@demo.example", "Tomas Novak", "technician"),
    (AT_HOME, "At home with the first patient", "patient"),
)


def renew(database_url: str, now_us: int, password: str) -> list[DemoLogin]:
    """Accounts of the demo clinic with `password`; those of an earlier demo get the new one and lose their sessions."""
    hashed = PasswordHasher().hash(password)
    with closing(pool.connect(database_url, name="homehd demo")) as conn, pool.transaction(conn, "make demo accounts"):
        clinic_id, deeds = registry.add_clinic(conn, CLINIC), list[Deed]()
        known = {account.email: account.user_id for account in accounts.list_users(conn)}
        for email, name, role in _PEOPLE:
            if email in known:
                ended = accounts.reset_password(conn, known[email], hashed)
                deeds += session_ends.end_deeds(now_us, audit.service("demo"), known[email], ended, "set password")
            else:
                accounts.add_user(
                    conn, email=email, name=name, role=role, clinic_id=clinic_id, password_hash=hashed, now_us=now_us
                )
        for deed in deeds:
            audit.append(conn, deed)
    return [DemoLogin(email, password, name, role) for email, name, role in _PEOPLE]
