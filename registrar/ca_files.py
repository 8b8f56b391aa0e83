"""Where the authority lives: `HOMEHD_HOME/ca`, for its owner alone. Made once, whole or not at all, never overwritten.

| file | content |
|---|---|
| `authority.pem` | the root's private key (encrypted when there is a passphrase) and its certificate |
| `root.pem` | the certificate alone: what brokers and boxes check against |
| `crl.pem` | the revocation list (`registrar.revocation`) |
| `<name>.pem` | key and certificate of a server or service of ours |
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from registrar.authority import Authority, create_root
from telemetry.errors import HomehdError

AUTHORITY: Final = "authority.pem"
ROOT: Final = "root.pem"
CRL: Final = "crl.pem"


class CaError(HomehdError):
    """The authority cannot be had."""


def exists(folder: Path) -> bool:
    """Whether this folder holds an authority."""
    return (folder / AUTHORITY).exists()


def create(folder: Path, now_us: int, passphrase: str = "") -> Authority:
    """Make the authority; of several at once one wins and all get the same. One that is there is never touched."""
    with _told("create the authority", folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        made = create_root(now_us)
        draft = _written(folder / AUTHORITY, key_pem(made.key, passphrase) + made.pem.encode())
        try:
            # A link, unlike a rename, fails where there is one already.
            with suppress(FileExistsError):
                os.link(draft, folder / AUTHORITY)
        finally:
            draft.unlink()
        _sync(folder)
    return load(folder, passphrase)


def load(folder: Path, passphrase: str = "") -> Authority:
    """The authority; CaError when it is not there, readable by others, damaged, or the passphrase is wrong."""
    path = folder / AUTHORITY
    with _told("read the authority", path):
        if path.stat().st_mode & 0o077:
            raise CaError("read the authority", str(path), hint=f"others can read it: chmod 600 {path}")
        data = path.read_bytes()
    authority = Authority(_key(data, path, passphrase), _certificate(data, path))
    if authority.key.public_key() != authority.certificate.public_key():
        raise CaError("read the authority", str(path), hint="key and certificate do not belong together")
    if not (folder / ROOT).exists():
        write(folder / ROOT, authority.pem.encode(), mode=0o644)
    return authority


def key_and_certificate(path: Path) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """What `identities` keeps in one file for a service of ours; CaError when it cannot be read."""
    with _told("read key and certificate", path):
        data = path.read_bytes()
    return _key(data, path, ""), _certificate(data, path)


def key_pem(key: ec.EllipticCurvePrivateKey, passphrase: str = "") -> bytes:
    """A private key as PKCS #8 text, encrypted when there is a passphrase."""
    how: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        how = serialization.BestAvailableEncryption(passphrase.encode())
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)


def write(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Replace a file as a whole: a reader, or a power cut, meets the old one or the new one.

    One that is replaced keeps its owner and its rights, as far as we may give them: somebody may have been let in on
    purpose, and a broker that can no longer read its key refuses every home.
    """
    with _told("write", path):
        before = path.stat() if path.exists() else None
        draft = _written(path, data, mode if before is None else stat.S_IMODE(before.st_mode))
        if before is not None:
            _give(draft, before, mode)
        draft.replace(path)
        _sync(path.parent)


def _give(draft: Path, before: os.stat_result, mode: int) -> None:
    # Only root gives a file away, but anybody gives his own to a group that he is in.
    for owner in (before.st_uid, -1):
        with suppress(PermissionError):
            os.chown(draft, owner, before.st_gid)
            return
    # What the old group was allowed is nothing for the group that the file has now.
    draft.chmod((before.st_mode & 0o707) | (mode & 0o070))


def _written(path: Path, data: bytes, mode: int = 0o600) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)  # whatever the umask is
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return draft


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _key(data: bytes, path: Path, passphrase: str) -> ec.EllipticCurvePrivateKey:
    encrypted = b"ENCRYPTED PRIVATE KEY" in data
    if encrypted and not passphrase:
        raise CaError("read the authority", str(path), hint="it is encrypted: give HOMEHD_CA_PASSPHRASE")
    try:
        key = serialization.load_pem_private_key(data, passphrase.encode() if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        hint = "is HOMEHD_CA_PASSPHRASE right?" if encrypted else "it is damaged: restore it from its backup"
        raise CaError("read the authority", str(path), hint=hint) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CaError("read the authority", str(path), hint="not a P-256 key")
    return key


def _certificate(data: bytes, path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(data)
    except ValueError as error:
        raise CaError("read the authority", str(path), hint="it is damaged: restore it from its backup") from error


@contextmanager
def _told(operation: str, path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CaError(operation, str(path), hint=error.strerror or str(error)) from error
