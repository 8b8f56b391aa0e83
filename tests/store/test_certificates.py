from __future__ import annotations

from dataclasses import replace

import pytest

from store import certificates, registry
from store.certificates import StoredCertificate, StoredCode
from store.errors import StoreError, Trouble
from store.pool import Connection

NOW_US = 1_750_000_000_000_000
DAY_US = 86_400_000_000


def issued(unit: registry.Unit, serial: str = "aa", key: bytes = b"k" * 32) -> StoredCertificate:
    return StoredCertificate(serial, "unit", unit.unit_id, unit.name, key, "PEM", NOW_US, NOW_US + 90 * DAY_US)


def test_one_authority_counts_for_ever(conn: Connection) -> None:
    assert certificates.authority(conn) is None
    first = certificates.add_authority(conn, b"a" * 32, "PEM a", NOW_US)
    assert certificates.add_authority(conn, b"b" * 32, "PEM b", NOW_US) == first == certificates.authority(conn)


def test_a_code_is_used_once(conn: Connection, unit: registry.Unit) -> None:
    certificates.add_code(conn, b"c" * 32, unit.unit_id, "settings", NOW_US, NOW_US + DAY_US)
    assert certificates.code(conn, b"d" * 32) is None
    assert certificates.code(conn, b"c" * 32) == StoredCode(unit.name, "settings", NOW_US + DAY_US, None, None, None)
    certificates.add_certificate(conn, issued(unit))
    assert certificates.use_code(conn, b"c" * 32, "aa", NOW_US + 1)
    assert not certificates.use_code(conn, b"c" * 32, "aa", NOW_US + 2)
    found = certificates.code(conn, b"c" * 32)
    assert found is not None and (found.used_us, found.serial) == (NOW_US + 1, "aa")


def test_a_newer_code_withdraws_the_older_but_not_the_used(conn: Connection, unit: registry.Unit) -> None:
    certificates.add_certificate(conn, issued(unit))
    certificates.add_code(conn, b"1" * 32, unit.unit_id, "one", NOW_US, NOW_US + DAY_US)
    certificates.use_code(conn, b"1" * 32, "aa", NOW_US)
    certificates.add_code(conn, b"2" * 32, unit.unit_id, "two", NOW_US + 1, NOW_US + DAY_US)
    certificates.add_code(conn, b"3" * 32, unit.unit_id, "three", NOW_US + 2, NOW_US + DAY_US)
    withdrawn = [certificates.code(conn, n * 32).withdrawn_us for n in (b"1", b"2", b"3")]  # type: ignore[union-attr]
    assert withdrawn == [None, NOW_US + 2, None]
    assert not certificates.use_code(conn, b"2" * 32, "aa", NOW_US)
    assert certificates.newest_settings(conn, unit.unit_id) == "three"
    certificates.withdraw_codes(conn, unit.unit_id, NOW_US + 3)
    assert not certificates.use_code(conn, b"3" * 32, "aa", NOW_US)


def test_a_key_has_one_certificate(conn: Connection, unit: registry.Unit) -> None:
    first = issued(unit)
    certificates.add_certificate(conn, first)
    assert certificates.certificate_of_key(conn, b"k" * 32) == first
    assert certificates.certificate_of_key(conn, b"x" * 32) is None
    with pytest.raises(StoreError) as caught:
        certificates.add_certificate(conn, replace(first, serial="bb"))
    assert caught.value.trouble is Trouble.CONFLICT
    with pytest.raises(StoreError) as caught:
        certificates.add_certificate(conn, replace(first, serial="not hex", key_hash=b"y" * 32))
    assert caught.value.trouble is Trouble.REFUSED


def test_revoking(conn: Connection, unit: registry.Unit) -> None:
    other = registry.add_unit(conn, "Home 2", None, NOW_US)
    theirs = replace(issued(other, "bb", b"b" * 32), until_us=NOW_US + DAY_US)
    for one in (issued(unit), issued(unit, "cc", b"c" * 32), theirs):
        certificates.add_certificate(conn, one)
    assert certificates.ends(conn) == {unit.unit_id: NOW_US + 90 * DAY_US, other.unit_id: NOW_US + DAY_US}
    assert certificates.revoke_certificates(conn, unit.unit_id, NOW_US + 5) == ["aa", "cc"]
    assert certificates.revoke_certificates(conn, unit.unit_id, NOW_US + 6) == []
    assert certificates.revoke_certificate(conn, "bb", NOW_US + 7)
    assert certificates.revoke_certificate(conn, "bb", NOW_US + 8)
    assert not certificates.revoke_certificate(conn, "dd", NOW_US)
    assert certificates.revoked(conn, NOW_US) == [("aa", NOW_US + 5), ("bb", NOW_US + 7), ("cc", NOW_US + 5)]
    assert certificates.revoked(conn, NOW_US + 2 * DAY_US) == [("aa", NOW_US + 5), ("cc", NOW_US + 5)]
    assert certificates.ends(conn) == {}
    assert [one.revoked_us for one in certificates.certificates_of(conn, unit.unit_id)] == [NOW_US + 5] * 2
    assert len(certificates.certificates(conn)) == 3


def test_a_unit_is_locked_by_its_name(conn: Connection, unit: registry.Unit) -> None:
    registry.revoke_unit(conn, unit.name, NOW_US)
    locked = certificates.lock_unit(conn, unit.name)
    assert locked is not None and (locked.unit_id, locked.revoked_us) == (unit.unit_id, NOW_US)
    assert certificates.lock_unit(conn, "nobody") is None
    assert certificates.lock_unit(conn, "a\0b") is None
