from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from edge_agent import validity
from registrar import authority as ca

KEY = ca.new_key()
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "k7m2qx4d")])
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# 1950 to 2900: both spellings of a time.
MOMENTS = st.integers(-631_152_000, 29_348_006_400).map(lambda seconds: EPOCH + timedelta(seconds=seconds))


def certificate(first: datetime, last: datetime, serial: int = 7) -> x509.Certificate:
    builder = x509.CertificateBuilder().subject_name(NAME).issuer_name(NAME).public_key(KEY.public_key())
    return (
        builder.serial_number(serial).not_valid_before(first).not_valid_after(last)
        .sign(KEY, hashes.SHA256())
    )  # fmt: skip


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=40_000)), st.integers(1, 2**159 - 1))
def test_it_reads_what_was_written(first: datetime, life: timedelta, serial: int) -> None:
    last = first + timedelta(seconds=life // timedelta(seconds=1))
    made = certificate(first, last, serial)
    expected = tuple((moment - EPOCH) // timedelta(microseconds=1) for moment in (first, last))
    assert validity.of_der(made.public_bytes(serialization.Encoding.DER)) == expected
    assert validity.of_pem(ca.as_pem(made).encode()) == expected


def test_a_key_before_it_is_no_hindrance() -> None:
    made = certificate(EPOCH, EPOCH + timedelta(days=1))
    key = KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    assert validity.of_pem(key + ca.as_pem(made).encode()) == (0, 86_400_000_000)


@given(st.binary(max_size=200))
def test_other_bytes_are_none(data: bytes) -> None:
    assert validity.of_pem(data) is None
    assert validity.of_pem(b"-----BEGIN CERTIFICATE-----" + data + b"-----END CERTIFICATE-----") is None
    with pytest.raises(ValueError):
        validity.of_der(data)


@given(st.integers(0, 400), st.binary(min_size=1, max_size=4))
def test_a_damaged_one_is_a_validity_or_a_value_error(at: int, rubbish: bytes) -> None:
    data = bytearray(certificate(EPOCH, EPOCH + timedelta(days=1)).public_bytes(serialization.Encoding.DER))
    data[at : at + len(rubbish)] = rubbish
    with suppress(ValueError):
        assert len(validity.of_der(bytes(data))) == 2
