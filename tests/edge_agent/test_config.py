"""A configuration is right as a whole or refused with its place and the rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

import edge_agent
from edge_agent import config
from telemetry.broker_address import BrokerAddress
from telemetry.errors import SettingsError

SAMPLE = Path(edge_agent.__file__).with_name("sample.toml")


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(old: str = "", new: str = "") -> Path:
        text = SAMPLE.read_text("utf-8")
        assert old in text
        path = tmp_path / "edge.toml"
        path.write_text(text.replace(old, new, 1) if old else text, "utf-8")
        return path

    return write


def test_the_sample_is_a_configuration_and_says_the_defaults() -> None:
    loaded = config.load(SAMPLE)
    assert loaded.outbox.path == str(SAMPLE.parent / "outbox.sqlite")
    assert loaded.uplink == config.UplinkSettings()
    assert loaded.outbox.max_bytes == config.OutboxSettings("x").max_bytes
    assert loaded.machine.poll_s == config.MachineSettings("p", "p", "p").poll_s


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("shard = 17", "shrad = 17", r"edge\.toml:\d+.*shrad"),
        ("poll_s = 1.0", "pol_s = 1.0", r"edge\.toml:\d+.*pol_s"),
        ("shard = 17", "shard = 64", r"edge\.toml:\d+"),
        ("shard = 17", 'shard = "x"', r"edge\.toml:\d+"),
        ('unit = "k7m2qx4d"', 'unit = "K7+"', "2…32 of a-z"),
        ('protocol = "jsdt"', 'protocol = "modbus"', "known: .*jsdt"),
        ('profile = "v1"', 'profile = "v9"', "known: .*nikkiso-v2"),
        ('port = "/dev/ttyUSB0"', 'port = ""', "machine.port"),
        ('path = "outbox.sqlite"', 'path = ""', "outbox.path"),
        ("poll_s = 1.0", "poll_s = 0.0", "poll_s"),
        ('clock = "auto"', 'clock = "maybe"', "clock"),
        ("qos = 0", "qos = 2", "qos"),
        ('username = ""', 'username = "u"', "both or neither"),
        ('ca_file = ""', 'ca_file = "/no/such/file"', "no such file"),
        ('broker = "mqtt://127.0.0.1:1883"', 'broker = "http://x"', "mqtt://host"),
        ("[machine]", "[machine", r"edge\.toml"),
        ('cert_file = ""', 'cert_file = "/dev/null"', "both or neither"),
        ('key_file = ""', 'key_file = "/no/such/key"', "both or neither"),
        ('ca_file = ""', 'ca_file = "edge.toml"', "mqtts"),
        ('listen = ""', 'listen = "8081"', "host:port"),
        ("max_days = 30.0", "max_days = 0", r"edge\.toml:\d+"),
        ("[uplink]", '[gateway]\nbroker = "http://x"\n\n[uplink]', "gateway.broker"),
        ("[uplink]", '[gateway]\nbroker = "mqtt://x"\ntopic = ""\n\n[uplink]', "gateway.topic"),
        ("[uplink]", '[gateway]\nbroker = "mqtt://x"\npassword = "p"\n\n[uplink]', "gateway.username"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place_and_the_rule(written: Any, old: str, new: str, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint) as caught:
        config.load(written(old, new))
    assert caught.value.exit_code == 2
    assert "\n" not in caught.value.line()


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("/", "no regular file"), ("/dev/null", "no regular file"), (".", "no regular file"),
        ("edge.toml/outbox.sqlite", "edge.toml is not a folder"),
        ("o" * 300, "too long"), ("o\\u0000", "null character"),
    ],
)  # fmt: skip
def test_an_outbox_that_could_be_no_file_is_refused_and_nothing_is_left(
    written: Any, path: str, complaint: str
) -> None:
    file = written('path = "outbox.sqlite"', f'path = "{path}"')
    with pytest.raises(SettingsError, match=f"outbox.path.*{complaint}"):
        config.load(file)
    assert [left.name for left in file.parent.iterdir()] == ["edge.toml"]


def test_an_outbox_may_be_there_or_its_folder_yet_be_made(written: Any) -> None:
    for name in ("outbox.sqlite", "new/folder/outbox.sqlite"):
        file = written('path = "outbox.sqlite"', f'path = "{name}"')
        (file.parent / "outbox.sqlite").write_bytes(b"")
        assert config.load(file).outbox.path == str(file.parent / name)
    assert not (file.parent / "new").exists(), "a check makes nothing"


def test_an_outbox_whose_folder_cannot_be_made_is_refused(written: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # Asked of the kernel for root too, whom no folder's mode keeps out.
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(SettingsError, match=r"outbox\.path.*cannot be made"):
        config.load(written('path = "outbox.sqlite"', 'path = "new/outbox.sqlite"'))
    assert config.load(written()), "the doctor says it of a folder that is there"


def test_an_alias_of_a_profile_will_do(written: Any) -> None:
    assert config.load(written('profile = "v1"', 'profile = "tr8000"')).machine.profile == "tr8000"


def test_the_brokers_address_has_the_uplinks_credentials(written: Any) -> None:
    settings = config.load(written('username = ""\npassword = ""', 'username = "box"\npassword = "secret"'))
    assert config.broker_of(settings) == BrokerAddress("127.0.0.1", 1883, tls=False, username="box", password="secret")


def test_a_box_that_was_not_enrolled_is_told_how(written: Any) -> None:
    path = written('key_file = ""', 'key_file = "key.pem"')
    path.write_text(path.read_text("utf-8").replace('cert_file = ""', 'cert_file = "cert.pem"'), "utf-8")
    with pytest.raises(SettingsError, match="homehd enrol"):
        config.load(path)


def test_a_path_starts_at_the_configurations_folder(written: Any) -> None:
    path = written('broker = "mqtt://', 'broker = "mqtts://')
    path.write_text(path.read_text("utf-8").replace('ca_file = ""', 'ca_file = "ca.pem"'), "utf-8")
    (path.parent / "ca.pem").write_text("")
    assert config.load(path).uplink.ca_file == str(path.parent / "ca.pem")


@pytest.mark.parametrize(
    ("text", "parts"),
    [("127.0.0.1:2575", ("127.0.0.1", 2575)), ("[::1]:0", ("::1", 0)), ("box.local:80", ("box.local", 80))],
)
def test_host_and_port(text: str, parts: tuple[str, int]) -> None:
    assert config.host_and_port("x", text) == parts


@pytest.mark.parametrize("text", ["", "80", ":80", "h:", "h:65536", "h:-1", "h:８"])
def test_no_host_and_port(text: str) -> None:
    with pytest.raises(SettingsError, match="host:port"):
        config.host_and_port("x", text)


@pytest.mark.parametrize("url", ["localhost:1883", "mqtt://u:p@h"])
def test_a_broker_without_a_grammar_or_with_a_password_is_refused(written: Any, url: str) -> None:
    with pytest.raises(SettingsError, match="broker"):
        config.load(written("mqtt://127.0.0.1:1883", url))


@pytest.mark.parametrize(
    ("topic", "good"),
    [
        ("homehd/gateway/#", True), ("#", True), ("+/+", True), ("a//b", True),
        ("a/#/b", False), ("a/b+", False), ("a#", False), ("a/\0", False),
    ],
)  # fmt: skip
def test_a_topic_no_broker_would_take_is_found_before_it_is_asked_for(topic: str, good: bool) -> None:
    base = msgspec.structs.replace(config.load(SAMPLE), gateway=config.GatewaySettings("mqtt://127.0.0.1", topic=topic))
    if good:
        config.check(base)
        return
    with pytest.raises(SettingsError, match=r"gateway\.topic"):
        config.check(base)
