"""Keys and certificates of our own servers and services, in one file each, made anew in good time.

The authority must be the one the database knows: a second one, made because a folder was missing, would lock every box
out without a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from registrar import authority as ca
from registrar import ca_files
from registrar.authority import Authority, Kind
from registrar.ca_files import CaError
from store import certificates
from store.certificates import StoredCertificate
from store.pool import Connection, transaction

# An own certificate with less than this left is made anew.
SPARE_US: Final = 60 * 24 * 3600 * 1_000_000


def make_authority(conn: Connection, folder: Path, now_us: int, passphrase: str = "") -> Authority:
    """The authority in `folder`, made when neither folder nor database has one; CaError when they disagree.

    Made for a person who asked for it: folder and fingerprint are to be seen, and the folder kept.
    """
    known = certificates.authority(conn)
    if known is None and not ca_files.exists(folder):
        ca_files.create(folder, now_us, passphrase)
    authority = _load(folder, passphrase)
    known = certificates.add_authority(conn, authority.fingerprint, authority.pem, now_us)
    return _same(authority, known.fingerprint, folder)


def open_authority(conn: Connection, folder: Path, passphrase: str = "") -> Authority:
    """The authority in `folder`; CaError when there is none, or it is not the one the database knows."""
    known = certificates.authority(conn)
    if known is None:
        hint = "run `homehd registrar init` first, on the server that is to keep the authority's key"
        raise CaError("open the authority", "there is none yet", hint=hint)
    return _same(_load(folder, passphrase), known.fingerprint, folder)


def _load(folder: Path, passphrase: str) -> Authority:
    if not ca_files.exists(folder):
        hint = "its boxes trust no other: restore the folder from its backup (docs/operations/registrar.md)"
        raise CaError("open the authority", str(folder), hint=hint)
    return ca_files.load(folder, passphrase)


def _same(authority: Authority, known: bytes, folder: Path) -> Authority:
    if known != authority.fingerprint:
        hint = f"the database knows another one ({known.hex()[:16]}…): restore that one's folder"
        raise CaError("open the authority", f"{folder} ({authority.fingerprint.hex()[:16]}…)", hint=hint)
    return authority


def server(conn: Connection, authority: Authority, path: Path, names: Sequence[str], now_us: int) -> bool:
    """A server's key and certificate in `path`; True when they were made now: none there, other names, soon over."""
    held = _held(path)
    if held is not None and _lasts(held, authority, now_us) and _names(held) == sorted(set(names)):
        return False
    key = ca.new_key()
    _keep(
        conn, Kind.SERVER, path, key, ca.issue_server(authority, sorted(set(names)), key.public_key(), now_us), now_us
    )
    return True


def server_files(
    conn: Connection, authority: Authority, folder: Path, stem: str, names: Sequence[str], now_us: int
) -> list[Path]:
    """A new key and certificate for a server of somebody else's making (the broker), as it wants them: in two files."""
    key = ca.new_key()
    certificate = ca.issue_server(authority, list(dict.fromkeys(names)), key.public_key(), now_us)
    _record(conn, Kind.SERVER, certificate, key, now_us)
    folder.mkdir(parents=True, exist_ok=True)
    root, public, private = folder / ca_files.ROOT, folder / f"{stem}.pem", folder / f"{stem}.key"
    ca_files.write(root, authority.pem.encode(), mode=0o644)
    ca_files.write(private, ca_files.key_pem(key))
    ca_files.write(public, ca.as_pem(certificate).encode(), mode=0o644)
    return [root, public, private]


def service(conn: Connection, authority: Authority, path: Path, name: str, now_us: int) -> bool:
    """A service's key and certificate, named `svc-<name>`, in `path`; True when they were made now."""
    held = _held(path)
    if held is not None and _lasts(held, authority, now_us):
        return False
    key = ca.new_key()
    _keep(conn, Kind.SERVICE, path, key, ca.issue_service(authority, name, key.public_key(), now_us), now_us)
    return True


def signer(conn: Connection, authority: Authority, path: Path, now_us: int) -> bool:
    """The key and certificate that sign configurations, in `path`; True when they were made now."""
    held = _held(path)
    if held is not None and _lasts(held, authority, now_us):
        return False
    key = ca.new_key()
    _keep(conn, Kind.SIGNER, path, key, ca.issue_signer(authority, key.public_key(), now_us), now_us)
    return True


def _held(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None


def _lasts(held: x509.Certificate, authority: Authority, now_us: int) -> bool:
    ours = held.issuer == authority.certificate.subject
    return ours and ca.validity_us(held)[1] - now_us > SPARE_US


def _names(held: x509.Certificate) -> list[str]:
    try:
        names = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return sorted(str(name.value) for name in names)


def _keep(
    conn: Connection,
    kind: Kind,
    path: Path,
    key: ec.EllipticCurvePrivateKey,
    certificate: x509.Certificate,
    now_us: int,
) -> None:
    _record(conn, kind, certificate, key, now_us)
    ca_files.write(path, ca_files.key_pem(key) + ca.as_pem(certificate).encode())


def _record(
    conn: Connection, kind: Kind, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey, now_us: int
) -> None:
    # Before it is written anywhere: a certificate that nobody knows of could never be revoked.
    issued = StoredCertificate(
        serial=ca.serial_of(certificate),
        kind=kind,
        unit_id=None,
        name=ca.common_name(certificate),
        key_hash=ca.key_hash(key.public_key()),
        pem=ca.as_pem(certificate),
        issued_us=now_us,
        until_us=ca.validity_us(certificate)[1],
    )
    with transaction(conn, "keep a certificate"):
        certificates.add_certificate(conn, issued)
