"""Signs remote configurations. Keys and settings in, a message out; the box checks it (`edge_agent.signature`)."""

from __future__ import annotations

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from telemetry import wire
from telemetry.messages import SCHEMA_VERSION, SignedConfig


def sign(
    key: ec.EllipticCurvePrivateKey, signer: x509.Certificate, unit: str, serial: int, settings: bytes
) -> SignedConfig:
    """The configuration of one unit, signed; WireError when it is too large to travel."""
    unsigned = SignedConfig(
        version=SCHEMA_VERSION,
        unit=unit,
        serial=serial,
        settings=settings,
        signature=b"",
        signer=signer.public_bytes(serialization.Encoding.DER),
    )
    signature = key.sign(wire.signed_part(unsigned), ec.ECDSA(hashes.SHA256()))
    signed = msgspec.structs.replace(unsigned, signature=signature)
    wire.decode_config(wire.encode(signed))
    return signed
