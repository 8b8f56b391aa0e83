"""Channels and pages as settings say: for commands that reach people, and for the API, where addresses are entered."""

from __future__ import annotations

from pathlib import Path

from homehd.settings import ServerSettings
from notifier.channels import Channels, networks, vapid
from notifier.channels.web_push import Sender
from notifier.page import Site
from telemetry.clock import Clock


def channels(loaded: ServerSettings, clock: Clock) -> Channels:
    """All kinds of channels; web push when somebody can be written to about it (`push_contact`).

    SettingsError for networks or a contact that are none, VapidError when the key cannot be had. Makes the key.
    """
    sender = Sender(vapid.load_or_create(key_path(loaded)), loaded.push_contact) if loaded.push_contact else None
    return Channels(networks.parse(loaded.channel_networks), clock, sender)


def push_addresses(loaded: ServerSettings, clock: Clock) -> Channels:
    """For who only looks at addresses that people enter: without the private key, so that nothing can be sent."""
    return Channels(networks.parse(loaded.channel_networks), clock)


def public_key(loaded: ServerSettings) -> str:
    """What browsers subscribe to; empty without `push_contact`. VapidError when it cannot be had. Makes the key."""
    return vapid.public_text(vapid.load_or_create(key_path(loaded))) if loaded.push_contact else ""


def key_path(loaded: ServerSettings) -> Path:
    """Where the key for web push is kept."""
    return Path(loaded.vapid_key).expanduser() if loaded.vapid_key else loaded.home_path / vapid.FILE


def site(loaded: ServerSettings) -> Site:
    """What all pages have in common; SettingsError for a URL or label that is none."""
    return Site(loaded.dashboard_url or "", loaded.page_label)
