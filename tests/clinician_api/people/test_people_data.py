"""Whose session it is: a person's, a screen's, or nobody's."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from clinician_api.data import Data
from clinician_api.people.people_data import Kiosk, Origin, StoredSession
from clinician_api.settings import ApiOptions
from store import accounts, kiosks, pool, registry
from telemetry.clock import MICROSECONDS

NOW, HOUR = 1_750_000_000_000_000, 3600 * MICROSECONDS
CODE, SCREEN, PERSON = b"c" * 32, b"s" * 32, b"p" * 32


@pytest_asyncio.fixture
async def data(options: ApiOptions) -> AsyncIterator[Data]:
    with pool.connect(options.database_url) as conn:
        kiosks.add(conn, "Ward 3", registry.add_clinic(conn, "North"), CODE, NOW, NOW + HOUR)
        accounts.add_user(
            conn, email="nora@x", name="Nora", role="nurse", clinic_id=1, password_hash="x", now_us=NOW
        )  # fmt: skip
    opened = Data(options)
    await opened.open()
    yield opened
    await opened.close()


async def test_a_token_is_a_person_s_a_screen_s_or_nobody_s(data: Data) -> None:
    await data.people.begin_session(PERSON, 1, NOW, NOW + 12 * HOUR, Origin("password", "192.0.2.7", "Firefox"))
    assert await data.people.bind_kiosk(CODE, SCREEN, NOW) is not None
    person = await data.people.session(PERSON, NOW, HOUR)
    screen = await data.people.session(SCREEN, NOW + 400 * 24 * HOUR, HOUR)
    assert isinstance(person, StoredSession)
    assert (person.account.name, person.account.clinic) == ("Nora", "North"), "also where nobody is named as viewer"
    assert isinstance(screen, Kiosk)
    assert screen.name == "Ward 3"
    assert await data.people.session(b"n" * 32, NOW, HOUR) is None
    for token in (PERSON, SCREEN, PERSON):
        await data.people.end_session(token, NOW)
        assert await data.people.session(token, NOW, HOUR) is None


async def test_a_code_that_is_nobody_s_leaves_nothing_on_record(data: Data, options: ApiOptions) -> None:
    assert await data.people.bind_kiosk(b"x" * 32, SCREEN, NOW) is None
    assert await data.people.bind_kiosk(CODE, SCREEN, NOW) is not None
    with pool.connect(options.database_url) as conn:
        found = conn.execute("SELECT actor, action FROM audit_event").fetchall()
    assert found == [("kiosk:1", "bind kiosk")]
