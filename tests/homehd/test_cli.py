"""Bad input gets one clear line and the right exit code; nothing is lost on the way."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from homehd.cli import VERBS
from store import accounts, channels, hl7_destinations, patients, pool, readings, registry
from store.hl7_destinations import Wanted
from store.registry import shard_of
from telemetry.alarms import Priority
from tests import command
from tests.evaluation.treated import START_US, treated
from tests.notifier.http_sink import Behaviour, http_sink
from tests.notifier.smtp_sink import smtp_sink
from tests.notifier.world import build
from tests.store.rows import rows
from tests.system import wait_for

EDGE = """
unit = "h0000000a"
shard = 3
broker = "mqtt://127.0.0.1:1"
[machine]
protocol = "jsdt"
profile = "v1"
port = "/nowhere/ttyUSB0"
[outbox]
path = "outbox.sqlite"
"""


def homehd(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return command.homehd(*words, environment={**elsewhere(), **environment})


def elsewhere() -> dict[str, str]:
    """The environment of a person who has set nothing of ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HOMEHD_")}


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    assert "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("verb", [None, *VERBS])
def test_every_command_has_help(verb: str | None) -> None:
    words = [sys.executable, "-m", "homehd", *([verb] if verb else []), "--help"]
    done = subprocess.run(words, env=elsewhere(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert "usage: homehd" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "usage"),
        (("frobnicate",), "no such command: frobnicate"),
        (("demo", "--homes", "0"), "--homes 0"),
        (("demo", "--homes", "many"), "invalid int value"),
        (("demo", "--minutes", "-1"), "--minutes -1"),
        (("demo", "--minutes", "nan"), "--minutes nan"),
        (("simulate", "fleet", "--homes", "1", "--hz", "1e9"), "--hz 1e+09"),
        (("ingest", "--shards", "5-99"), "5-99"),
        (("decode", "--protocol", "jsdt"), "--profile"),
        (("decode", "--protocol", "morse", "--profile", "v1"), "morse"),
        (("decode", "--protocol", "jsdt", "--profile", "v9"), "v9"),
        (("simulate", "fleet"), "--homes and --units"),
        (("simulate", "machine", "--profile", "v1", "--port", "/tmp/x", "--speed", "0"), "speed 0"),
        (("simulate", "machine", "--protocol", "morse", "--profile", "v1"), "the simulator speaks: jsdt, hl7_dialysis"),
        (("simulate", "machine", "--protocol", "mqtt_gateway", "--profile", "gateway-1"), "--broker"),
        (("simulate", "machine", "--protocol", "gambro_ak", "--profile", "ak-framing"), "--port"),
        (("users", "add", "a@b.example", "--role", "king"), "king"),
        (("users", "add", "a@b.example", "--role", "kiosk"), "kiosk"),
        (("kiosk", "add", "Ward 3"), "--clinic"),
        (("team", "add", "East"), "--clinic"),
        (("hl7", "release"), "NAME"),
        (("hl7", "skip", "all"), "invalid int value"),
        (("team", "member", "East", "n@example.org", "--until", "2026-01-31"), "without zone"),
        (("team", "member", "East", "n@example.org", "--until", "2026-01-31T00:00:00Z", "--out"), "not allowed with"),
        (("rules", "check", "--root", "/nowhere"), "--root DIR"),
        (("rules", "list", "--rules", "/nowhere"), "no *.toml there"),
        (("export", "readings"), "--treatment --unit"),
        (("export", "readings", "--unit", "u"), "--from T"),
        (("export", "readings", "--unit", "u", "--from", "2026-01-31", "--to", "2026-02-01T00:00:00Z"), "without zone"),
        (("export", "readings", "--treatment", "1", "--signals", "temper"), "temper"),
        (("export", "readings", "--treatment", "1", "--format", "xls"), "xls"),
        (("patients", "schedule", "u1", "--reason", "x"), "--at, --zone, --minutes"),
        (("patients", "access", "u1", "port", "--reason", "x"), "'port'"),
        (("patients", "target", "u1", "70", "--reason", "x", "--from", "2026-01-31"), "without zone"),
        (("patients", "target", "u1", "70000", "--reason", "x"), "is it in kg?"),
        (("patients", "measure", "u1", "mood", "7", "--unit", "kg"), "'mood'"),
        (("rota", "rotate", "North", "--anchor", "2026-03-02", "--reason", "x"), "--people --nobody"),
        (("rota", "export", "North", "--weeks", "54"), "1 to 53"),
        (("load", "--days", "0"), "1 to 366"),
        (("replay",), "--input --unit --patient"),
        (("replay", "--input", "x", "--unit", "u1"), "not allowed with"),
        (("replay", "--input", "x", "--with", "R13 high=320"), "--with and --input"),
        (("replay", "--input", "x", "--json"), "goes with --with or --rules"),
        (("replay", "--unit", "u1", "--json"), "goes with --with or --rules"),
        (("replay", "--unit", "u1", "--with", "R13 high=42"), "R13 high: 150 to 600"),
        (("replay", "--unit", "u1", "--with", "R13 high"), "NAME=NUMBER"),
        (("replay", "--unit", "u1", "--with", "R13"), "no limit given"),
        (("replay", "--unit", "u1", "--with", ""), "no such rule on readings; others can be of R01"),
        (("replay", "--unit", "u1", "--with", "R13 high=320", "--with", "R13 medium=280"), "each rule once"),
        (("replay", "--unit", "u1", "--from", "2026-01-31"), "without zone"),
        (("replay", "--patient", "Ann"), "invalid int value"),
        (("calc",), "NAME"),
        (("calc", "ktv"), "'ktv'"),
        (("calc", "urr", "--pre", "70", "--post", "21", "--hours", "4"), "--hours"),
        (("calc", "urr", "--pre", "70"), "--post is missing"),
        (("calc", "urr", "--pre", "70", "--post", "few"), "'few'"),
        (("calc", "ektv", "--spktv", "1.4", "--hours", "4"), "--method"),
        (("calc", "access-flow", "--method", "reversed", "--qb", "300", "--ratio", "0.25", "--k", "1"), "--k"),
        (("calc", "mann-kendall", "--values", "1,,2"), "'1,,2'"),
        (("calc", "run-length", "--method", "on-delay", "--p", "0.1", "--n", "9" * 500), "--n"),
    ],
)
def test_wrong_arguments_exit_2(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = homehd(*words, HOMEHD_HOME=str(tmp_path))
    assert done.returncode == 2
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_key_in_the_agents_configuration_names_its_line(tmp_path: Path) -> None:
    config = tmp_path / "edge.toml"
    config.write_text(EDGE + "colour = 3\n")
    done = homehd("edge", "--config", str(config), "--once-config-check")
    assert done.returncode == 2
    assert f"edge.toml:{(EDGE + 'colour').count(chr(10)) + 1}" in last_line(done)
    assert "colour" in last_line(done)


def test_a_port_that_is_not_there_fails_the_check(tmp_path: Path) -> None:
    config = tmp_path / "edge.toml"
    config.write_text(EDGE)
    done = homehd("edge", "--config", str(config), "--once-config-check")
    assert done.returncode == 1
    assert "/nowhere/ttyUSB0" in last_line(done)


def test_a_right_configuration_passes_the_check(tmp_path: Path) -> None:
    config = tmp_path / "edge.toml"
    config.write_text(EDGE.replace("/nowhere/ttyUSB0", "/dev/null"))
    done = homehd("edge", "--config", str(config), "--once-config-check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "h0000000a" in done.stdout


@pytest.mark.parametrize(
    ("machine", "rest", "where"),
    [
        ('protocol = "jsdt"\nprofile = "v1"\nport = "/dev/null"', "", "on /dev/null"),
        ('protocol = "jsdt"\nprofile = "v1"\nport = "/dev/null"', '[gateway]\nbroker = "mqtt://10.0.0.2"\n',
         "on /dev/null, cuff and scale from mqtt://10.0.0.2"),
        ('protocol = "mqtt_gateway"\nprofile = "gateway-1"', '[gateway]\nbroker = "mqtt://10.0.0.2"\n',
         "on mqtt://10.0.0.2"),
        ('protocol = "hl7_dialysis"\nprofile = "PROFILE"\nport = "/nowhere"\nlisten = "127.0.0.1:2575"', "",
         "on 127.0.0.1:2575"),
    ],
)  # fmt: skip
def test_the_check_says_where_the_machine_is(machine: str, rest: str, where: str, tmp_path: Path) -> None:
    from protocols import ADAPTERS

    config = tmp_path / "edge.toml"
    old = EDGE[EDGE.index("protocol") : EDGE.index("[outbox]")]
    text = EDGE.replace(old, f"{machine}\n") + rest
    config.write_text(text.replace("PROFILE", next(iter(ADAPTERS["hl7_dialysis"].profiles))))
    done = homehd("edge", "--config", str(config), "--once-config-check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(f" {where}\n")


# Not --requeue of /dev/null: with the check broken it would leave its files in /dev.
@pytest.mark.parametrize(
    ("flag", "path"), [("--once-config-check", "/dev/null"), ("--once-config-check", "/"), ("--requeue", "/")]
)
def test_an_outbox_that_is_no_file_is_one_line(flag: str, path: str, tmp_path: Path) -> None:
    config = tmp_path / "edge.toml"
    config.write_text(EDGE.replace("outbox.sqlite", path).replace("/nowhere/ttyUSB0", "/dev/null"))
    done = homehd("edge", "--config", str(config), flag)
    assert done.returncode == 2
    assert "outbox.path" in last_line(done) and "no regular file" in last_line(done)


def test_rows_set_aside_are_sent_once_more(tmp_path: Path) -> None:
    from edge_agent.outbox import Outbox
    from telemetry.messages import Reading

    config = tmp_path / "edge.toml"
    config.write_text(EDGE)
    outbox = Outbox(tmp_path / "outbox.sqlite", now_us=1, max_bytes=1 << 20)
    seqs = outbox.append([Reading(0, 1, 1, 1, 3, {2: -120.0})] * 3, "boot")
    outbox.set_aside([(seqs[0], seqs[1])], "refused")
    in_use = homehd("edge", "--config", str(config), "--requeue")
    assert in_use.returncode == 1
    assert "another agent uses it" in last_line(in_use)
    outbox.close()
    assert homehd("edge", "--config", str(config), "--requeue").stdout == "2 rows will be sent again\n"


def test_a_torn_outbox_met_while_sending_once_more_is_told(tmp_path: Path) -> None:
    config = tmp_path / "edge.toml"
    config.write_text(EDGE)
    (tmp_path / "outbox.sqlite").write_bytes(b"rubbish" * 1000)
    said = homehd("edge", "--config", str(config), "--requeue").stdout.splitlines()
    assert said[0].startswith("0 rows saved from a torn outbox, kept as outbox.sqlite.quarantine-")
    assert said[1:] == ["0 rows will be sent again"]


def test_a_wrong_key_in_the_servers_settings_names_its_line(tmp_path: Path) -> None:
    config = tmp_path / "server.toml"
    config.write_text("api_port = 8080\napi_prot = 1\n")
    done = homehd("api", "--config", str(config), HOMEHD_HOME=str(tmp_path))
    assert done.returncode == 2
    assert "server.toml:2" in last_line(done)


@pytest.mark.parametrize("verb", ["migrate", "ingest", "notify", "api", "users list", "units list"])
def test_a_database_that_is_not_there_is_one_line(verb: str, tmp_path: Path) -> None:
    url = "postgresql://homehd:secret-word@127.0.0.1:1/homehd"
    done = homehd(*verb.split(), HOMEHD_HOME=str(tmp_path), HOMEHD_DATABASE=url, HOMEHD_BROKER="mqtt://127.0.0.1:1")
    assert done.returncode == 1
    assert "127.0.0.1" in last_line(done)
    assert "secret-word" not in done.stderr + done.stdout


def test_the_doctor_exits_1_when_a_part_is_in_trouble(tmp_path: Path) -> None:
    environment = {"HOMEHD_HOME": str(tmp_path), "HOMEHD_BROKER": "mqtt://127.0.0.1:1"}
    done = homehd("doctor", HOMEHD_DATABASE="postgresql://127.0.0.1:1/x", **environment)
    assert done.returncode == 1
    assert "fail  broker" in done.stdout
    assert "fail  database" in done.stdout
    assert "Traceback" not in done.stderr


def test_an_empty_database_asks_for_migrate(database_url: str, tmp_path: Path) -> None:
    from store import pool

    with pool.connect(database_url) as conn:
        conn.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    done = homehd("units", "list", HOMEHD_HOME=str(tmp_path), HOMEHD_DATABASE=database_url)
    assert done.returncode == 1
    assert "homehd migrate" in last_line(done)


@pytest.mark.parametrize(
    ("name", "value"),
    [("HOMEHD_API_PORT", "eighty"), ("HOMEHD_API_PORT", "99999"), ("HOMEHD_BROKER", "http://x"), ("HOMEHD_DATABASE", "mysql://x"),
     ("HOMEHD_BROKER", "embedded:kafka")],
)  # fmt: skip
def test_wrong_environment_exits_2(name: str, value: str, tmp_path: Path) -> None:
    done = homehd("api", **{"HOMEHD_HOME": str(tmp_path), name: value})
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_unit_its_configuration_and_its_revocation(database_url: str, tmp_path: Path) -> None:
    environment = {"HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url, "HOMEHD_BROKER": "mqtt://127.0.0.1:1"}
    added = homehd("units", "add", "Home of Anna's", "--clinic", "North", "--port", "/dev/null", **environment)
    assert added.returncode == 0, added.stderr
    config = tmp_path / "edge.toml"
    config.write_text(added.stdout)
    assert homehd("edge", "--config", str(config), "--once-config-check").returncode == 0
    listed = homehd("units", "list", **environment).stdout
    unit = listed.split("\t")[0]
    assert f'unit = "{unit}"' in added.stdout
    assert listed.split("\t")[2:4] == ["active", "North"]
    assert homehd("units", "revoke", unit, **environment).returncode == 0
    assert "revoked" in homehd("units", "list", **environment).stdout
    unknown = homehd("units", "revoke", "nobody", **environment)
    assert unknown.returncode == 1
    assert "nobody" in last_line(unknown)


def test_a_unit_with_a_profile_nobody_knows_is_not_provisioned(database_url: str, tmp_path: Path) -> None:
    environment = {"HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url, "HOMEHD_BROKER": "mqtt://127.0.0.1:1"}
    done = homehd("units", "add", "X", "--profile", "abacus", **environment)
    assert done.returncode == 2
    assert homehd("units", "list", **environment).stdout == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [((" ",), "NAME is empty"), (("a\x1b[2J",), "NAME with U+001B"), (("a" * 5000,), "NAME of 5000 characters"),
     (("Home 1", "--clinic", ""), "--clinic is empty"), (("Home 1", "--clinic", "N\u202e"), "--clinic with U+202E")],
)  # fmt: skip
def test_a_name_nobody_could_read_makes_no_unit(
    words: tuple[str, ...], said: str, database_url: str, tmp_path: Path
) -> None:
    environment = {"HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url, "HOMEHD_BROKER": "mqtt://127.0.0.1:1"}
    done = homehd("units", "add", *words, **environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in last_line(done) and len(done.stderr.splitlines()) == 1
    assert homehd("units", "list", **environment).stdout == ""


def test_a_second_home_of_one_name_is_refused_and_old_names_are_listed_on_a_line(
    database_url: str, tmp_path: Path
) -> None:
    environment = {"HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url, "HOMEHD_BROKER": "mqtt://127.0.0.1:1"}
    with pool.connect(database_url) as conn:
        registry.add_unit(conn, "Home\t1\n\x1b[2J", "No\u202erth", 1, name="h1")
    assert homehd("units", "add", "Home 1", "--clinic", "South", **environment).returncode == 0
    again = homehd("units", "add", "Home 1", "--clinic", "South", **environment)
    assert again.returncode == 1 and "name this one otherwise" in last_line(again)
    assert homehd("units", "add", "Home 1", **environment).returncode == 0
    listed = homehd("units", "list", **environment).stdout.split("\n")
    assert listed[0].split("\t")[3:5] == [r"No\u202erth", r"Home\t1\n\x1b[2J"]
    assert len(listed) == 4


def test_two_who_name_a_home_alike_at_the_same_time_do_not_both_get_it(database_url: str, tmp_path: Path) -> None:
    environment = {"HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url, "HOMEHD_BROKER": "mqtt://127.0.0.1:1"}
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = %s"
    with pool.connect(database_url) as conn, pool.connect(database_url) as watcher, ThreadPoolExecutor(1) as other:
        (here,) = watcher.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone() or (0,)
        with pool.transaction(conn):
            registry.name_alone(conn)
            assert all(unit.label != "Home 1" for unit in registry.list_units(conn))
            second = other.submit(homehd, "units", "add", "home  1", **environment)
            wait_for("the second", lambda: watcher.execute(waiting, [here]).fetchone() == (1,) or second.done(), 60)
            registry.add_unit(conn, "Home 1", None, 1)
    assert second.result().returncode == 1 and "name this one otherwise" in last_line(second.result())


def test_a_kiosk_is_offered_a_code_listed_and_removed(database_url: str, tmp_path: Path) -> None:
    environment = {"HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url}
    made = homehd("kiosk", "add", "Ward 3", "--clinic", "North", **environment)
    assert made.returncode == 0, made.stderr
    name, code, until = made.stdout.strip().split("\t")
    assert (name, until.split(",")[0]) == ("Ward 3", "good once")
    assert re.fullmatch(r"code: [2-9A-Z]{5}-[2-9A-Z]{5}-[2-9A-Z]{5}", code)
    assert homehd("kiosk", "add", "WARD 3", "--clinic", "North", **environment).returncode == 1, "the name is taken"
    again = homehd("kiosk", "code", "ward 3", **environment)
    assert again.stdout.split("\t")[1] != code
    listed = homehd("kiosk", "list", **environment).stdout.splitlines()
    assert len(listed) == 1
    assert listed[0].startswith("Ward 3\tNorth\tcode waits until ")
    with pool.connect(database_url) as conn:
        (stored,) = conn.execute("SELECT code_hash FROM kiosk").fetchall()[0]
        assert bytes(stored) == hashlib.sha256(again.stdout.split("\t")[1][6:].replace("-", "").encode()).digest()
        conn.execute("UPDATE kiosk SET sound = 'armed', sound_at = now(), armed_at = now()")
    armed = homehd("kiosk", "quiet", "Ward 3", **environment)
    assert (armed.returncode, "turn its sound off" in last_line(armed)) == (1, True)
    with pool.connect(database_url) as conn:
        conn.execute("UPDATE kiosk SET sound = 'off'")
    assert homehd("kiosk", "quiet", "Ward 3", **environment).returncode == 0
    assert homehd("kiosk", "remove", "Ward 3", **environment).returncode == 0
    assert homehd("kiosk", "list", **environment).stdout == ""
    gone = homehd("kiosk", "remove", "Ward 3", **environment)
    assert (gone.returncode, "homehd kiosk list" in last_line(gone)) == (1, True)
    with pool.connect(database_url) as conn:
        deeds = conn.execute("SELECT action, subject FROM audit_event ORDER BY event_id").fetchall()
    assert deeds == [(what, "kiosk:1") for what in ("add kiosk", "offer kiosk code", "quiet kiosk", "remove kiosk")]


def test_an_operator_sees_what_waits_for_another_system_and_lets_it_go_on(database_url: str, tmp_path: Path) -> None:
    environment = {"HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url}

    def hl7(*words: str, code: int = 0) -> str:
        done = homehd("hl7", *words, **environment)
        assert done.returncode == code, (words, done.stderr)
        return done.stdout if code == 0 else last_line(done)

    assert "no destination" in hl7(code=2) and hl7("list") == ""
    with pool.connect(database_url) as conn:
        hl7_destinations.enter(conn, [Wanted("emr", True, 60)], START_US)
        conn.execute(
            """INSERT INTO hl7_message
                (destination, control_id, about, lane, body, queued_at, outcome, attempts, answer)
            SELECT 'emr', n, n, 0, 'x', now(), n, 2, 'AR 204 Unknown' || chr(27)
            FROM unnest(ARRAY['waiting', 'parked']) AS m (n)"""
        )
        conn.execute(
            "UPDATE hl7_destination SET stopped_at = now(), stopped_by = 1, stopped_why = 'AR 204', left_out = 7"
        )
    first, waiting, parked = hl7("list").splitlines()
    assert first.startswith("emr\talerts, readings every 60 s\t1 waiting\t1 parked\tstopped since ")
    assert first.endswith("it refused message 1 (AR 204)\t7 readings left out")
    assert waiting.startswith("emr\t1\twaiting\t") and waiting.endswith("\tsent 2 times\tAR 204 Unknown\\x1b")
    assert parked.startswith("emr\t2\tparked\t")
    assert "homehd hl7 list" in hl7("release", "lab", code=1)
    assert hl7("release", "emr", "--skip") == "emr\tgoes on after message 1\n"
    assert hl7("release", "emr") == "emr\twas not stopped\n"
    assert hl7("resend", "2") == "emr\tmessage 2 goes again\n"
    assert hl7("skip", "2") == "emr\tmessage 2 does not go\n"
    assert "homehd hl7 list" in hl7("skip", "2", code=1)
    assert hl7("list") == "emr\talerts, readings every 60 s\t0 waiting\t0 parked\tgoes on\n"
    assert hl7("retire", "emr") == "emr\tis told no more\n" and hl7("list") == ""
    with pool.connect(database_url) as conn:
        deeds = conn.execute("SELECT actor, action, subject FROM audit_event ORDER BY event_id").fetchall()
    who = f"os:{getpass.getuser()}"
    what = ("release HL7 destination", "resend HL7 message", "skip HL7 message", "retire HL7 destination")
    assert deeds == [(who, one, "hl7:emr") for one in what]


def test_a_team_is_made_filled_shown_and_removed(database_url: str, tmp_path: Path) -> None:
    environment = {"HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url}

    def team(*words: str, code: int = 0) -> str:
        done = homehd("team", *words, **environment)
        assert done.returncode == code, (words, done.stderr)
        return done.stdout.strip() if code == 0 else last_line(done)

    with pool.connect(database_url) as conn:
        for name, patient in (("u-1", "Ann"), ("u-2", None)):
            unit = registry.add_unit(conn, f"Home {name}", "North", START_US, name=name)
            if patient:
                number = patients.add_patient(conn, patient, unit.clinic_id, patients.Prescription())
                patients.bind(conn, unit.unit_id, number, START_US)
        accounts.add_user(
            conn, email="nia@example.org", name="Nia", role="nurse", clinic_id=registry.add_clinic(conn, "South"),
            password_hash="", now_us=START_US,
        )  # fmt: skip
    assert team("add", "East", "--clinic", "North") == "East\tNorth\tadded"
    assert "already" in team("add", "EAST", "--clinic", "North", code=1)
    assert "within 90 days" in team("member", "east", "nia@example.org", code=1)
    assert "within 90 days" in team("member", "east", "nia@example.org", "--until", "2099-01-01T00:00:00Z", code=1)
    until = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%dT00:00:00Z}"
    assert team("member", "east", "NIA@example.org", "--until", until).endswith(until)
    assert "a later end" in team("member", "east", "nia@example.org", "--until", "2020-01-01T00:00:00Z", code=1)
    assert "users list" in team("member", "east", "nobody@example.org", code=1)
    assert "team list" in team("member", "west", "nia@example.org", code=1)
    assert "serves nobody" in team("patient", "east", "u-2", code=1)
    assert team("by-team", "north") == "North\tby team\tin no team, so seen by all: 1\tscreens that show all: 0"
    assert team("patient", "East", "u-1").endswith("is of it")
    homehd("kiosk", "add", "Ward 3", "--clinic", "North", **environment)
    assert team("screen", "East", "ward 3").endswith("this team only")
    assert homehd("kiosk", "list", **environment).stdout.startswith("Ward 3\tNorth, East only\t")
    assert team("list").splitlines() == [
        "East\tNorth\tby team", f"\tmember\tNia\tnia@example.org\tSouth\tuntil {until}", "\tpatient\tAnn",
    ]  # fmt: skip
    assert team("member", "East", "nia@example.org", "--out").endswith("out")
    assert team("patient", "East", "u-1", "--out").endswith("out")
    assert team("list") == "East\tNorth\tby team"
    assert "shows all of its clinic" in team("remove", "East")
    assert team("whole", "North") == "North\tseen as a whole"
    assert "units list" in team("whole", "West", code=1)
    with pool.connect(database_url) as conn:
        deeds = [row[0] for row in conn.execute("SELECT action FROM audit_event ORDER BY event_id").fetchall()]
    assert deeds == [
        "add team", "put team member", "go by team", "add team patient", "add kiosk", "show team on kiosk",
        "remove team member", "remove team patient", "remove team", "go as a whole",
    ]  # fmt: skip


def test_an_account_is_made_once_listed_and_disabled(database_url: str, tmp_path: Path) -> None:
    environment = {"HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url}
    words = ("users", "add", "li@clinic.example", "--role", "nurse", "--clinic", "North", "--name", "Nurse Li")
    made = homehd(*words, **environment)
    assert made.returncode == 0, made.stderr
    assert "password: " in made.stdout
    again = homehd("users", "add", "LI@clinic.example", "--role", "nurse", **environment)
    assert again.returncode == 1
    assert homehd("users", "password", "li@clinic.example", **environment).returncode == 0
    assert homehd("users", "disable", "li@clinic.example", **environment).returncode == 0
    with pool.connect(database_url) as conn:
        accounts.add_user(
            conn, email="old@x", name="Old\u202e\tname", role="nurse", clinic_id=None, password_hash="x", now_us=1
        )  # fmt: skip
    people = [line.split("\t") for line in homehd("users", "list", **environment).stdout.splitlines()]
    assert people[0] == ["li@clinic.example", "nurse", "disabled", "North", "Nurse Li"]
    assert people[1] == ["old@x", "nurse", "active", "-", r"Old\u202e\tname"]
    assert len(people) == 2


def test_passkeys_of_somebody_who_lost_them_are_taken_away_on_record(database_url: str, tmp_path: Path) -> None:
    environment = {"HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url}
    with pool.connect(database_url) as conn:
        user = accounts.add_user(
            conn, email="li@x", name="Li", role="nurse", clinic_id=None, password_hash="x", now_us=1
        )  # fmt: skip
        conn.execute(
            "INSERT INTO passkey (user_id, credential_id, public_key, sign_count, label, added_at)"
            " VALUES (%s, 'c', 'k', 0, 'Key', now())", [user],
        )  # fmt: skip
        conn.execute(
            "INSERT INTO session (token_hash, user_id, created_at, expires_at)"
            " VALUES (sha256('t'), %s, now(), now() + interval '1 hour')", [user],
        )  # fmt: skip
    done = homehd("users", "remove-passkeys", "LI@x", **environment)
    assert (done.returncode, done.stdout) == (0, "LI@x\tpasskeys removed: 1\n"), done.stderr
    assert homehd("users", "remove-passkeys", "nobody@x", **environment).returncode == 1
    with pool.connect(database_url) as conn:
        assert conn.execute("SELECT count(*) FROM passkey").fetchall() == [(0,)]
        deeds = conn.execute("SELECT action, subject, detail ->> 'why' FROM audit_event ORDER BY event_id").fetchall()
        assert deeds == [("remove passkeys", "user:1", None), ("end session", "user:1", "remove passkeys")]


def test_a_patients_care_is_entered_shown_and_on_record(database_url: str, tmp_path: Path) -> None:
    environment = {"HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url}
    with pool.connect(database_url) as conn:
        registry.add_unit(conn, "Home 1", None, 1, name="u1")

    def patients(*words: str) -> subprocess.CompletedProcess[str]:
        return homehd("patients", *words, **environment)

    nobody = patients("target", "u1", "70", "--reason", "x")
    assert nobody.returncode == 1 and "u1 serves nobody" in last_line(nobody)
    wrong = patients("add", "u1", "Ann", "pre_systolic_mmhg=18")
    assert wrong.returncode == 2 and "30 to 300 mmHg" in last_line(wrong)
    assert patients("add", "u1", "Ann", "pre_systolic_mmhg=140").returncode == 0
    again = patients("add", "u1", "Bob")
    assert again.returncode == 1 and "--instead" in last_line(again)
    plan = ("--days", "mon,wed,fri", "--at", "18:00", "--zone", "Europe/Berlin", "--minutes", "240")
    for words in (
        ("schedule", "u1", *plan, "--reason", "as agreed", "--from", "2026-03-02T00:00:00Z"),
        ("access", "u1", "fistula", "--needle", "200:60,300:100,400:150", "--reason", "new needle"),
        ("target", "u1", "70.5", "--reason", "edema"),
        ("prescription", "u1", "prescribed_heparin_ml_h=1.5", "heparin_stop_min=30", "--reason", "bleeds long"),
        ("limits", "u1", "R25", "low_min=15", "--reason", "slow starter"),
        ("measure", "u1", "weight-before", "72.4", "--unit", "kg"),
        ("measure", "u1", "endotoxin", "0.1", "--unit", "EU/mL"),
    ):
        done = patients(*words)
        assert done.returncode == 0, done.stderr
    wrong = patients("measure", "u1", "weight-before", "160", "--unit", "lb")
    assert wrong.returncode == 2 and "entered in kg" in last_line(wrong)
    shown = [line.split("\t") for line in patients("show", "u1").stdout.splitlines()]
    assert [line[0] for line in shown] == [
        "prescription", "schedule", "access", "target weight", "prescription", "prescription", "limits",
    ]  # fmt: skip
    assert shown[1][1] == "from 2026-03-02 00:00 UTC" and shown[6][2] == '{"rule":"R25","limits":{"low_min":15.0}}'
    me = f"os:{getpass.getuser()}"
    assert shown[0][2:] == ['{"item":"pre_systolic_mmhg","value":140.0}', me, "entered with the patient"]
    assert shown[1][3:] == [me, "as agreed"]
    assert shown[5][2:] == ['{"item":"heparin_stop_min","value":30.0}', me, "bleeds long"]
    header, *bands = patients("baseline", "u1").stdout.splitlines()
    assert header.startswith("flow mL/min\ttreatments\tminutes\tvenous mmHg") and bands == []
    with pool.connect(database_url) as conn:
        deeds = conn.execute("SELECT action, subject, detail FROM audit_event ORDER BY event_id").fetchall()
    assert [deed[0] for deed in deeds] == [
        "add patient", "set schedule", "set access", "set target", "set prescription",
        "set limits",
        "enter weight-before", "enter endotoxin",
    ]  # fmt: skip
    assert all((subject, detail) == ("u1", {}) for _, subject, detail in deeds)


def test_load_and_hand_over_of_a_storm(database_url: str, tmp_path: Path) -> None:
    environment = {"HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url}
    now_us = time.time_ns() // 1000 - 60_000_000
    with pool.connect(database_url) as conn:
        told = build(conn, database_url, homes=12)
        told.now_us = now_us
        for home in told.homes:
            told.alert("R13", Priority.MEDIUM, home=home)
        told.alert("R20")
        told.settle()
        told.close()

    def lines(*words: str) -> list[list[str]]:
        done = homehd(*words, **environment)
        assert done.returncode == 0, done.stderr
        return [line.split("\t") for line in done.stdout.splitlines()]

    table = lines("load", "--days", "1", "--clinic", "North")
    assert next(row for row in table if row[0] == "R13")[:3] == ["R13", "-", "12"]
    (anna,) = (row for row in table if row[:2] == ["person", "Anna"])
    assert anna[2] == "13" and "floods: 1" in anna[-1]
    asked = json.loads(homehd("load", "--json", **environment).stdout)
    assert asked["all"]["count"] == 13 and asked["people"][0]["floods"][0]["count"] == 13
    handed = lines("rota", "handover", "--clinic", "North")
    assert len([row for row in handed if row[0] == "OPEN"]) == 13 and handed[1][:3] == ["OPEN", "high", "Home 0"]
    assert handed[-1][:3] == ["next", "NOT COVERED", "North, clinical, primary"]
    handed_json = json.loads(homehd("rota", "handover", "--shift", "last", "--names", "--json", **environment).stdout)
    assert handed_json["alerts"][0] == {
        "priority": "high", "count": 0, "called": 0, "answered": 0, "median_s": None, "worst_s": None,
    }  # fmt: skip
    assert "no-such" in last_line(homehd("rota", "handover", "--clinic", "no-such", **environment))


@pytest.mark.timeout(600)  # some forty commands
def test_a_rota_from_its_beginning_to_its_end(database_url: str, tmp_path: Path) -> None:
    environment = {"HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url}
    with pool.connect(database_url) as conn:
        north = registry.add_clinic(conn, "North")
        patients.add_patient(conn, "P", north, patients.Prescription())
        for name in ("ann", "bob"):
            accounts.add_user(
                conn, email=f"{name}@x", name=name, role="nurse", clinic_id=north, password_hash="x", now_us=1
            )

    def rota(verb: str, *words: str, code: int = 0) -> list[list[str]]:
        why = ("--reason", "as agreed") if verb not in ("show", "check", "accept", "export") else ()
        done = homehd("rota", verb, *words, *why, **environment)
        assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
        return [line.split("\t") for line in (done.stdout + done.stderr).splitlines()]

    assert "there are patients and no rota" in str(rota("check", code=1))
    assert "--zone Mars/Base" in str(rota("add", "North", "--zone", "Mars/Base", code=2))
    assert "of one clinic" in str(rota("add", "-", "--zone", "UTC", code=2))
    rota("add", "North", "--zone", "Europe/Berlin")
    rota("add", "-", "--audience", "technical", "--zone", "UTC")
    assert "add rota" in str(rota("add", "North", "--zone", "UTC", code=1))
    today = datetime.now(UTC).date()
    anchor = ("--anchor", f"{today - timedelta(days=2)}")  # so that the shift that runs ends in five days
    rota("rotate", "North", "--people", "ann@x,bob@x", *anchor)
    untested = [row[2] for row in rota("check", "North", code=1) if "channel" in row[2]]
    assert [what.split()[0] for what in untested] == ["ann", "bob"]
    with pool.connect(database_url) as conn:
        for channel in channels.of(conn, [1, 2]):
            channels.note_tested(conn, channel.channel_id, time.time_ns() // 1000)
    unaccepted = rota("check", code=1)
    assert [row[0] for row in unaccepted] == ["covered", "NOT COVERED", "URGENT", "URGENT"]
    assert "ann has not accepted" in str(unaccepted)
    assert rota("check", "North", code=1)[0][:2] == ["covered", "North, clinical, primary"]
    assert rota("accept", "North", "--person", "ann@x")[0][1:3] == ["ann", "accepted"]
    assert [row[0] for row in rota("check", "North")] == ["covered"]
    assert "--decline" in str(rota("accept", "North", "--person", "ann@x", "--decline", code=2))
    rota("accept", "North", "--person", "ann@x", "--decline", "--reason", "ill")
    rota("check", "North", code=1)
    at = [f"{today + timedelta(days=days)}T12:00" for days in (3, 4, 8)]
    swapped = rota("swap", "North", "--first", at[0], "--second", at[2])
    assert [row[3] for row in swapped] == ["bob", "ann"]
    number = swapped[0][1].removeprefix("swap ")
    assert len(rota("withdraw", "North", number)) == 2
    assert "none of that number" in str(rota("withdraw", "North", number, code=1))
    rota("override", "North", "--nobody", "--from", at[0], "--to", at[1])
    assert "gap from" in rota("show", "North")[0][3]
    file = tmp_path / "north.ics"
    rota("export", "North", str(file))
    assert file.read_text().count("BEGIN:VEVENT") > 12 and "NOT COVERED" in file.read_text()
    rota("add", "North", "--line", "backup", "--zone", "Europe/Berlin")
    first = rota("import", "North", str(file), "--line", "backup")
    assert first[-1][0] == "North, clinical, backup" and first[-1][2:] == ["0 withdrawn", "0 as they were"]
    again = rota("import", "North", str(file), "--line", "backup")
    assert again[-1][1:3] == ["0 new", "0 withdrawn"]
    file.write_text(file.read_text().replace("mailto:bob@x", "mailto:cy@x"))
    assert "nothing was changed" in rota("import", "North", str(file), "--line", "backup", code=1)[-1][0]
    assert rota("import", "North", str(file), "--line", "backup", "--partly")[-1][0] == "North, clinical, backup"
    assert "at most" in str(rota("import", "North", "/dev/zero", code=1))
    rota("end", "-", "--audience", "technical")
    assert [row[1] for row in rota("show") if row[0] == "rota"] == [
        "North, clinical, primary",
        "North, clinical, backup",
    ]
    with pool.connect(database_url) as conn:
        actions = {row[0] for row in conn.execute("SELECT DISTINCT action FROM audit_event")}
    assert actions == {
        "add rota", "set rotation", "accept shift", "decline shift", "swap", "withdraw override", "override",
        "import calendar", "end rota",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("l\u202ei@x.example",), "EMAIL"),
        (("li@x.example", "--name", "Nurse\x1b[2J"), "--name with U+001B"),
        (("li@x.example", "--name", " "), "--name is empty"),
        (("li@x.example", "--clinic", "No\u202erth"), "--clinic with U+202E"),
    ],
)
def test_an_account_nobody_could_read_is_not_made(
    words: tuple[str, ...], said: str, database_url: str, tmp_path: Path
) -> None:
    environment = {"HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url}
    done = homehd("users", "add", *words, "--role", "nurse", **environment)
    assert done.returncode == 2 and said in last_line(done)
    assert homehd("users", "list", **environment).stdout == ""


def test_an_export_is_whole_or_not_there(database_url: str, tmp_path: Path) -> None:
    environment = {"HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url}
    words = ("export", "readings", "--from", "2026-01-31T08:00:00Z", "--to", "2026-02-01T08:00:00+01:00")
    nobody = homehd(*words, "--unit", "nobody", "--output", str(tmp_path / "x.csv"), **environment)
    assert nobody.returncode == 1
    assert "nobody" in last_line(nobody)
    assert list(tmp_path.glob("x.csv*")) == []
    with pool.connect(database_url) as conn:
        unit = registry.add_unit(conn, "Home 1", None, 1, name="h-1")
    empty = homehd(*words, "--unit", unit.name, "--signals", "systolic,machine_mode", **environment)
    assert empty.returncode == 0, empty.stderr
    assert empty.stdout.endswith(",invalid,systolic (mm[Hg]),machine_mode\n")
    assert empty.stdout.count("\n") == 1
    assert last_line(empty) == "0 readings of h-1"
    assert homehd(*words, "--unit", unit.name, "--output", str(tmp_path / "x.csv"), **environment).returncode == 0
    assert [path.name for path in tmp_path.glob("x.csv*")] == ["x.csv"]
    full = homehd(*words, "--unit", unit.name, "--output", "/dev/full/x.csv", **environment)
    assert full.returncode == 1
    assert "Traceback" not in full.stderr


def test_retention_drops_what_it_is_told_to_and_says_so(database_url: str, tmp_path: Path) -> None:
    place = {"HOMEHD_DATABASE": database_url, "HOMEHD_HOME": str(tmp_path)}
    now_us = time.time_ns() // 1000
    old_us = now_us - 50 * 86_400_000_000
    with pool.connect(database_url) as conn:
        # Received now: what claims to lie far ahead of its receipt gets no day of its own.
        readings.copy_readings(conn, replace(rows(1, [old_us, now_us]), received_us=now_us))
    day = datetime.fromtimestamp(old_us / 1e6, UTC).date()
    assert homehd("retention", **place).stdout == "readings are kept for ever\n"
    assert homehd("retention", "--keep-days", "60", **place).stdout == "nothing to drop\n"
    tried = homehd("retention", "--keep-days", "40", "--dry-run", **place)
    assert (tried.returncode, tried.stdout) == (0, f"would drop {day}\n")
    done = homehd("retention", "--keep-days", "40", **place)
    assert (done.returncode, done.stdout) == (0, f"dropped {day}\n")
    with pool.connect(database_url) as conn:
        assert conn.execute("SELECT count(*) FROM reading").fetchone() == (1,)
    for words, said in (
        ("--keep-days 36", "at least 37"),
        ("--keep-days x", "invalid"),
        ("--dry-run", "want --keep-days"),
    ):
        wrong = homehd("retention", *words.split(), **place)
        assert wrong.returncode == 2
        assert said in last_line(wrong)


def test_replay_of_nothing_and_of_nonsense(tmp_path: Path) -> None:
    missing = homehd("replay", "--input", str(tmp_path / "none.jsonl"))
    assert missing.returncode == 1
    assert "none.jsonl" in last_line(missing)
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"t": 1, "unit": "u1", "phase": "TX", "readings": {}}\n{"t": \n')
    done = homehd("replay", "--input", str(broken))
    assert done.returncode == 1
    assert "2" in last_line(done)
    broken.write_bytes(b'{"t": 1, "unit": "\xff"}\n')
    assert homehd("replay", "--input", str(broken)).returncode == 1
    broken.write_text('{"t": 1, "unit": "u1", "phase": "TX", "readings": {"venous_pressure": 400}}\n')
    full = homehd("replay", "--input", str(broken), "--output", "/dev/full")
    assert full.returncode == 1
    assert "Traceback" not in full.stderr


def test_replay_over_stored_treatments_and_with_other_limits_and_rules(database_url: str, tmp_path: Path) -> None:
    environment = {"HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url}
    with pool.connect(database_url) as conn:
        unit = registry.add_unit(conn, "Home 1", None, START_US, name="u1").unit_id
        patient = patients.add_patient(conn, "Ann", None, patients.Prescription())
        patients.bind(conn, unit, patient, START_US - 1)
        for day, level in enumerate((262.0, 150.0, 310.0)):
            treated(conn, unit, day, [150.0] * 100 + [level] * 60)
    span = ("--from", "2025-06-15T00:00:00Z", "--to", "2025-06-18T00:00:00Z")

    def replay(*words: str) -> str:
        done = homehd("replay", *words, **environment)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout

    told = [json.loads(line) for line in replay("--unit", "u1", *span).splitlines()]
    found = [one for one in told if one["state"] == "active" and one["rule"] == "R13"]
    assert [(one["unit"], one["treatment"], one["priority"], one["t"]) for one in found] == [
        ("u1", 1, "medium", START_US // 10**6 + 115),
        ("u1", 3, "high", START_US // 10**6 + 2 * 86_400 + 115),
    ]

    tried = ("--with", "R13 high=320 medium=305")
    first, second, *others = replay("--unit", "u1", *span, *tried).splitlines()
    assert first == "with R13 high=320 medium=305: 1 alert instead of 2 in 3 treatments, 0.13 h"
    assert second == "R13\tVenous pressure high\t2 alerts (evaluated 0.13 h) → 1 alert (evaluated 0.13 h)"
    gone, changed, silence = others
    assert gone.split("\t")[:4] == ["  gone", "2025-06-15T15:08:35Z", "treatment 1", "medium"]
    assert "above 250" in gone
    assert changed.split("\t")[:4] == ["  changed", "2025-06-17T15:08:35Z", "treatment 3", "high → medium"]
    assert "R33" in silence

    whole = json.loads(replay("--patient", str(patient), *span, *tried, "--json"))
    assert (whole["alerts"], whole["treatments"]) == ({"old": 2, "new": 1}, 3)
    assert (whole["from"], whole["to"]) == ("2025-06-15T00:00:00Z", "2025-06-18T00:00:00Z")

    folder = tmp_path / "rules"
    shutil.copytree(Path(__file__).parents[2] / "alerts/rules", folder)
    changed_rule = next(folder.glob("r13_*.toml"))
    changed_rule.write_text(changed_rule.read_text().replace("above = 250", "above = 270"))
    output = tmp_path / "compared.json"
    assert replay("--unit", "u1", *span, "--rules", str(folder), "--json", "--output", str(output)) == ""
    whole = json.loads(output.read_text())
    (venous,) = (one for one in whole["rules"] if one["rule"] == "R13")
    assert (venous["old"]["alerts"], venous["new"]["alerts"], whole["alerts"]) == (2, 1, {"old": 2, "new": 1})
    assert venous["old"]["rule_version"] != venous["new"]["rule_version"]

    for words, said in (
        (("--unit", "u1"), "no treatment that began then"),  # in the last month
        (("--unit", "nobody"), "nobody"),
        (("--patient", "99", *span), "patient 99"),
    ):
        done = homehd("replay", *words, **environment)
        assert (done.returncode, done.stdout) == (1, "")
        assert said in last_line(done)


def test_the_rules_are_listed_and_the_safety_file_checked_and_written(tmp_path: Path) -> None:
    listed = homehd("rules", "list")
    assert listed.returncode == 0
    row = next(line for line in listed.stdout.splitlines() if line.startswith("R13\t"))
    assert re.fullmatch(r"R13\t\d+\.\d+\.\d+\+[0-9a-f]{8}\thigh,medium\tVenous pressure high", row)
    assert homehd("rules", "check").returncode == 0
    root = Path(__file__).parents[2]
    for folder in ("alerts/rules", "alerts/rules_between", "alerts/rules_asked", "docs", "tests", "dashboard/tests"):
        shutil.copytree(root / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    page = tmp_path / "docs/safety/alarms.md"
    page.write_text(page.read_text("utf-8").replace("above 300 mmHg", "above 400 mmHg"), "utf-8")
    stale = homehd("rules", "check", "--root", str(tmp_path))
    assert (stale.returncode, stale.stdout) == (1, "")
    assert re.fullmatch(r"homehd rules: docs/safety/alarms\.md:\d+ – .* run `homehd rules write`", last_line(stale))
    assert homehd("rules", "write", "--root", str(tmp_path)).stdout == "docs/safety/alarms.md\twritten\n"
    assert homehd("rules", "check", "--root", str(tmp_path)).returncode == 0


def test_a_second_demo_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    import fcntl

    (tmp_path / "demo").mkdir()
    with (tmp_path / "demo" / "demo.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = homehd("demo", "--port", "0", HOMEHD_HOME=str(tmp_path))
    assert done.returncode == 1
    assert "another one runs" in last_line(done)


def test_a_reader_that_goes_away_is_no_failure(tmp_path: Path) -> None:
    capture = tmp_path / "capture.bin"
    capture.write_bytes(
        b"K1082A02.50B01.20C00.63D00300E001.0F036.5G014.0H00140I00040J00100K00115a0b0c0d0e0f0g0h03b\r\n" * 5000
    )
    command = f"{sys.executable} -m homehd decode --protocol jsdt --profile v1 {capture} | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.startswith("{")
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("enrol",), "give the whole line"),
        (("enrol", "rubbish"), "read enrolment code"),
        (("enrol", "homehd-enrol:localhost:1,h2.aaaa,bbbb,00000000"), "paste the whole line"),
        (("enrol", "x", "--secret", "y"), "give the whole line"),
        (("enrol", "--registrar", "host:1", "--secret", "h2.short", "--ca-fingerprint", "00"), "unit.secret"),
        (("units", "reenrol"), "ID"),
        (("registrar", "server", "--folder", "/tmp/x"), "NAME"),
    ],
)
def test_wrong_words_about_identity_exit_2(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = homehd(*words, HOMEHD_HOME=str(tmp_path))
    assert done.returncode == 2
    assert said in done.stdout + done.stderr and "Traceback" not in done.stderr


def test_a_unit_from_its_code_to_its_end(database_url: str, tmp_path: Path) -> None:
    environment = {
        "HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url, "HOMEHD_HOMES_BROKER": "mqtts://b.example.org",
        "HOMEHD_REGISTRAR_URL": "https://localhost:1",
    }  # fmt: skip
    none = homehd("units", "add", "Home 1", **environment)
    assert none.returncode == 1 and "homehd registrar init" in last_line(none)
    assert homehd("units", "list", **environment).stdout == "", "what failed left no unit behind"
    early = homehd("registrar", "server", "b.example.org", "--folder", str(tmp_path / "broker"), **environment)
    assert early.returncode == 1 and "homehd registrar init" in last_line(early)
    assert not (tmp_path / "ca").exists() and not (tmp_path / "broker").exists(), "no authority by the way"
    made = homehd("registrar", "init", **environment)
    folder, fingerprint = made.stdout.split()
    assert folder == str(tmp_path / "ca") and len(fingerprint) == 64
    assert homehd("registrar", "init", **environment).stdout == made.stdout
    files = homehd("registrar", "server", "b.example.org", "--folder", str(tmp_path / "broker"), **environment)
    assert files.stdout.split() == [
        str(tmp_path / "broker" / name) for name in ("root.pem", "broker.pem", "broker.key")
    ]
    printed = homehd("units", "add", "Home 1", **environment).stdout
    unit = re.search(r'^unit = "(\w+)"', printed, re.M)[1]  # type: ignore[index]
    first = re.search("homehd-enrol:[^']+", printed)
    again = homehd("units", "reenrol", unit, **environment)
    second = re.search("homehd-enrol:[^']+", again.stdout)
    assert first and second and first[0] != second[0]
    assert homehd("units", "list", **environment).stdout == f"{unit}\t{shard_of(unit)}\tactive\t-\tHome 1\t-\t-\n"
    changes = tmp_path / "changes.toml"
    changes.write_text("[machine]\npoll_s = 2.0\n")
    for serial in (1, 2):
        configured = homehd("units", "configure", unit, str(changes), "--reason", "slower", **environment)
        assert configured.stdout.startswith(f"{unit}\t{serial}\t"), configured.stderr
        assert "taken back" not in configured.stdout
    assert homehd("units", "list", **environment).stdout.endswith("\tsettings 2 wait, 0 in force\n")
    emptied = homehd("units", "configure", unit, "/dev/null", "--reason", "as before", **environment)
    assert emptied.returncode == 0 and "all earlier ones are taken back" in emptied.stdout.splitlines()[1]
    assert homehd("units", "revoke", unit, **environment).stdout == f"{unit}\trevoked\n"
    unmoved = homehd("units", "configure", unit, str(changes), "--reason", "late", **environment)
    assert unmoved.returncode == 1 and "revoked for good" in last_line(unmoved)
    with pool.connect(database_url) as conn:
        deeds = [row[0] for row in conn.execute("SELECT action FROM audit_event ORDER BY event_id")]
    assert deeds == ["add unit", "enrol unit again", *["configure unit"] * 3, "revoke unit"]
    gone = homehd("units", "reenrol", unit, **environment)
    assert gone.returncode == 1 and "revoked for good" in last_line(gone)
    unreachable = homehd("enrol", second[0], "--folder", str(tmp_path / "box"))
    assert unreachable.returncode == 1 and "not reachable" in last_line(unreachable)
    assert second[0].split(".")[1][:26] not in unreachable.stderr


def test_a_plain_unit_is_not_enrolled_again(database_url: str, tmp_path: Path) -> None:
    environment = {
        "HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url, "HOMEHD_BROKER": "mqtt://127.0.0.1:1883",
    }  # fmt: skip
    printed = homehd("units", "add", "Home 1", **environment)
    assert printed.returncode == 0 and "homehd-enrol" not in printed.stdout
    unit = re.search(r'^unit = "(\w+)"', printed.stdout, re.M)[1]  # type: ignore[index]
    plain = homehd("units", "reenrol", unit, **environment)
    assert plain.returncode == 1 and "only a broker with mqtts://" in last_line(plain)
    configured = homehd("units", "configure", unit, "/dev/null", "--reason", "x", **environment)
    assert configured.returncode == 1 and "never enrolled" in last_line(configured)


def test_what_is_done_at_the_command_line_is_on_record_and_a_changed_record_is_found(
    tmp_path: Path, database_url: str
) -> None:
    environment = {"HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url, "HOMEHD_BROKER": "mqtt://b:1"}
    unit = re.search(r'unit = "(\w+)"', homehd("units", "add", "Home 1", "--clinic", "North", **environment).stdout)
    assert unit
    assert homehd("units", "revoke", unit[1], **environment).returncode == 0
    assert homehd("users", "add", "li@clinic.example", "--role", "nurse", **environment).returncode == 0
    assert homehd("users", "password", "li@clinic.example", **environment).returncode == 0
    assert homehd("users", "disable", "li@clinic.example", **environment).returncode == 0
    with pool.connect(database_url) as conn:
        rows = conn.execute("SELECT actor, action, subject FROM audit_event ORDER BY event_id").fetchall()
    actor = f"os:{getpass.getuser()}"
    assert rows == [
        (actor, "add unit", unit[1]), (actor, "revoke unit", unit[1]), (actor, "add user", "user:1"),
        (actor, "set password", "user:1"), (actor, "disable user", "user:1"),
    ]  # fmt: skip

    intact = homehd("audit", "verify", **environment)
    assert intact.returncode == 0
    head = re.fullmatch(r"intact\t5 rows\thead (5:[0-9a-f]{64})\n", intact.stdout)
    assert head, intact.stdout
    assert homehd("audit", "verify", "--head", head[1], **environment).returncode == 0
    assert homehd("audit", "verify", "--head", "5", **environment).returncode == 2
    longer = homehd("audit", "verify", "--head", f"6:{'0' * 64}", **environment)
    assert (longer.returncode, longer.stdout) == (1, "") and "row 6 – missing" in last_line(longer)
    with pool.connect(database_url) as conn:
        conn.execute("SET session_replication_role = replica")
        conn.execute("UPDATE audit_event SET actor = 'os:nobody' WHERE event_id = 2")
    broken = homehd("audit", "verify", **environment)
    assert broken.returncode == 1
    assert "row 2 – its content is not what was written" in last_line(broken)


def test_a_channel_is_tried_out_before_it_is_needed(tmp_path: Path) -> None:
    (tmp_path / "server.toml").write_text('channel_networks = ["127.0.0.0/8"]\npage_label = "Unit B"\n')
    words, environment = (
        ("channels", "--config", str(tmp_path / "server.toml")),
        {"HOMEHD_HOME": str(tmp_path / "home")},
    )
    with http_sink() as sink, smtp_sink() as mails:
        address = f"json://nurse:hunter2@{sink.authority}/T0KEN"
        checked = homehd(*words, "check", address, **environment)
        assert (checked.returncode, checked.stdout) == (0, f"json://{sink.authority}/… can be used\n")
        assert sink.requests == []
        sent = homehd(*words, "test", address, **environment)
        assert (sent.returncode, sent.stdout) == (0, f"json://{sink.authority}/…: sent – taken by the service\n")
        assert sink.requests[0].json()["title"] == "Unit B – Test: no answer is needed"
        mail = f"mailto://127.0.0.1:{mails.port}?from=a@b.org&to=c@d.org"
        assert homehd(*words, "test", mail, "--language", "zh", **environment).returncode == 0
        assert mails.mails[0]["Subject"] == "Unit B – 测试：无需回应"
        sink.behaviour = Behaviour(status=503)
        failed = homehd(*words, "test", address, **environment)
    assert failed.returncode == 1
    assert last_line(failed) == (
        f"homehd channels: send a test page: json://{sink.authority}/… – the receiver is in trouble (HTTP 503)"
    )
    assert "hunter2" not in failed.stderr and "T0KEN" not in failed.stderr


def test_a_unit_goes_out_of_service_for_a_time_and_comes_back(database_url: str, tmp_path: Path) -> None:
    environment = {"HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url, "HOMEHD_BROKER": "mqtt://127.0.0.1:1"}
    homehd("units", "add", "Home of bed 12", "--clinic", "North", **environment)
    unit = homehd("units", "list", **environment).stdout.split("\t")[0]
    out = homehd("units", "service", unit, "--out-for", "2", "--reason", "pump swapped", **environment)
    assert out.returncode == 0 and out.stdout.startswith(f"{unit}\tout of service until\t20")
    listed = homehd("units", "list", **environment).stdout.split("\t")
    assert listed[2].startswith("out of service until 20") and listed[2].endswith(f"{getpass.getuser()}: pump swapped")
    back = homehd("units", "service", unit, "--back", "--reason", "done", **environment)
    assert back.stdout == f"{unit}\tin service\n"
    assert homehd("units", "list", **environment).stdout.split("\t")[2] == "active"
    for wrong, said in (
        (("--out-for", "169", "--reason", "x"), "at most 168 hours"),
        (("--out-for", "nan", "--reason", "x"), "at most 168 hours"),
        (("--back", "--reason", " "), "say why"),
    ):
        done = homehd("units", "service", unit, *wrong, **environment)
        assert done.returncode == 2 and said in last_line(done), wrong


def test_a_channel_is_entered_listed_and_removed(database_url: str, tmp_path: Path) -> None:
    environment = {"HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url}
    homehd("users", "add", "anna@clinic.example", "--role", "nurse", "--clinic", "North", **environment)
    address = "jsons://nurse:hunter2@gateway.example.org/T0KEN"
    words = ("channels", "add", "Anna@clinic.example", address, "--second", "--label", "pager", "--language", "zh")
    added = homehd(*words, **environment)
    number, shown = added.stdout.strip().split("\t")
    assert (added.returncode, shown) == (0, "jsons://gateway.example.org/…")
    listed = homehd("channels", "list", "anna@clinic.example", **environment).stdout
    assert listed.splitlines()[0].split("\t")[1:4] == ["anna@clinic.example", "at once", "screen"]
    assert listed.splitlines()[1] == (
        f"{number}\tanna@clinic.example\tsecond\tjsons://gateway.example.org/…\tpager\tnot tested"
    )
    assert "hunter2" not in listed + added.stdout + added.stderr
    again = homehd(*words, **environment)
    assert again.returncode == 1 and "hunter2" not in again.stderr and "Traceback" not in again.stderr
    assert homehd("channels", "remove", number, **environment).returncode == 0
    assert len(homehd("channels", "list", **environment).stdout.splitlines()) == 1
    for wrong, said in (
        (("remove", number), "`homehd channels list` has those in use"),
        (("remove", listed.split("\t")[0]), "screens belong to the account"),
        (("add", "nobody@clinic.example", address), "`homehd users list` has all of them"),
        (("add", "anna@clinic.example", "syslog://"), "acts on the server and reaches nobody"),
    ):
        done = homehd("channels", *wrong, **environment)
        assert done.returncode in (1, 2) and said in last_line(done), wrong


def test_an_address_of_a_channel_that_is_none_is_one_line(tmp_path: Path) -> None:
    environment = {"HOMEHD_HOME": str(tmp_path)}
    for address, said in (
        ("syslog://", "acts on the server and reaches nobody"),
        ("json://127.0.0.1/T0KEN", "this server itself"),
        ("dingtalk://" + "a" * 40 + "/12", "a phone number in it is none"),
        ("{}", "expected what the browser gave"),
    ):
        refused = homehd("channels", "test", address, **environment)
        assert refused.returncode == 1 and said in last_line(refused), refused.stderr
        assert "T0KEN" not in refused.stderr
    mistaken = homehd("channels", "check", "ntfys://ntfy.example.org/t", HOMEHD_PUSH_CONTACT="nobody", **environment)
    assert mistaken.returncode == 2 and "push_contact" in last_line(mistaken)


def test_the_key_for_web_push_is_made_once(tmp_path: Path) -> None:
    first, second = (homehd("channels", "key", HOMEHD_HOME=str(tmp_path)) for _ in range(2))
    assert first.returncode == 0 and re.fullmatch(r"B[\w-]{86}\n", first.stdout)
    assert second.stdout == first.stdout
    assert (tmp_path / "vapid.pem").stat().st_mode & 0o777 == 0o600


def test_what_a_self_test_needs_is_one_line(tmp_path: Path, database_url: str) -> None:
    environment = {"HOMEHD_HOME": str(tmp_path), "HOMEHD_DATABASE": database_url}
    lacking = homehd("selftest", "run", **environment)
    assert lacking.returncode == 1 and "homehd units add NAME --test" in last_line(lacking)
    none = homehd("selftest", "last", **environment)
    assert none.returncode == 1 and last_line(none).endswith("there was none – `homehd selftest run`")
    both = homehd("units", "add", "Way", "--test", "--clinic", "North", **environment)
    assert both.returncode == 2 and "belongs to no clinic" in last_line(both)
    broker = {"HOMEHD_BROKER": "mqtt://127.0.0.1:1", **environment}
    assert homehd("units", "add", "Way", "--test", **broker).returncode == 0
    assert "\ttest\t-\tWay\t" in homehd("units", "list", **environment).stdout
    second = homehd("units", "add", "Another way", "--test", **broker)
    assert second.returncode == 1 and "unit_test – there is one already" in last_line(second)
    failed = homehd("selftest", "run", **broker)
    assert failed.returncode == 3 and failed.stdout.startswith("FAILED: broker\t"), failed.stderr
    for name, value in (("HOMEHD_SELFTEST_AT", "ten"), ("HOMEHD_HEARTBEAT_URL", "hc.example.org/s3cret")):
        mistaken = homehd("notify", **environment, **{name: value})
        assert mistaken.returncode == 2 and name in last_line(mistaken) and "s3cret" not in mistaken.stderr
