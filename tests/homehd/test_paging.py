"""Settings become channels and pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from homehd import paging
from homehd.settings import ServerSettings
from notifier.channels import Unreachable, vapid
from telemetry.clock import SystemClock
from telemetry.errors import SettingsError
from tests.notifier.http_sink import http_sink
from tests.notifier.pages import TIMEOUT_S, page
from tests.notifier.push_stand_in import push_stand_in


def test_web_push_works_when_there_is_a_contact(tmp_path: Path) -> None:
    loaded = ServerSettings(home=str(tmp_path), push_contact="mailto:a@b.org", channel_networks=["127.0.0.0/8"])
    channels = paging.channels(loaded, SystemClock())
    with push_stand_in() as service:
        service.wanted_key = vapid.public_text(vapid.load_or_create(tmp_path / "vapid.pem"))
        channels.send(service.subscription, page(), TIMEOUT_S)
        assert len(service.pushes) == 1


def test_without_one_no_key_is_made(tmp_path: Path) -> None:
    paging.channels(ServerSettings(home=str(tmp_path)), SystemClock())
    assert list(tmp_path.iterdir()) == []


def test_the_api_judges_addresses_without_the_private_key(tmp_path: Path) -> None:
    loaded = ServerSettings(home=str(tmp_path), push_contact="mailto:a@b.org", channel_networks=["127.0.0.0/8"])
    judge = paging.push_addresses(loaded, SystemClock())
    with push_stand_in() as service:
        judge.check(service.subscription)
        with pytest.raises(Unreachable, match="not set up"):
            judge.send(service.subscription, page(), TIMEOUT_S)
    assert list(tmp_path.iterdir()) == [], "no key was made or read"
    assert paging.public_key(ServerSettings(home=str(tmp_path))) == ""
    assert paging.public_key(loaded) == vapid.public_text(vapid.load_or_create(tmp_path / "vapid.pem"))


def test_this_server_is_reached_only_when_settings_allow_it(tmp_path: Path) -> None:
    channels = paging.channels(ServerSettings(home=str(tmp_path)), SystemClock())
    with http_sink() as sink, pytest.raises(Unreachable, match="this server itself"):
        channels.send(f"json://localhost:{sink.port}/", page(), TIMEOUT_S)
    with pytest.raises(SettingsError, match="channel_networks"):
        paging.channels(ServerSettings(home=str(tmp_path), channel_networks=["localhost"]), SystemClock())


def test_the_key_may_be_elsewhere(tmp_path: Path) -> None:
    assert paging.key_path(ServerSettings(home=str(tmp_path))) == tmp_path / "vapid.pem"
    assert paging.key_path(ServerSettings(vapid_key="~/push.pem")) == Path.home() / "push.pem"


def test_the_site() -> None:
    assert paging.site(ServerSettings()).address("x") == ""
    site = paging.site(ServerSettings(dashboard_url="https://hd.example.org", page_label="Unit B"))
    assert (site.address("x"), site.label) == ("https://hd.example.org/x", "Unit B")
    with pytest.raises(SettingsError, match="dashboard_url"):
        paging.site(ServerSettings(dashboard_url="hd.example.org"))
