from __future__ import annotations

import re

import pytest

from store import certificates, patients, registry
from store.certificates import StoredCertificate
from store.errors import StoreError, Trouble
from store.patients import Prescription
from store.pool import Connection, Pool
from telemetry import topics

NOW_US = 1_750_000_000_000_000


def test_a_unit_gets_a_random_id_and_a_shard_for_ever(conn: Connection) -> None:
    units = [registry.add_unit(conn, f"Home {n}", "North", NOW_US) for n in range(20)]
    assert len({unit.name for unit in units}) == 20
    for unit in units:
        assert re.fullmatch("h[a-z2-7]{9}", unit.name) and topics.is_unit_id(unit.name)
        assert unit.shard == registry.shard_of(unit.name)
    assert registry.list_units(conn) == units
    # Fixed at provisioning: what it was yesterday and on another machine it is today.
    assert [registry.shard_of(name) for name in ("u1", "habcdefghi", "hzzzzzzzz7")] == [54, 51, 0]
    assert {registry.shard_of(f"unit-{n}") for n in range(2000)} == set(range(64))


def test_units_are_found(conn: Connection) -> None:
    first = registry.add_unit(conn, "One", "North", NOW_US, name="one")
    second = registry.add_unit(conn, "Two\0", None, NOW_US, name="two")
    assert (first.clinic, second.clinic, second.clinic_id, second.label) == ("North", None, None, "Two\ufffd")
    assert registry.unit_by_name(conn, "one") == first
    assert registry.units_by_name(conn, ["two", "three"]) == {"two": second}
    assert registry.units_of_shards(conn, [second.shard]) == [second]
    with pytest.raises(StoreError, match="find unit: three – `homehd units list`"):
        registry.unit_by_name(conn, "three")


def test_names_that_cannot_be(conn: Connection) -> None:
    registry.add_unit(conn, "One", None, NOW_US, name="one")
    for name, trouble in (("one", Trouble.CONFLICT), ("a/+", Trouble.REFUSED), ("x", Trouble.REFUSED)):
        with pytest.raises(StoreError) as caught:
            registry.add_unit(conn, "Again", None, NOW_US, name=name)
        assert caught.value.trouble is trouble


def test_a_clinic_is_made_once(conn: Connection) -> None:
    assert (
        registry.add_clinic(conn, "North") == registry.add_clinic(conn, "North") != registry.add_clinic(conn, "South")
    )


async def test_revoked_units_are_no_longer_shown(conn: Connection, apool: Pool) -> None:
    kept = registry.add_unit(conn, "Kept", None, NOW_US)
    gone = registry.add_unit(conn, "Gone", None, NOW_US)
    assert registry.revoke_unit(conn, gone.name, NOW_US + 1).revoked_us == NOW_US + 1
    assert registry.revoke_unit(conn, gone.name, NOW_US + 9).revoked_us == NOW_US + 1
    with pytest.raises(StoreError):
        registry.revoke_unit(conn, "nobody", NOW_US)
    async with apool.connection() as aconn:
        assert await registry.units(aconn) == [kept]
    assert len(registry.list_units(conn)) == 2


def test_a_unit_knows_whom_it_serves(conn: Connection, unit: registry.Unit) -> None:
    patient = patients.add_patient(conn, "Ann", unit.clinic_id, Prescription())
    patients.bind(conn, unit.unit_id, patient, NOW_US)
    found = registry.unit_by_name(conn, unit.name)
    assert (found.patient_id, found.patient) == (patient, "Ann")


def test_who_was_revoked_is_asked_for_by_shard_and_by_certificate(conn: Connection) -> None:
    first, second, third = (registry.add_unit(conn, name, None, NOW_US, name=name) for name in ("one", "two", "three"))
    for at, unit in enumerate((first, second)):
        registry.revoke_unit(conn, unit.name, NOW_US + at)
    assert registry.revoked_names(conn, [first.shard, third.shard]) == {"one"}
    assert registry.revoked_names(conn, list(range(topics.SHARDS))) == {"one", "two"}
    assert registry.revoked_homes(conn, NOW_US, NOW_US) == [], "without a certificate there is nobody to put out"
    for unit, until_us in ((first, NOW_US + 10), (second, NOW_US + 5), (third, NOW_US + 10)):
        certificates.add_certificate(
            conn,
            StoredCertificate(
                f"{unit.unit_id:x}", "unit", unit.unit_id, unit.name, bytes([unit.unit_id]) * 32, "", 1, until_us
            ),
        )
    assert registry.revoked_homes(conn, NOW_US, NOW_US) == [
        ("two", second.shard, True, False, NOW_US + 1),
        ("one", first.shard, True, False, NOW_US),
    ]
    assert registry.revoked_homes(conn, NOW_US + 7, NOW_US) == [("one", first.shard, True, False, NOW_US)]


def test_a_unit_between_two_boxes_is_nobodys(conn: Connection) -> None:
    unit = registry.add_unit(conn, "one", None, NOW_US, name="one")

    def issue(serial: str) -> None:
        made = StoredCertificate(serial, "unit", unit.unit_id, "one", serial.encode() * 16, "", 1, NOW_US + 10)
        certificates.add_certificate(conn, made)

    issue("0a")
    assert registry.revoked_homes(conn, NOW_US, NOW_US) == []
    certificates.revoke_certificates(conn, unit.unit_id, NOW_US)
    assert registry.revoked_homes(conn, NOW_US, NOW_US) == [("one", unit.shard, False, False, NOW_US)]
    issue("0b")
    assert registry.revoked_homes(conn, NOW_US, NOW_US) == [], "the new box speaks for it"
    replaced = ("one", unit.shard, False, True, NOW_US)
    assert registry.revoked_homes(conn, NOW_US, NOW_US - 1) == [replaced], "the old one may still be connected"
    certificates.revoke_certificates(conn, unit.unit_id, NOW_US + 2)
    assert registry.revoked_homes(conn, NOW_US, NOW_US + 9) == [("one", unit.shard, False, False, NOW_US + 2)]
