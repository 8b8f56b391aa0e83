"""For how long, and as what, a session counts that cannot be checked."""

from __future__ import annotations

from dataclasses import replace

from clinician_api.access import Role
from clinician_api.people import trust
from clinician_api.people.sessions import Session
from clinician_api.people.trust import Trust
from tests.clinician_api.builders import NOW, SECOND

NORA = Session(b"n", NOW + 3600 * SECOND, 1, "nora@example.org", "Nora", Role.NURSE, "Clinic 1", 1)


def test_it_counts_as_it_was_last_checked_for_so_long_and_no_longer() -> None:
    held = Trust(60.0)
    held.remember(NORA, 100)
    held.remember(replace(NORA, role=Role.TECHNICIAN), 110)
    assert held.recall(b"n", NOW, 170) == replace(NORA, role=Role.TECHNICIAN)
    assert held.recall(b"n", NOW, 170.1) is None


def test_who_is_unknown_gone_or_expired_is_not_trusted() -> None:
    held = Trust(60.0)
    assert held.recall(b"x", NOW, 0) is None
    held.remember(NORA, 0)
    assert held.recall(b"n", NORA.expires_us - 1, 0) == NORA
    assert held.recall(b"n", NORA.expires_us, 0) is None
    held.forget(b"n")
    held.forget(b"n")
    assert held.recall(b"n", NOW, 0) is None


def test_the_memory_is_bounded() -> None:
    held = Trust(60.0)
    for number in range(trust.MAX_SESSIONS + 1):
        held.remember(replace(NORA, token_hash=number.to_bytes(4)), 0)
    assert held.recall((0).to_bytes(4), NOW, 0) is None
    assert held.recall((1).to_bytes(4), NOW, 0) is not None
