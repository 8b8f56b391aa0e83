from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time

import psycopg
import pytest

from store import accounts, patients, pool, registry
from store import rota as store
from store.errors import StoreError, Trouble
from store.patients import Prescription
from store.pool import Connection
from store.rota import Written
from telemetry.rota import Acceptance, Audience, Clinic, Override, Person, Rota, Rotation, Source

NOW_US = 1_772_000_000_000_000
HOUR_US = 3_600_000_000
BY_ANN = Written("os:ann", "as agreed", NOW_US)


@pytest.fixture
def north(conn: Connection) -> int:
    """A clinic."""
    return registry.add_clinic(conn, "North")


@pytest.fixture
def rota_id(conn: Connection, north: int) -> int:
    """A rota of it."""
    return store.add(conn, north, Audience.CLINICAL, 1, "Europe/Berlin", BY_ANN)


def account(conn: Connection, name: str, clinic_id: int | None = None) -> int:
    return accounts.add_user(
        conn, email=f"{name}@x", name=name, role="nurse", clinic_id=clinic_id, password_hash="x", now_us=1
    )


def loaded(conn: Connection) -> Rota:
    (found,) = store.load(conn, NOW_US).rotas
    return found


def test_what_is_written_comes_back_as_it_was(conn: Connection, north: int, rota_id: int) -> None:
    ann, bob = account(conn, "ann", north), account(conn, "bob")
    accounts.disable_user(conn, bob, NOW_US)
    rotation = Rotation(0, (ann, bob, ann), 7, time(2, 30), date(2026, 3, 2), NOW_US)
    ended = replace(rotation, people=())
    numbers = [store.rotate(conn, rota_id, one, BY_ANN) for one in (rotation, ended)]
    override = Override(0, NOW_US, NOW_US + HOUR_US, None, Source.OVERRIDE)
    event = Override(0, NOW_US, NOW_US + 1, bob, Source.CALENDAR, "uid", "")
    kept = [replace(one, number=store.override(conn, rota_id, one, BY_ANN)) for one in (override, event)]
    store.accept(conn, rota_id, Acceptance(0, ann, NOW_US, NOW_US + 1), BY_ANN)
    store.accept(conn, rota_id, Acceptance(0, ann, NOW_US, NOW_US + 1, accepted=False), BY_ANN)
    patients.add_patient(conn, "P", north, Prescription())
    south = registry.add_clinic(conn, "South")
    book = store.load(conn, NOW_US)
    (found,) = book.rotas
    assert (found.clinic_id, found.audience, found.line, found.zone) == (north, Audience.CLINICAL, 1, "Europe/Berlin")
    assert found.rotations == tuple(replace(one, number=n) for one, n in zip((rotation, ended), numbers, strict=True))
    assert found.overrides == tuple(kept)
    assert [(one.user_id, one.accepted) for one in found.acceptances] == [(ann, True), (ann, False)]
    assert book.people[bob] == Person(bob, "bob", "bob@x", "nurse", None, True)
    assert book.clinics == {north: Clinic(north, "North", True), south: Clinic(south, "South", False)}


def test_there_is_one_rota_of_a_clinic_audience_and_line_and_a_withdrawn_one_makes_room(
    conn: Connection, north: int, rota_id: int
) -> None:
    with pytest.raises(StoreError) as caught:
        store.add(conn, north, Audience.CLINICAL, 1, "UTC", BY_ANN)
    assert caught.value.trouble is Trouble.CONFLICT
    store.add(conn, None, Audience.TECHNICAL, 1, "UTC", BY_ANN)
    with pytest.raises(StoreError):
        store.add(conn, None, Audience.TECHNICAL, 1, "UTC", BY_ANN)
    store.withdraw(conn, rota_id, BY_ANN)
    assert store.add(conn, north, Audience.CLINICAL, 1, "UTC", BY_ANN) != rota_id
    for gone in (store.withdraw, lambda c, r, w: store.alone(c, r)):
        with pytest.raises(StoreError, match="find rota"):
            gone(conn, rota_id, BY_ANN)


def test_a_swap_is_withdrawn_as_one_whichever_half_is_named(conn: Connection, rota_id: int) -> None:
    ann = account(conn, "ann")
    half = Override(0, NOW_US, NOW_US + HOUR_US, ann, Source.SWAP)
    for named in (0, 1):
        first = store.override(conn, rota_id, half, BY_ANN)
        second = store.override(conn, rota_id, half, BY_ANN, swap_of=first)
        assert store.withdraw_overrides(conn, rota_id, [(first, second)[named]], BY_ANN) == [first, second]
    assert loaded(conn).overrides == ()
    assert store.withdraw_overrides(conn, rota_id, [first], BY_ANN) == []


def test_an_override_of_another_rota_is_not_withdrawn(conn: Connection, north: int, rota_id: int) -> None:
    other = store.add(conn, north, Audience.CLINICAL, 2, "UTC", BY_ANN)
    number = store.override(conn, rota_id, Override(0, 1, NOW_US + 1, None, Source.OVERRIDE), BY_ANN)
    assert store.withdraw_overrides(conn, other, [number], BY_ANN) == []


def test_an_event_is_there_once_and_again_after_it_was_withdrawn(conn: Connection, rota_id: int) -> None:
    event = Override(0, NOW_US, NOW_US + HOUR_US, account(conn, "ann"), Source.CALENDAR, "uid", "20260302")
    number = store.override(conn, rota_id, event, BY_ANN)
    with pytest.raises(StoreError) as caught:
        store.override(conn, rota_id, event, BY_ANN)
    assert caught.value.trouble is Trouble.CONFLICT
    store.withdraw_overrides(conn, rota_id, [number], BY_ANN)
    assert store.override(conn, rota_id, event, BY_ANN) > number


def test_what_nobody_can_have_is_refused(conn: Connection, north: int, rota_id: int) -> None:
    ann = account(conn, "ann")
    rotation = Rotation(0, (ann,), 7, time(8), date(2026, 3, 2), NOW_US)
    override = Override(0, NOW_US, NOW_US + 1, ann, Source.OVERRIDE)
    word = Acceptance(0, ann, NOW_US, NOW_US + 1)
    no_reason = replace(BY_ANN, reason="")
    refused: list[tuple[Trouble, Callable[[], object]]] = [
        (Trouble.CONFLICT, lambda: store.rotate(conn, rota_id, replace(rotation, people=(ann, 99)), BY_ANN)),
        (Trouble.REFUSED, lambda: store.rotate(conn, rota_id, replace(rotation, every_days=0), BY_ANN)),
        (Trouble.REFUSED, lambda: store.rotate(conn, rota_id, replace(rotation, people=(ann,) * 51), BY_ANN)),
        (Trouble.REFUSED, lambda: store.rotate(conn, rota_id, rotation, no_reason)),
        (Trouble.REFUSED, lambda: store.override(conn, rota_id, replace(override, end_us=NOW_US), BY_ANN)),
        (Trouble.CONFLICT, lambda: store.override(conn, rota_id, replace(override, user_id=99), BY_ANN)),
        (Trouble.REFUSED, lambda: store.accept(conn, rota_id, replace(word, accepted=False), no_reason)),
        (Trouble.REFUSED, lambda: store.add(conn, None, Audience.CLINICAL, 1, "UTC", BY_ANN)),
        (Trouble.CONFLICT, lambda: store.add(conn, 99, Audience.CLINICAL, 1, "UTC", BY_ANN)),
    ]
    for trouble, deed in refused:
        with pytest.raises(StoreError) as caught:
            deed()
        assert caught.value.trouble is trouble


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE rota_rotation SET people = '{}'", "DELETE FROM rota_rotation", "TRUNCATE rota_acceptance",
        "UPDATE rota_acceptance SET accepted = false", "DELETE FROM rota_override", "TRUNCATE rota_override",
        "UPDATE rota_override SET user_id = NULL", "DELETE FROM rota", "UPDATE rota SET zone = 'UTC'",
        "UPDATE rota_override SET user_id = NULL, withdrawn_at = now(), withdrawn_by = 'x', withdrawn_reason = 'x'",
        "UPDATE rota_override SET withdrawn_at = NULL, withdrawn_by = NULL, withdrawn_reason = NULL",
    ],
)  # fmt: skip
def test_what_was_written_stays_and_is_withdrawn_once_at_most(conn: Connection, rota_id: int, statement: str) -> None:
    ann = account(conn, "ann")
    store.rotate(conn, rota_id, Rotation(0, (ann,), 7, time(8), date(2026, 3, 2), NOW_US), BY_ANN)
    for user_id in (ann, None):
        number = store.override(conn, rota_id, Override(0, 1, NOW_US + 1, user_id, Source.OVERRIDE), BY_ANN)
    store.withdraw_overrides(conn, rota_id, [number], BY_ANN)
    store.accept(conn, rota_id, Acceptance(0, ann, 1, 2), BY_ANN)
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        conn.execute(statement)


def test_of_one_clinic_what_can_serve_it_is_loaded(conn: Connection, north: int, rota_id: int) -> None:
    south = registry.add_clinic(conn, "South")
    other = store.add(conn, south, Audience.CLINICAL, 1, "UTC", BY_ANN)
    shared = store.add(conn, None, Audience.TECHNICAL, 1, "UTC", BY_ANN)
    for one in (rota_id, other, shared):
        store.override(conn, one, Override(0, 1, NOW_US + 1, None, Source.OVERRIDE), BY_ANN)
    assert {one.rota_id for one in store.load(conn, NOW_US).rotas} == {rota_id, other, shared}
    of_north = store.load(conn, NOW_US, north).rotas
    assert [(one.rota_id, len(one.overrides)) for one in of_north] == [(rota_id, 1), (shared, 1)]


def test_what_is_long_over_is_not_loaded(conn: Connection, rota_id: int) -> None:
    old, late = (Override(0, 1, NOW_US - days * 24 * HOUR_US, None, Source.OVERRIDE) for days in (401, 399))
    for one in (old, late):
        store.override(conn, rota_id, one, BY_ANN)
    assert [one.end_us for one in loaded(conn).overrides] == [late.end_us]


def test_whoever_changes_a_rota_is_alone_until_the_transaction_ends(
    conn: Connection, rota_id: int, database_url: str
) -> None:
    with pool.connect(database_url) as other, pool.transaction(conn):
        store.alone(conn, rota_id)
        other.execute("SET lock_timeout = '200ms'")
        with pytest.raises(StoreError) as caught, pool.transaction(other):
            store.alone(other, rota_id)
        assert caught.value.trouble is Trouble.BUSY
