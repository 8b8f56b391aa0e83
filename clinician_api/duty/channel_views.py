"""One's own channels as JSON: of an address only scheme and host. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from clinician_api.live.views import View, moment
from store.own_channels import ChannelTest, OwnChannel


def channel_view(one: OwnChannel) -> View:
    """An `OwnChannelView`."""
    return {
        "channel_id": str(one.channel_id),
        "kind": one.kind,
        "address": masked(one.host),
        "fingerprint": fingerprint(endpoint_of(one.address)) if one.kind == "web push" else None,
        "label": one.label,
        "tier": one.tier,
        "language": one.language,
        "created_at": moment(one.created_us),
        "tested_at": None if one.tested_us is None else moment(one.tested_us),
        "gone_at": None if one.disabled_us is None else moment(one.disabled_us),
        "gone_why": one.disabled_why,
        "test": None if one.test is None else _test_view(one.test),
    }


def masked(host: str) -> str:
    """What stands for an address, from the receiver as it is stored with a channel: never a key, number or name."""
    if not host:
        return ""
    return f"{host}/…" if "://" in host else f"{host}://…"


def fingerprint(endpoint: str) -> str:
    """SHA-256 of a push endpoint, in hexadecimal: by it a browser finds its own channel."""
    return hashlib.sha256(endpoint.encode()).hexdigest()


def address(endpoint: str, keys: Mapping[str, str]) -> str:
    """A subscription as it is stored: always the same text for the same subscription."""
    return json.dumps({"endpoint": endpoint, "keys": {"p256dh": keys["p256dh"], "auth": keys["auth"]}})


def endpoint_of(stored: str) -> str:
    """Where the pages of a web push channel's address go; empty for what is none. A secret."""
    try:
        return str(json.loads(stored)["endpoint"])
    except (ValueError, KeyError, TypeError):
        return ""


def _test_view(test: ChannelTest) -> View:
    return {
        "state": test.state,
        "attempts": test.attempts,
        "queued_at": moment(test.queued_us),
        "changed_at": moment(test.changed_us),
        "waiting": test.waiting,
        "detail": test.detail,
    }
