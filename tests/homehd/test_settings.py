"""Environment before file before default; what is wrong is named without its secrets."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from homehd import settings
from telemetry.disk_limits import Limits
from telemetry.errors import SettingsError

NAMES = (
    "HOMEHD_HL7",
    "HOMEHD_HL7_SENDER",
    "HOMEHD_HOME",
    "HOMEHD_DATABASE",
    "HOMEHD_DATABASE_FOLDERS",
    "HOMEHD_BROKER",
    "HOMEHD_API_HOST",
    "HOMEHD_API_PORT",
)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def load(config: Path | None = None) -> settings.ServerSettings:
    return settings.load(argparse.Namespace(config=config))


def test_defaults_are_the_contract() -> None:
    loaded = load()
    assert (loaded.api_host, loaded.api_port, loaded.database, loaded.broker) == ("127.0.0.1", 8080, None, None)
    assert loaded.home_path == Path("~/.local/share/homehd").expanduser()


def test_the_environment_overrides_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "server.toml"
    config.write_text('api_port = 9000\napi_host = "127.0.0.2"\nbroker = "mqtt://file:1883"\n')
    monkeypatch.setenv("HOMEHD_API_PORT", "9001")
    monkeypatch.setenv("HOMEHD_BROKER", "mqtts://environment:8883")
    loaded = load(config)
    assert (loaded.api_host, loaded.api_port, loaded.broker) == ("127.0.0.2", 9001, "mqtts://environment:8883")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOMEHD_API_PORT", "99999"),
        ("HOMEHD_API_PORT", "-1"),
        ("HOMEHD_DATABASE", "mysql://root:hunter2@db/x"),
        ("HOMEHD_BROKER", "mqtt://host:notaport"),
        ("HOMEHD_HL7", "mllp://hunter2"),
        ("HOMEHD_HL7", "emr="),
        ("HOMEHD_HL7", "emr=mllp://a emr=mllp://b"),
    ],
)
def test_what_cannot_be_is_refused_without_showing_a_password(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load()
    assert "hunter2" not in caught.value.line()


def test_the_disk_of_the_database_is_known_where_it_is_ours_or_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().data_folders == (load().home_path / "postgres",)
    monkeypatch.setenv("HOMEHD_DATABASE", "postgresql://db/x")
    assert load().data_folders == (), "it may be anywhere"
    monkeypatch.setenv("HOMEHD_DATABASE_FOLDERS", "/var/lib/postgresql:/wal:")
    assert load().data_folders == (Path("/var/lib/postgresql"), Path("/wal"))


def test_limits_of_that_disk_have_to_make_sense() -> None:
    assert settings.ServerSettings(database_disk_low=0.3).disk_limits == Limits(0.3, 0.05)
    with pytest.raises(SettingsError, match="database_disk_low"):
        _ = settings.ServerSettings(database_disk_low=0.01).disk_limits


def test_other_systems_are_named_in_the_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    config = tmp_path / "server.toml"
    config.write_text('hl7_health_port = 9105\n[hl7]\nemr = "mllp://file"\n')
    assert load(config).hl7 == {"emr": "mllp://file"} and load(config).hl7_health_port == 9105
    monkeypatch.setenv("HOMEHD_HL7", " lab=mllps://lab:6661?send=alerts&clinic=A=B  emr=mllp://10.0.0.7 ")
    assert load(config).hl7 == {"lab": "mllps://lab:6661?send=alerts&clinic=A=B", "emr": "mllp://10.0.0.7"}


def test_a_named_broker_and_database_are_used_as_they_are() -> None:
    loaded = settings.ServerSettings(database="postgresql://db/x", broker="mqtt://broker:1883")
    with settings.services(loaded) as where:
        assert (where.database_url, where.broker_url) == ("postgresql://db/x", "mqtt://broker:1883")


def test_the_kind_of_the_embedded_broker_can_be_named(tmp_path: Path) -> None:
    loaded = settings.ServerSettings(home=str(tmp_path), broker="embedded:nats")
    with settings.broker(loaded) as url:
        assert url.startswith("mqtt://127.0.0.1:")
        assert "jetstream" in (tmp_path / "broker" / "broker.conf").read_text()
    with (
        pytest.raises(SettingsError, match="embedded brokers: nats, mosquitto"),
        settings.broker(settings.ServerSettings(home=str(tmp_path), broker="embedded:kafka")),
    ):
        pass
