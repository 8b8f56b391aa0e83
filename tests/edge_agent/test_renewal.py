"""When a certificate is renewed, in virtual time; the child process is the real one."""

from __future__ import annotations

import logging
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from edge_agent import credentials, renewal
from edge_agent.config import EdgeConfig, UplinkSettings
from edge_agent.renewal import FIRST_PAUSE_S, LONGEST_PAUSE_S, Pace, Renewal, Standing, renew_us, standing
from edge_agent.validity import Validity
from registrar import authority as ca
from registrar.requests import is_proven, public_key
from telemetry import wire
from telemetry.clock import ManualClock
from telemetry.messages import Certificate

NOW_US = 1_750_000_000_000_000
DAY_S = 86_400
DAY_US = DAY_S * 1_000_000
UNIT = "k7m2qx4d"
ROOT = ca.create_root(NOW_US)
HELD = Validity(NOW_US, NOW_US + 90 * DAY_US)


def test_at_two_thirds_and_not_all_boxes_at_once() -> None:
    rng = Random(1)
    units = ["".join(rng.choice("abcdefgh") for _ in range(9)) for _ in range(500)]
    days = sorted((renew_us(HELD, unit) - NOW_US) / DAY_US for unit in units)
    assert 57 < days[0] < 58 and 61.5 < days[-1] < 62.5
    assert renew_us(HELD, UNIT) == renew_us(HELD, UNIT), "the same after a restart"


def test_standing() -> None:
    due = renew_us(HELD, UNIT)
    for now_us, expected in (
        (0, Standing.GOOD),  # 1970: such a clock decides nothing
        (due - 1, Standing.GOOD),
        (due, Standing.DUE),
        (HELD.until_us - 1, Standing.DUE),
        (HELD.until_us, Standing.OVER),
    ):
        assert standing(HELD, UNIT, now_us) is expected


def test_pace() -> None:
    pace, asked = Pace(), []
    for second in range(3 * DAY_S):
        if pace.due(second):
            pace.asked(second)
            asked.append(second)
    gaps = [after - before for before, after in pairwise(asked)]
    assert gaps[0] == FIRST_PAUSE_S and max(gaps) == gaps[-1] == LONGEST_PAUSE_S
    assert gaps == sorted(gaps)


class Home:
    """A box and, when it is asked to answer, an authority."""

    def __init__(self, folder: Path, age_days: float = 0) -> None:
        self.clock = ManualClock(NOW_US)
        self.identity, self.authority = folder / "identity.pem", folder / "ca.pem"
        self.authority.write_text(ROOT.pem)
        key = credentials.new_key()
        leaf = self.issue(credentials.request(key, UNIT), -age_days)
        self.identity.write_bytes(key + leaf.chain.encode())
        self.requests: list[bytes] = []
        self.renewal = self.start()

    def start(self) -> Renewal:
        return Renewal(UNIT, self.identity, self.authority, self.clock, self._asked)

    def issue(self, request: bytes, days: float = 0, unit: str = UNIT) -> Certificate:
        at_us = self.clock.now_us() + round(days * DAY_US)
        leaf = ca.issue_unit(ROOT, unit, public_key(request, UNIT), at_us)
        return Certificate(ca.as_pem(leaf), ca.validity_us(leaf)[1])

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.renewal.turn()

    def _asked(self, payload: bytes) -> None:
        request = wire.decode_request(payload)
        assert request.unit == UNIT
        leaf = self.identity.read_text().partition("-----BEGIN CERTIFICATE")
        assert is_proven(leaf[1] + leaf[2], UNIT, request.request, request.proof), "by the key in use"
        self.requests.append(request.request)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_young_certificate_is_left_alone(home: Home) -> None:
    home.pass_time(50 * DAY_S)
    assert home.requests == [] and home.renewal.until_us == NOW_US + 90 * DAY_US
    assert sorted(path.name for path in home.identity.parent.iterdir()) == ["ca.pem", "identity.pem"]


def test_due_it_asks_and_takes_the_answer(home: Home) -> None:
    before = home.identity.read_bytes()
    home.pass_time(65 * DAY_S)
    assert len(home.requests) == 1
    home.renewal.received(home.issue(home.requests[0]))
    home.pass_time(1)
    assert home.renewal.until_us == NOW_US + 155 * DAY_US + 0
    after = home.identity.read_bytes()
    assert not credentials.same_key(after, before), "a new key each time"
    assert home.identity.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in home.identity.parent.iterdir()) == ["ca.pem", "identity.pem"]
    home.pass_time(30 * DAY_S)
    assert len(home.requests) == 1
    home.pass_time(35 * DAY_S)
    assert len(home.requests) == 2


def test_a_lost_answer_is_asked_for_again_with_the_same_key_also_after_a_restart(home: Home) -> None:
    home.pass_time(65 * DAY_S)
    home.pass_time(FIRST_PAUSE_S - 1)
    assert len(home.requests) == 1
    home.pass_time(1)
    home.renewal = home.start()
    home.pass_time(1)
    keys = {ca.key_hash(public_key(request, UNIT)) for request in home.requests}
    assert len(home.requests) == 3 and len(keys) == 1
    home.renewal.received(home.issue(home.requests[0]))
    home.pass_time(1)
    assert home.renewal.standing is Standing.GOOD


def test_with_a_key_left_behind_by_an_earlier_enrolment_it_asks_with_a_new_one_in_time(home: Home) -> None:
    home.pass_time(65 * DAY_S)
    earlier = home.issue(home.requests[0])  # this answer got lost, the box was enrolled anew
    key = credentials.new_key()
    leaf = home.issue(credentials.request(key, UNIT), 10)
    home.identity.write_bytes(key + leaf.chain.encode())
    home.renewal = home.start()
    home.pass_time(75 * DAY_S)
    home.renewal.received(earlier)  # the registrar repeats it, for it is this key's
    home.pass_time(1)
    home.pass_time(FIRST_PAUSE_S)
    home.renewal.received(home.issue(home.requests[-1]))
    home.pass_time(1)
    assert home.renewal.until_us > leaf.until_us


def test_enrolled_anew_beside_the_running_agent_it_proves_with_the_new_key(home: Home) -> None:
    home.pass_time(65 * DAY_S)
    key = credentials.new_key()
    leaf = home.issue(credentials.request(key, UNIT), -70)  # due at once, so nothing tells it to begin anew
    home.identity.write_bytes(key + leaf.chain.encode())
    home.pass_time(FIRST_PAUSE_S)
    assert len(home.requests) == 2


def test_a_power_cut_between_certificate_and_key_does_not_ask_with_a_key_in_use(home: Home) -> None:
    home.pass_time(65 * DAY_S)
    waiting = home.identity.with_name(".identity.pem.next")
    left = waiting.read_bytes()
    home.renewal.received(home.issue(home.requests[0]))
    home.pass_time(1)
    waiting.write_bytes(left)
    home.pass_time(65 * DAY_S)
    first, second = (ca.key_hash(public_key(request, UNIT)) for request in home.requests)
    assert first != second


def test_an_answer_that_does_not_fit_changes_nothing(home: Home, caplog: Any) -> None:
    home.pass_time(65 * DAY_S)
    before = home.identity.read_bytes()
    stranger = ca.issue_unit(ca.create_root(NOW_US), UNIT, public_key(home.requests[0], UNIT), NOW_US)
    other = credentials.request(credentials.new_key(), UNIT)
    for wrong in (
        Certificate("rubbish", 1),
        Certificate(ca.as_pem(stranger), 1),
        home.issue(other),
        home.issue(home.requests[0], unit="another1"),
        home.issue(home.requests[0], days=-80),
    ):
        home.renewal.received(wrong)
        home.pass_time(1)
    said = [record.fields["error"] for record in caplog.records if record.message == "certificate not taken"]
    assert len(said) == 5 and "lasts no longer" in said[-1]
    assert home.identity.read_bytes() == before
    home.pass_time(FIRST_PAUSE_S)
    home.renewal.received(home.issue(home.requests[-1]))
    home.pass_time(1)
    assert home.renewal.standing is Standing.GOOD


def test_an_answer_nobody_asked_for_is_not_looked_at(home: Home) -> None:
    before = home.identity.read_bytes()
    home.renewal.received(Certificate("rubbish", 1))
    home.pass_time(1)
    assert home.identity.read_bytes() == before


def test_off_for_months_it_says_that_a_person_is_needed(tmp_path: Path, caplog: Any) -> None:
    home = Home(tmp_path, age_days=120)
    assert home.renewal.standing is Standing.OVER and home.renewal.until_us == NOW_US - 30 * DAY_US
    for _ in range(3):
        home.pass_time(DAY_S)
    told = [record for record in caplog.records if "enrol this box again" in record.message]
    assert len(told) == 3 and told[0].fields == {"ended": "2025-05-16"}
    # `homehd enrol` beside the running agent mends it without a restart.
    key = credentials.new_key()
    home.identity.write_bytes(key + home.issue(credentials.request(key, UNIT)).chain.encode())
    home.pass_time(60)
    assert home.renewal.standing is Standing.GOOD


def test_a_file_that_cannot_be_read_is_told_and_the_agent_goes_on(home: Home, caplog: Any) -> None:
    for content in (b"rubbish", b""):
        home.identity.write_bytes(content)
        home.pass_time(60)
    home.identity.unlink()
    home.pass_time(60)
    assert [record.message for record in caplog.records] == ["certificate not readable"] * 3
    assert home.renewal.until_us == NOW_US + 90 * DAY_US, "what the connection in use still has"


def test_a_child_that_fails_is_told_in_its_own_words(home: Home, caplog: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    caplog.set_level(logging.ERROR)
    home.identity.with_name("..identity.pem.next.new").mkdir()
    home.pass_time(65 * DAY_S)
    assert "Is a directory" in caplog.records[-1].fields["error"]
    monkeypatch.setattr(renewal.sys, "executable", "/nowhere/python")
    home.pass_time(FIRST_PAUSE_S)
    assert "FileNotFoundError" in caplog.records[-1].fields["error"]
    assert home.requests == []


def test_only_what_is_one_file_is_renewed(config: EdgeConfig, tmp_path: Path, home: Home) -> None:
    said: list[str] = []

    def of(uplink: UplinkSettings) -> Renewal | None:
        changed = msgspec.structs.replace(config, uplink=uplink)
        return renewal.of(changed, home.clock, lambda topic, _: said.append(topic))

    ca_file, one = str(home.authority), str(home.identity)
    assert of(UplinkSettings()) is None
    assert of(UplinkSettings(ca_file=ca_file, cert_file=one, key_file=ca_file)) is None
    found = of(UplinkSettings(ca_file=ca_file, cert_file=one, key_file=one))
    assert found is not None and found.until_us == NOW_US + 90 * DAY_US
    home.clock.advance(65 * DAY_S)
    found.turn()
    found.look()
    home.clock.advance(60)
    found.turn()
    assert set(said) == {f"hhd/1/{config.shard}/{config.unit}/csr"}
