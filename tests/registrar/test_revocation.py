from __future__ import annotations

from pathlib import Path
from typing import Any

from cryptography import x509

from registrar import issuing
from registrar.authority import Authority
from registrar.revocation import CrlFile
from store import pool, registry
from store.pool import Connection


def listed(path: Path) -> list[str]:
    return [f"{entry.serial_number:x}" for entry in x509.load_pem_x509_crl(path.read_bytes())]


def test_the_list_follows_the_database(
    conn: Connection, authority: Authority, unit: registry.Unit, tmp_path: Path, tools: Any
) -> None:
    crl = CrlFile(authority, tmp_path / "crl.pem")
    now_us, day_us = tools.NOW_US, tools.DAY_US
    assert crl.refresh(conn, now_us), "the first is always written: a broker does not start without"
    assert listed(crl.path) == []
    assert not crl.refresh(conn, now_us + 1)
    code = tools.code(conn, authority, unit.name)
    serial = issuing.enrol(conn, authority, code, tools.request(unit.name), now_us, 90).certificate.serial
    assert not crl.refresh(conn, now_us + 2)
    with pool.transaction(conn):
        issuing.revoke(conn, unit.name, now_us + 3)
    assert crl.refresh(conn, now_us + 4)
    assert listed(crl.path) == [serial] and crl.count == 1
    assert crl.path.stat().st_mode & 0o777 == 0o644, "the broker reads it as another user"
    # Older than a day, or taken away by somebody: written again. Over for a day: no longer named.
    assert crl.refresh(conn, now_us + 4 + day_us)
    crl.path.unlink()
    assert crl.refresh(conn, now_us + 5 + day_us)
    assert crl.refresh(conn, now_us + 92 * day_us)
    assert listed(crl.path) == []
    assert crl.refresh(conn, now_us), "a clock that was set back writes at once too"


def test_the_number_rises(conn: Connection, authority: Authority, tmp_path: Path, tools: Any) -> None:
    numbers = []
    for hours in (0, 25, 50):
        crl = CrlFile(authority, tmp_path / "crl.pem")
        crl.refresh(conn, tools.NOW_US + hours * 3_600_000_000)
        parsed = x509.load_pem_x509_crl(crl.path.read_bytes())
        numbers.append(parsed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number)
    assert numbers == sorted(set(numbers))
