"""Keys, requests and certificates of this box. The only module of the box that names `cryptography`.

It is imported by `homehd enrol` and by the short child process of a renewal, never by the running agent: the package
takes more memory than all the rest of it.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from telemetry import wire
from telemetry.clock import MICROSECONDS
from telemetry.errors import HomehdError

_DAMAGED: Final = (ValueError, TypeError, UnsupportedAlgorithm)


class CredentialError(HomehdError):
    """A key or certificate that is not what it should be."""


def new_key() -> bytes:
    """A fresh P-256 key as PKCS #8 text. It is written to this box's disk and goes nowhere else."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def is_key(data: bytes) -> bool:
    """Whether this is a P-256 key we could go on with."""
    try:
        return isinstance(_key(data).curve, ec.SECP256R1)
    except CredentialError:
        return False


def same_key(one: bytes, other: bytes) -> bool:
    """Whether two texts hold the same private key."""
    try:
        return _key(one).public_key() == _key(other).public_key()
    except CredentialError:
        return False


def request(key: bytes, unit: str) -> bytes:
    """The request for a certificate (PKCS #10, DER) of this unit, signed by the key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, unit)])
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(_key(key), hashes.SHA256())
    return made.public_bytes(serialization.Encoding.DER)


def proof(held: bytes, unit: str, request: bytes) -> bytes:
    """The signature by the key in use under a request for the next certificate; CredentialError for a damaged key.

    The session alone proves nothing: a box that was replaced may still have one.
    """
    return _key(held).sign(wire.proven_part(unit, request), ec.ECDSA(hashes.SHA256()))


def authority(pem: str, fingerprint: bytes) -> str:
    """The authority's certificate in one spelling; CredentialError unless it has this SHA-256."""
    certificate = _certificate(pem, "authority's certificate")
    der = certificate.public_bytes(serialization.Encoding.DER)
    if hashlib.sha256(der).digest() != fingerprint:
        hint = "not the authority of this code: is the address right, and does somebody stand between? Nothing was sent"
        raise CredentialError("check authority", hashlib.sha256(der).hexdigest()[:16] + "…", hint=hint)
    return _pem(certificate)


def begins_us(pem: str) -> int:
    """From when a certificate is valid."""
    return _us(_certificate(pem, "certificate").not_valid_before_utc)


def identity(key: bytes, chain: str, authorities: str, unit: str, now_us: int) -> tuple[bytes, int]:
    """Key and certificate as one file, and when the certificate ends; CredentialError unless all of it fits.

    What fits: issued by one of `authorities` (PEM), for this unit, for this very key, as a client, and not over yet.
    """
    leaf = _certificate(chain, "certificate")
    if not any(_issued(leaf, root) for root in _certificates(authorities, "authorities")):
        raise _unfit("not issued by our authority")
    if [(name.oid, name.value) for name in leaf.subject if name.oid == NameOID.COMMON_NAME] != [
        (NameOID.COMMON_NAME, unit)
    ]:
        raise _unfit(f"not of unit {unit}")
    if leaf.public_key() != _key(key).public_key():
        raise _unfit("of another key")
    try:
        usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, *_DAMAGED) as error:
        raise _unfit("not for a client") from error
    if ExtendedKeyUsageOID.CLIENT_AUTH not in usage:
        raise _unfit("not for a client")
    until_us = _us(leaf.not_valid_after_utc)
    if now_us >= until_us:
        raise _unfit(f"over since {leaf.not_valid_after_utc:%Y-%m-%d}: is this box's clock right?")
    # One file: key and certificate change together or not at all.
    return key + _pem(leaf).encode(), until_us


def _issued(leaf: x509.Certificate, root: x509.Certificate) -> bool:
    try:
        leaf.verify_directly_issued_by(root)
    except (InvalidSignature, *_DAMAGED):
        return False
    return True


def _key(data: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(data, None)
    except _DAMAGED as error:
        raise CredentialError("read key", hint="it is damaged") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CredentialError("read key", hint="not a P-256 key")
    return key


def _certificate(pem: str, what: str) -> x509.Certificate:
    return _certificates(pem, what)[0]


def _certificates(pem: str, what: str) -> list[x509.Certificate]:
    try:
        found = x509.load_pem_x509_certificates(pem.encode())
    except _DAMAGED as error:
        raise CredentialError("read certificate", what, hint="not a certificate in PEM") from error
    return found


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def _us(moment: datetime) -> int:
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * MICROSECONDS


def _unfit(hint: str) -> CredentialError:
    return CredentialError("check certificate", hint=hint)
