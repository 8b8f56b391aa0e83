"""The two certificates nobody speaks with."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509

from registrar import identities
from registrar.authority import common_name, serial_of
from registrar.canaries import PROBE_NAME, Canaries
from store import certificates
from store.pool import Connection
from telemetry.clock import SystemClock

NOW_US = SystemClock().now_us()


@pytest.fixture
def canaries(conn: Connection, tmp_path: Path) -> Canaries:
    return Canaries(identities.make_authority(conn, tmp_path, NOW_US), tmp_path)


def test_each_new_canary_is_on_the_list_and_each_is_another(canaries: Canaries, conn: Connection) -> None:
    serials = []
    for _ in range(3):
        canaries.renew(conn, NOW_US)
        serials.append(serial_of(x509.load_pem_x509_certificate(Path(canaries.revoked().cert_file).read_bytes())))
    assert len(set(serials)) == 3
    assert {serial for serial, _ in certificates.revoked(conn, NOW_US)} == set(serials)


def test_the_probe_stays_and_is_on_no_list(canaries: Canaries, conn: Connection) -> None:
    first = canaries.good(conn, NOW_US)
    before = Path(first.cert_file).read_bytes()
    assert canaries.good(conn, NOW_US) == first and Path(first.cert_file).read_bytes() == before
    assert common_name(x509.load_pem_x509_certificate(before)) == PROBE_NAME
    assert certificates.revoked(conn, NOW_US) == []
    assert Path(first.ca_file).is_file()
