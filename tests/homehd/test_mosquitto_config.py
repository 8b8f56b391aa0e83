"""What is generated is what is checked in, says what it must, and refuses a plan that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from homehd import mosquitto_config
from homehd.mosquitto_config import ACL_HOMES, ACL_SERVICES, CONFIG, RIGHTS, SERVICES, Plan
from telemetry import topics, wire
from telemetry.errors import SettingsError

EXAMPLE = Path(__file__).parents[2] / "deploy" / "mosquitto"
PLAN = Plan(Path("/etc/homehd/broker"), crl_file="/var/lib/homehd-broker/crl.pem")


def listeners(text: str) -> list[dict[str, str]]:
    """The two doors' settings."""
    doors: list[dict[str, str]] = []
    for line in text.splitlines():
        key, _, value = line.partition(" ")
        if key == "listener":
            doors.append({})
        if doors and key and key != "#":
            assert key not in doors[-1], "Mosquitto takes the last of two without a word"
            doors[-1][key] = value
    return doors


def test_the_example_in_deploy_is_what_is_generated() -> None:
    for name, text in mosquitto_config.files(PLAN).items():
        assert (EXAMPLE / name).read_text() == text, f"regenerate deploy/mosquitto/{name} (docs/operations/broker.md)"


def test_the_homes_door_takes_certificates_and_the_services_door_passwords() -> None:
    homes, services = listeners(mosquitto_config.files(PLAN)[CONFIG])
    assert homes["tls_version"] == "tlsv1.3" and homes["crlfile"] == "/var/lib/homehd-broker/crl.pem"
    for key in ("require_certificate", "use_identity_as_username", "use_username_as_clientid"):
        assert homes[key] == "true" and key not in services
    assert services["listener"] == "1884 127.0.0.1" and "certfile" not in services
    assert homes["allow_anonymous"] == services["allow_anonymous"] == "false"
    assert homes["acl_file"] != services["acl_file"]


@pytest.mark.parametrize(
    ("host", "tls"), [("127.0.0.1", False), ("::1", False), ("localhost", False), ("10.0.0.5", True)]
)
def test_away_from_loopback_the_services_door_is_tls(host: str, tls: bool) -> None:
    plan = Plan(Path("/b"), services_host=host)
    assert plan.services_tls is tls
    services = listeners(mosquitto_config.files(plan)[CONFIG])[1]
    assert services.get("tls_version") == ("tlsv1.3" if tls else None)


def test_every_limit_leaves_room_for_what_is_ours() -> None:
    assert wire.MAX_BYTES < mosquitto_config.MAX_PACKET_BYTES
    homes, _ = listeners(mosquitto_config.files(Plan(Path("/b"), homes=5000))[CONFIG])
    assert int(homes["max_connections"]) > 2 * 5000


def test_rights_are_given_to_those_asked_for_only() -> None:
    assert "simulator" in RIGHTS and "simulator" not in SERVICES
    text = mosquitto_config.files(PLAN)[ACL_SERVICES]
    assert [line for line in text.splitlines() if line.startswith("user")] == [f"user {name}" for name in SERVICES]
    assert all(
        line.split()[0] in ("#", "pattern", "") for line in mosquitto_config.files(PLAN)[ACL_HOMES].splitlines() if line
    )
    with pytest.raises(SettingsError, match="nobody"):
        mosquitto_config.files(PLAN, ["nobody"])


def test_a_home_writes_on_as_many_topics_as_there_are_shards_and_ways() -> None:
    lines = mosquitto_config.files(PLAN)[ACL_HOMES].splitlines()
    writes = [line for line in lines if line.startswith("pattern write")]
    assert len(set(writes)) == len(writes) == topics.SHARDS * 3
    assert not [line for line in writes if "+" in line or "#" in line], "each would be room without a limit"
    assert {line.removeprefix("pattern write ").replace("%u", "box-a") for line in writes} == {
        topics.home(shard, "box-a", way) for shard in range(topics.SHARDS) for way in mosquitto_config.WAYS_UP
    }
    assert mosquitto_config.RETAINED_PER_HOME_BYTES <= 24 * 1024 * 1024, "docs/operations/broker.md says so"


@pytest.mark.parametrize(
    "wrong",
    [
        {"homes_port": 0},
        {"services_port": 70000},
        {"homes": 0},
        {"services_host": ""},
        {"user": "a\nallow_anonymous true"},
        {"crl_file": "a\rb"},
        {"homes_host": "1.2.3.4\n"},
    ],
)
def test_a_plan_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match="generate broker configuration"):
        mosquitto_config.files(Plan(Path("/b"), **wrong))  # type: ignore[arg-type]
