"""Whether a remote configuration was signed by the authority's own signer.

The library that can tell needs more memory than the agent has, and is needed a few times a year: a child process
loads it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from telemetry import wire
from telemetry.errors import HomehdError, WireError
from telemetry.messages import SignedConfig

CHILD_S: Final = 30.0  # a Raspberry-Pi-class box loads the library in 2 s
_GENUINE, _NOT_GENUINE = 0, 3
_UNIT_NAME: Final = "configuration"  # the organisational unit of a signer's certificate (registrar.authority)


class SignatureError(HomehdError):
    """Not signed by whom it should be."""


def reason_against(payload: bytes, ca_file: str, now_us: int | None) -> str:
    """Why a message must not be used, empty when it is genuine. `now_us` is None while the clock is not to be trusted.

    HomehdError when it could not be found out: ask again later.
    """
    command = [sys.executable, "-m", "edge_agent.signature", ca_file, "" if now_us is None else str(now_us)]
    try:
        child = subprocess.run(command, input=payload, capture_output=True, timeout=CHILD_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HomehdError("check signature", "child process", hint=str(error), recoverable=True) from error
    said = child.stdout.decode("utf-8", "replace").strip()
    if child.returncode == _GENUINE:
        return ""
    if child.returncode == _NOT_GENUINE and said:
        return said
    last = (child.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit {child.returncode}"])[-1]
    raise HomehdError("check signature", "child process", hint=last[:200], recoverable=True)


def verify(config: SignedConfig, ca_pem: bytes, now_us: int | None) -> None:
    """SignatureError unless `config` was signed by a configuration signer that the authority itself certified."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    authority = x509.load_pem_x509_certificate(ca_pem)
    try:
        signer = x509.load_der_x509_certificate(config.signer)
        key = signer.public_key()
        usage = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        units = [part.value for part in signer.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)]
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.ExtensionNotFound, x509.DuplicateExtension) as error:
        raise SignatureError("check signer", "not a certificate of ours", hint=str(error)[:100]) from error
    try:
        signer.verify_directly_issued_by(authority)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError) as error:
        raise SignatureError("check signer", "not certified by this box's authority") from error
    if list(usage) != [ExtendedKeyUsageOID.CODE_SIGNING] or units != [_UNIT_NAME]:
        raise SignatureError("check signer", "a certificate that may not sign configurations")
    if now_us is not None:
        now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=now_us)
        if not signer.not_valid_before_utc <= now <= signer.not_valid_after_utc:
            raise SignatureError("check signer", "its certificate is not valid today", hint="sign it anew")
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise SignatureError("check signer", "its key is not on P-256")
    try:
        key.verify(config.signature, wire.signed_part(config), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise SignatureError("check signature", "it does not fit the settings") from error


def main(arguments: list[str]) -> int:
    """The child: message on standard input, authority's file and time as words; says why not on standard output."""
    ca_file, now = arguments
    try:
        verify(wire.decode_config(sys.stdin.buffer.read()), Path(ca_file).read_bytes(), int(now) if now else None)
    except (SignatureError, WireError) as error:
        print(error.line())
        return _NOT_GENUINE
    return _GENUINE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
