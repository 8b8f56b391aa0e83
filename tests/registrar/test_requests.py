from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from registrar import authority as ca
from registrar.requests import MAX_BYTES, RequestError, public_key

UNIT = "k7m2qx4d"


def built(key: Any, *names: tuple[x509.ObjectIdentifier, str], more: list[x509.ExtensionType] | None = None) -> bytes:
    builder = x509.CertificateSigningRequestBuilder()
    builder = builder.subject_name(x509.Name([x509.NameAttribute(oid, value) for oid, value in names]))
    for extension in more or []:
        builder = builder.add_extension(extension, critical=True)
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, algorithm).public_bytes(serialization.Encoding.DER)


def test_the_key_of_a_right_request() -> None:
    key = ca.new_key()
    assert public_key(built(key, (NameOID.COMMON_NAME, UNIT)), UNIT) == key.public_key()


def test_extensions_are_not_honoured(authority: ca.Authority) -> None:
    wish: list[x509.ExtensionType] = [
        x509.BasicConstraints(ca=True, path_length=None),
        x509.SubjectAlternativeName([x509.DNSName("broker.example.org")]),
    ]
    key = public_key(built(ca.new_key(), (NameOID.COMMON_NAME, UNIT), more=wish), UNIT)
    leaf = ca.issue_unit(authority, UNIT, key, 1_750_000_000_000_000)
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    with pytest.raises(x509.ExtensionNotFound):
        leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (rsa.generate_private_key(65537, 2048), "only P-256"),
        (ec.generate_private_key(ec.SECP384R1()), "only P-256"),
        (ec.generate_private_key(ec.SECP256K1()), "only P-256"),
        (ed25519.Ed25519PrivateKey.generate(), "only P-256"),
    ],
    ids=["rsa", "p384", "k1", "ed25519"],
)
def test_other_keys_are_refused(key: Any, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        public_key(built(key, (NameOID.COMMON_NAME, UNIT)), UNIT)


@pytest.mark.parametrize(
    "names",
    [
        [],
        [(NameOID.COMMON_NAME, "another1")],
        [(NameOID.COMMON_NAME, "+")],
        [(NameOID.COMMON_NAME, UNIT), (NameOID.COMMON_NAME, "another1")],
        [(NameOID.ORGANIZATIONAL_UNIT_NAME, "service"), (NameOID.COMMON_NAME, UNIT)],
    ],
)
def test_other_names_are_refused(names: list[tuple[x509.ObjectIdentifier, str]]) -> None:
    with pytest.raises(RequestError, match=f"exactly CN={UNIT}"):
        public_key(built(ca.new_key(), *names), UNIT)


def test_a_signature_of_another_key_is_refused() -> None:
    good = bytearray(built(ca.new_key(), (NameOID.COMMON_NAME, UNIT)))
    good[-1] ^= 1
    with pytest.raises(RequestError):
        public_key(bytes(good), UNIT)


def test_a_large_one_is_not_even_parsed() -> None:
    with pytest.raises(RequestError, match=f"at most {MAX_BYTES}"):
        public_key(b"0" * (MAX_BYTES + 1), UNIT)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_in_words(data: bytes) -> None:
    with pytest.raises(RequestError):
        public_key(data, UNIT)


@given(st.integers(0, 200), st.integers(0, 255))
def test_a_damaged_one_is_refused_or_the_same_key(at: int, value: int) -> None:
    key = ca.new_key()
    data = bytearray(built(key, (NameOID.COMMON_NAME, UNIT)))
    data[at] = value
    with suppress(RequestError):
        assert public_key(bytes(data), UNIT) == key.public_key()
