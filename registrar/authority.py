"""The certificate authority: keys and certificates in, certificates out. Pure but for randomness; time is handed in.

One P-256 root signs everything (docs/decisions/0009). What a certificate is good for stands in its extended key usage
and its organisational unit, so that none serves as another: a unit's cannot be a server's, nor sign a configuration.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from telemetry import topics
from telemetry.errors import HomehdError

ROOT_DAYS: Final = 20 * 365
UNIT_DAYS: Final = 90
SERVICE_DAYS: Final = 397  # renewed by restarting the service or by a person: once a year is often enough
SERVER_DAYS: Final = 397
SIGNER_DAYS: Final = 397
# A clock that is behind ours must not find a certificate that is not valid yet.
BACKDATED: Final = timedelta(hours=24)
SERVICE_PREFIX: Final = "svc-"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Kind(StrEnum):
    """What a certificate is for; also its organisational unit."""

    UNIT = "unit"
    SERVER = "server"
    SERVICE = "service"
    SIGNER = "configuration"


_USAGE: Final = {
    Kind.UNIT: ExtendedKeyUsageOID.CLIENT_AUTH,
    Kind.SERVER: ExtendedKeyUsageOID.SERVER_AUTH,
    Kind.SERVICE: ExtendedKeyUsageOID.CLIENT_AUTH,
    Kind.SIGNER: ExtendedKeyUsageOID.CODE_SIGNING,
}


@dataclass(frozen=True)
class Authority:
    """The root: its private key, which is never printed, and its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def __repr__(self) -> str:
        return f"Authority({self.fingerprint.hex()[:16]}…)"

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the certificate in DER: what an enrolment code carries."""
        return self.certificate.fingerprint(hashes.SHA256())

    @property
    def pem(self) -> str:
        """The certificate alone."""
        return as_pem(self.certificate)


def new_key() -> ec.EllipticCurvePrivateKey:
    """A fresh P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def create_root(now_us: int, days: int = ROOT_DAYS) -> Authority:
    """A new authority, valid for `days`."""
    key = new_key()
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "homehd"),
            # Two authorities of the same name would confuse a chain builder.
            x509.NameAttribute(NameOID.COMMON_NAME, f"homehd root {x509.random_serial_number() & 0xFFFFFFFF:08x}"),
        ]
    )
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        _builder(name, name, key.public_key(), now_us, days)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(own, critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(key, certificate)


def issue_unit(
    authority: Authority, unit: str, public_key: ec.EllipticCurvePublicKey, now_us: int, days: float = UNIT_DAYS
) -> x509.Certificate:
    """A client certificate whose common name is the unit's id; HomehdError for a name that is no unit id."""
    if not topics.is_unit_id(unit) or unit.startswith(SERVICE_PREFIX):
        hint = f"a unit id has 2…32 of a-z, 0-9 and -, and does not begin with {SERVICE_PREFIX}"
        raise HomehdError("issue certificate", repr(unit[:40]), hint=hint)
    return _issue(authority, Kind.UNIT, unit, public_key, now_us, days)


def issue_service(
    authority: Authority, service: str, public_key: ec.EllipticCurvePublicKey, now_us: int, days: float = SERVICE_DAYS
) -> x509.Certificate:
    """A client certificate for one of our own services, named `svc-<service>`."""
    name = SERVICE_PREFIX + service
    if not topics.is_unit_id(name) or not service:
        raise HomehdError("issue certificate", repr(name[:40]), hint="a service's name has a-z, 0-9 and -")
    return _issue(authority, Kind.SERVICE, name, public_key, now_us, days)


def issue_server(
    authority: Authority,
    names: Sequence[str],
    public_key: ec.EllipticCurvePublicKey,
    now_us: int,
    days: float = SERVER_DAYS,
) -> x509.Certificate:
    """A server certificate for these host names and addresses, the first of which is its common name."""
    if not names:
        raise HomehdError("issue certificate", "server", hint="name at least one host name or address")
    alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
    return _issue(authority, Kind.SERVER, names[0][:64], public_key, now_us, days, alternatives)


def issue_signer(
    authority: Authority, public_key: ec.EllipticCurvePublicKey, now_us: int, days: float = SIGNER_DAYS
) -> x509.Certificate:
    """A certificate that signs configurations and can do nothing else."""
    return _issue(authority, Kind.SIGNER, "homehd configuration", public_key, now_us, days)


def issue_crl(
    authority: Authority, revoked: Iterable[tuple[str, int]], now_us: int, next_us: int
) -> x509.CertificateRevocationList:
    """The list of (serial in hex, revoked at) that brokers refuse; to be replaced before `next_us`."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(when(now_us))
        .next_update(when(next_us))
        .add_extension(_authority_key(authority), critical=False)
        .add_extension(x509.CRLNumber(now_us), critical=False)
    )
    for serial, at_us in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(int(serial, 16)).revocation_date(when(at_us)).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(authority.key, hashes.SHA256())


def as_pem(certificate: x509.Certificate | x509.CertificateRevocationList) -> str:
    """As text."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def serial_of(certificate: x509.Certificate) -> str:
    """The serial number in hex, as the database keeps it."""
    return f"{certificate.serial_number:x}"


def common_name(certificate: x509.Certificate) -> str:
    """The name a certificate is for, as the broker sees it."""
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def key_hash(public_key: ec.EllipticCurvePublicKey) -> bytes:
    """SHA-256 of the public key: which key a certificate is for."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))
    return digest.finalize()


def validity_us(certificate: x509.Certificate) -> tuple[int, int]:
    """From when until when it is valid."""
    return _us(certificate.not_valid_before_utc), _us(certificate.not_valid_after_utc)


def when(us: int) -> datetime:
    """Microseconds since 1970 as certificates have it: whole seconds."""
    return _EPOCH + timedelta(seconds=us // 1_000_000)


def _us(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _issue(
    authority: Authority,
    kind: Kind,
    name: str,
    public_key: ec.EllipticCurvePublicKey,
    now_us: int,
    days: float,
    alternatives: x509.SubjectAlternativeName | None = None,
) -> x509.Certificate:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, kind.value),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    issuer = authority.certificate
    builder = (
        _builder(subject, issuer.subject, public_key, now_us, days, issuer.not_valid_after_utc)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([_USAGE[kind]]), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(_authority_key(authority), critical=False)
    )
    if alternatives is not None:
        builder = builder.add_extension(alternatives, critical=False)
    return builder.sign(authority.key, hashes.SHA256())


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    now_us: int,
    days: float,
    latest: datetime | None = None,
) -> x509.CertificateBuilder:
    end = when(now_us) + timedelta(days=days)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(when(now_us) - BACKDATED)
        .not_valid_after(min(end, latest) if latest else end)  # nothing outlives its issuer
    )


def _key_usage(*, signs_certificates: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _authority_key(authority: Authority) -> x509.AuthorityKeyIdentifier:
    own = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own.value)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        return x509.DNSName(name)
    except ValueError as error:
        raise HomehdError("issue certificate", repr(name[:80]), hint="not a host name or address") from error
