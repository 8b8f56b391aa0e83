"""Browsers that people are reached by: their subscriptions, and the key they are made for."""

from __future__ import annotations

import secrets
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec

from notifier.channels import vapid
from store import push_key
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import Api
from tests.notifier.push_stand_in import point, text

PRIVATE: Final = ec.generate_private_key(ec.SECP256R1())
KEY: Final = vapid.public_text(PRIVATE)


def subscription(endpoint: str = "", **changes: Any) -> dict[str, Any]:
    """A body for POST /api/me/channels, of a browser of its own unless `endpoint` names one."""
    keys = {
        "p256dh": text(point(ec.generate_private_key(ec.SECP256R1()).public_key())),
        "auth": text(secrets.token_bytes(16)),
    }
    endpoint = endpoint or f"https://push.example.net/{secrets.token_hex(8)}"
    return {"endpoint": endpoint, "keys": keys, "push_key": KEY, "label": "Phone", "language": "en", **changes}


SUBSCRIPTION: Final = subscription()


def set_up(api: Api, key: str = KEY) -> None:
    """What a notifier does when it starts: it says which key browsers subscribe to."""
    with api.database() as conn:
        push_key.publish(conn, key, SystemClock().now_us())
