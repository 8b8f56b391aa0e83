"""Somebody is on call in the demo, from its first moment on and in the next one on the same database."""

from __future__ import annotations

import pytest

from alerts.rota.coverage import State, coverages
from homehd import demo_accounts, demo_homes, demo_rota
from store import pool, rota
from tests.alerts.rota.rotas import us


@pytest.mark.parametrize("now", ["2026-03-03T00:00", "2026-03-03T07:59", "2026-03-03T08:00", "2026-03-03T23:59"])
def test_the_doctor_is_first_and_the_nurse_second_and_it_stays_so(database_url: str, now: str) -> None:
    demo_accounts.renew(database_url, us(now), "a password")
    demo_homes.provision(database_url, 1, us(now))
    for _ in range(2):
        demo_rota.put_on_call(database_url, us(now))
    with pool.connect(database_url) as conn:
        book = rota.load(conn, us(now))
    assert len(book.rotas) == 2
    (clinic_id,) = book.clinics
    (found,) = coverages(book, clinic_id, set(book.people), us(now) + 1)
    assert found.state is State.COVERED and found.backup is not None
    names = [book.people[line.user_id or 0].name for line in (found.primary, found.backup)]
    assert names == ["Dr. Ines Okafor", "Nurse Wei Li"]
