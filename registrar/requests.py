"""Requests for certificates (PKCS #10): what is taken of them is the public key, and nothing else.

The name must be the unit's own, so that a mix-up is found here and not at the broker; extensions are not looked at.
"""

from __future__ import annotations

from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from telemetry import wire
from telemetry.errors import HomehdError

# A P-256 request with one name is 0.25 kB.
MAX_BYTES: Final = 2048


class RequestError(HomehdError):
    """A request we issue nothing for."""


def public_key(request: bytes, unit: str) -> ec.EllipticCurvePublicKey:
    """The checked public key of a request in DER; RequestError with the reason for anything but P-256 of this unit."""
    if len(request) > MAX_BYTES:
        raise _refused(f"{len(request)} bytes", f"at most {MAX_BYTES}")
    try:
        parsed = x509.load_der_x509_csr(request)
        key = parsed.public_key()
        signed = parsed.is_signature_valid
        names = [(attribute.oid, attribute.value) for attribute in parsed.subject]
    except (x509.InvalidVersion, ValueError, UnsupportedAlgorithm, TypeError) as error:
        raise _refused(f"{len(request)} bytes", "not a PKCS #10 request") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise _refused("key", "only P-256 keys are taken")
    if not signed:
        raise _refused("signature", "not signed by its own key")
    if names != [(NameOID.COMMON_NAME, unit)]:
        raise _refused("name", f"expected exactly CN={unit}")
    return key


def is_proven(certificate: str, unit: str, request: bytes, proof: bytes) -> bool:
    """Whether the key of this certificate (PEM) signed this unit's request for the next one."""
    try:
        key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        key.verify(proof, wire.proven_part(unit, request), ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, x509.InvalidVersion, ValueError, UnsupportedAlgorithm, TypeError):
        return False
    return True


def _refused(subject: str, hint: str) -> RequestError:
    return RequestError("check certificate request", subject, hint=hint)
