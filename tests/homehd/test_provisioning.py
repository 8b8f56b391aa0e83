"""What a new or replaced home gets, on a real database."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent import config as edge_config
from homehd import provisioning
from homehd.settings import ServerSettings
from registrar import identities
from registrar.authority import Authority
from store import certificates, pool, registry
from store.pool import Connection
from telemetry import enrolment
from telemetry.errors import HomehdError, SettingsError

NOW_US = 1_750_000_000_000_000
BROKER = "mqtts://broker.example.org:8883"
LOADED = ServerSettings(registrar_url="https://enrol.example.org:8443")


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    with pool.connect(database_url) as connection:
        yield connection


@pytest.fixture
def unit(conn: Connection) -> registry.Unit:
    return registry.add_unit(conn, "Home of Mrs. Example", "North", NOW_US)


@pytest.fixture
def authority(conn: Connection, tmp_path: Path) -> Authority:
    return identities.make_authority(conn, tmp_path / "ca", NOW_US)


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    provisioning.add_arguments(parser)
    return parser.parse_args(words)


def test_a_plain_broker_gets_a_configuration_and_no_code(conn: Connection, unit: registry.Unit) -> None:
    agent = provisioning.agent(unit, "mqtt://127.0.0.1:1883", options())
    text = provisioning.with_code(conn, LOADED, agent, NOW_US)
    read = tomllib.loads(text)
    assert (read["unit"], read["shard"], read["outbox"]["path"]) == (unit.name, unit.shard, "outbox.sqlite")
    assert "uplink" not in read and "homehd-enrol" not in text
    assert certificates.newest_settings(conn, unit.unit_id) is None


def test_a_broker_with_tls_gets_a_code_that_fits(conn: Connection, unit: registry.Unit, authority: Authority) -> None:
    agent = provisioning.agent(unit, BROKER, options("--port", "/dev/serial/by-id/x"))
    text = provisioning.with_code(conn, LOADED, agent, NOW_US)
    code = enrolment.parse(text.split("'")[1])
    assert (code.where, code.unit) == ("enrol.example.org:8443", unit.name)
    assert code.fingerprint == authority.fingerprint
    stored = certificates.code(conn, code.digest)
    assert stored is not None and stored.settings in text and code.secret not in stored.settings
    sent = edge_config.parse(stored.settings)
    assert sent == agent == edge_config.parse(text), "what is printed is a configuration too"
    assert sent.uplink.cert_file == sent.uplink.key_file == "identity.pem"
    assert sent.outbox.path == "/var/lib/homehd/outbox.sqlite"
    assert "Example" not in text


def test_what_is_ours_does_not_go_to_a_home(unit: registry.Unit) -> None:
    for url, public in (
        ("mqtts://ingest:secret@broker.example.org:8884?ca_file=/etc/x.pem", "mqtts://broker.example.org:8884"),
        ("mqtt://ingest:secret@[fd00::1]:1884", "mqtt://[fd00::1]:1884"),
        ("mqtts://broker.example.org", "mqtts://broker.example.org"),
    ):
        assert provisioning.agent(unit, url, options()).broker == public


def test_a_replaced_box_gets_what_the_old_one_had(conn: Connection, unit: registry.Unit, authority: Authority) -> None:
    first = provisioning.agent(unit, BROKER, options("--profile", "toray-tr8000", "--outbox", "/data/o.sqlite"))
    provisioning.with_code(conn, LOADED, first, NOW_US)
    before = provisioning.settings_before(conn, unit)
    assert provisioning.agent(unit, "mqtts://other.example.org", options(), before) == first
    changed = provisioning.agent(unit, BROKER, options("--port", "/dev/ttyS1", "--broker", "mqtts://new:1"), before)
    assert (changed.machine.profile, changed.machine.port) == ("toray-tr8000", "/dev/ttyS1")
    assert (changed.broker, changed.outbox.path) == ("mqtts://new:1", "/data/o.sqlite")


def test_changes_are_tried_on_what_the_box_was_given(
    conn: Connection, unit: registry.Unit, authority: Authority, tmp_path: Path
) -> None:
    provisioning.with_code(conn, LOADED, provisioning.agent(unit, BROKER, options()), NOW_US)
    file = tmp_path / "changes.toml"
    for text, nothing in (("", True), ("# nothing\n[machine]\n", True), ("[machine]\npoll_s = 2.0\n", False)):
        file.write_text(text)
        assert provisioning.checked_changes(conn, unit, file) == text
        assert provisioning.changes_nothing(text) is nothing
    for text, complaint in (
        ('broker = "mqtt://u:secret@b.example.org"', "may not go back to a broker without TLS"),
        ('broker = "http://x"', "broker.*mqtt://host"),
        ("broker = 1", "str"),
        ("broker", "their text"),
    ):
        file.write_text(text)
        with pytest.raises(SettingsError, match=complaint) as caught:
            provisioning.checked_changes(conn, unit, file)
        assert "secret" not in caught.value.line()
    file.write_text('broker = "mqtts://other.example.org"')
    assert provisioning.checked_changes(conn, unit, file)


def test_what_is_missing_is_named(conn: Connection, unit: registry.Unit, tmp_path: Path) -> None:
    agent = provisioning.agent(unit, BROKER, options())
    with pytest.raises(HomehdError, match="there is no authority yet – run `homehd registrar init`"):
        provisioning.with_code(conn, LOADED, agent, NOW_US)
    identities.make_authority(conn, tmp_path / "ca", NOW_US)
    with pytest.raises(SettingsError, match="HOMEHD_REGISTRAR_URL"):
        provisioning.with_code(conn, ServerSettings(), agent, NOW_US)
    for wrong in ("http://x:1", "https://", "https://x:port", "https://x/path", "x:8443", "https://u@x"):
        with pytest.raises(SettingsError, match="registrar_url"):
            provisioning.with_code(conn, ServerSettings(registrar_url=wrong), agent, NOW_US)


def test_the_registrars_names() -> None:
    assert provisioning.registrar_names(ServerSettings()) == ("localhost", "127.0.0.1")
    loaded = ServerSettings(registrar_url="https://[fd00::1]:8443", registrar_names=["enrol.example.org", "localhost"])
    assert provisioning.registrar_names(loaded) == ("fd00::1", "enrol.example.org", "localhost", "127.0.0.1")
