"""An authority, a database with a unit, boxes that ask."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from registrar import authority as ca
from registrar import issuing
from registrar.authority import Authority
from store import pool, registry
from store.pool import Connection
from telemetry import wire

NOW_US = 1_750_000_000_000_000  # 2025-06-15T15:06:40Z
DAY_US = 86_400_000_000
SETTINGS = 'unit = "x"\n'


def request(unit: str, key: ec.EllipticCurvePrivateKey | None = None) -> bytes:
    """A request in DER for this name."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, unit)])
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key or ca.new_key(), hashes.SHA256())
    return made.public_bytes(serialization.Encoding.DER)


def proof(unit: str, asked: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """The signature of the key in use under a request."""
    return key.sign(wire.proven_part(unit, asked), ec.ECDSA(hashes.SHA256()))


class Tools:
    """What tests import from here, since the folder is no package."""

    NOW_US, DAY_US, SETTINGS = NOW_US, DAY_US, SETTINGS
    request = staticmethod(request)
    proof = staticmethod(proof)

    @staticmethod
    def code(conn: Connection, authority: Authority, unit: str, now_us: int = NOW_US) -> str:
        with pool.transaction(conn):
            return issuing.new_code(conn, "localhost:1", unit, authority.fingerprint, SETTINGS, now_us).code


@pytest.fixture(scope="session")
def tools() -> type[Tools]:
    return Tools


@pytest.fixture(scope="session")
def authority() -> Authority:
    return ca.create_root(NOW_US)


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    with pool.connect(database_url) as connection:
        yield connection


@pytest.fixture
def unit(conn: Connection) -> registry.Unit:
    return registry.add_unit(conn, "Home 1", "North", NOW_US)
