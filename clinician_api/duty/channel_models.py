"""Bodies of requests and answers about one's own channels."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from alerts.delivery import DeliveryState
from clinician_api.live.messages import Model

Language = Literal["en", "zh"]


class ChannelTestView(Model):
    """How the newest test of a channel stands."""

    state: DeliveryState
    attempts: int
    queued_at: datetime
    changed_at: datetime
    waiting: bool = Field(description="It is being tried still")
    detail: str = Field(description="What the channel said last; empty when it said nothing")


class OwnChannelView(Model):
    """One way to reach oneself."""

    channel_id: str
    kind: Literal["screen", "web push", "apprise"]
    address: str = Field(description="Scheme and host; the rest is a secret. Empty: of screens")
    fingerprint: str | None = Field(
        description="Of web push: SHA-256 of the endpoint, by which a browser finds its own"
    )
    label: str
    tier: Literal[1, 2] = Field(description="1: used at once; 2: where the first gave no receipt, or time is short")
    language: Language
    created_at: datetime
    tested_at: datetime | None = Field(description="When a test last went all the way")
    gone_at: datetime | None = Field(description="Since when it is not used any more; null while it is in use")
    gone_why: str = Field(description="What its receiver said; empty while it is in use")
    test: ChannelTestView | None


class OwnChannels(Model):
    """One's own channels, oldest first; of those that are gone, the ones of the last days."""

    server_time: datetime
    channels: list[OwnChannelView]


class PushKeys(Model):
    """What a browser gave to encrypt for it."""

    p256dh: str = Field(max_length=100, description="Public key, point of P-256 in base64url")
    auth: str = Field(max_length=40, description="16 bytes in base64url")


class SpeakTo(Model):
    """In which language one wants to be spoken to."""

    language: Language


class AddChannel(Model):
    """A browser's subscription, `PushSubscription.toJSON()`."""

    endpoint: str = Field(max_length=1500)
    keys: PushKeys
    push_key: str = Field(max_length=100, description="The key it was made for, of GET /api/me/push-key")
    label: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="What the person calls this device; null: as the one that it replaces, or its push service",
    )
    language: Language | None = Field(default=None, description="Null: as the one that it replaces, or English")
    replaces: str | None = Field(
        default=None, max_length=64, description="Fingerprint of the channel whose place it takes, if there is one"
    )


class AddedChannel(Model):
    """The channel; the one there was before, when this very subscription is known."""

    channel: OwnChannelView


class RemovedChannel(Model):
    """It is used no more."""

    others: bool = Field(description="Others are reached by the same address: their channel stays")


class PushKey(Model):
    """To which key a browser subscribes."""

    key: str | None = Field(description="`applicationServerKey` in base64url; null: web push is not set up here")
    hint: str = Field(description="What to do about it; empty when there is a key")
