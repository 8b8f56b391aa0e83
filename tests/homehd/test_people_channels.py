"""What is recorded of channels; the command is run as a person runs it in test_cli.py."""

from __future__ import annotations

import argparse

import pytest

from homehd import people_channels
from notifier.channels import Channels
from store import accounts, channels, pool
from telemetry.clock import SystemClock
from telemetry.errors import SettingsError
from tests.notifier.pages import LOOPBACK

NOW_US = 1_750_000_000_000_000


def test_who_entered_and_removed_a_channel_is_on_record_without_its_address(database_url: str) -> None:
    ways = Channels(LOOPBACK, SystemClock())
    with pool.connect(database_url) as conn:
        accounts.add_user(
            conn, email="a@b.org", name="A", role="nurse", clinic_id=None, password_hash="x", now_us=NOW_US
        )
        options = argparse.Namespace(email="a@b.org", label=None, second=False, language="en")
        said = people_channels.add(conn, ways, options, "json://127.0.0.1/T0KEN", NOW_US)
        number = int(said.split("\t")[0])
        found = next(one for one in channels.of(conn, [1]) if one.channel_id == number)
        assert (found.kind, found.host, found.label, found.tier) == (
            "apprise", ways.host("json://127.0.0.1/T0KEN"), "json://127.0.0.1/…", 1,
        )  # fmt: skip
        people_channels.remove(conn, number, NOW_US)
        with pytest.raises(SettingsError):
            people_channels.remove(conn, number, NOW_US)
        rows = conn.execute("SELECT action, subject, detail::text FROM audit_event ORDER BY event_id").fetchall()
        assert [(action, subject) for action, subject, _ in rows] == [
            ("add channel", "user:1"), ("remove channel", "user:1"),
        ]  # fmt: skip
        assert all("T0KEN" not in detail for *_, detail in rows)
