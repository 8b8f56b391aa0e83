"""From the word in the database to a home that is out and stays out: real broker, real database, real uplink."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cryptography import x509

from edge_agent.config import UplinkSettings
from edge_agent.uplink import Topics, Uplink, UplinkSink
from registrar import authority, issuing
from registrar.broker_guard import SILENT_S, BrokerGuard
from registrar.broker_probe import Doors
from registrar.broker_reload import reloader
from registrar.canaries import Canaries
from registrar.revocation import CrlFile
from store import certificates, pool, registry
from store.certificates import StoredCertificate
from store.pool import Connection
from telemetry import topics, wire
from telemetry.broker_tls import TlsFiles
from telemetry.clock import ManualClock, SystemClock
from telemetry.messages import Status
from tests.secured_broker import DAY_US, Client, SecuredBroker, wait_for

HOLD_S = 1.0


def add_certificate(secured: SecuredBroker, conn: Connection, name: str) -> TlsFiles:
    """As an enrolment does."""
    files = secured.unit(name)
    certificate = x509.load_pem_x509_certificate(Path(files.cert_file).read_bytes())
    key = certificate.public_key()
    issued = StoredCertificate(
        serial=authority.serial_of(certificate), kind="unit", unit_id=registry.unit_by_name(conn, name).unit_id,
        name=name, key_hash=authority.key_hash(key), pem=authority.as_pem(certificate),  # type: ignore[arg-type]
        issued_us=secured.now_us, until_us=secured.now_us + 90 * DAY_US,
    )  # fmt: skip
    with pool.transaction(conn, "add certificate"):
        certificates.add_certificate(conn, issued)
    return files


class Box:
    """A provisioned home whose agent holds a connection."""

    def __init__(self, secured: SecuredBroker, conn: Connection, name: str) -> None:
        unit = registry.add_unit(conn, name, None, secured.now_us, name=name)
        self.name, self.shard = name, unit.shard
        self.connect(secured, add_certificate(secured, conn, name))

    def connect(self, secured: SecuredBroker, files: TlsFiles) -> Box:
        name = self.name
        self.happened: list[str] = []
        names = Topics(*(topics.home(self.shard, name, way) for way in ("up", "down", "status", "config")))
        sink = UplinkSink(
            lambda: self.happened.append("on"),
            lambda: self.happened.append("off"),
            lambda _payload: None,
            lambda _payload: None,
        )
        self.uplink = Uplink(
            secured.homes, UplinkSettings(ca_file=files.ca_file, cert_file=files.cert_file, key_file=files.key_file),
            names, client_id=f"hhd-{name}", will=lambda: wire.encode(Status(1, name, False, 0)), sink=sink,
            clock=SystemClock(), rng=Random(1),
        )  # fmt: skip
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.uplink.run, args=(self._stop,))
        self._thread.start()
        wait_for(lambda: self.happened == ["on"])
        return self

    def end(self) -> None:
        self._stop.set()
        self._thread.join(10)


@pytest.fixture
def boxes(secured: SecuredBroker, conn: Connection) -> Iterator[list[Box]]:
    made = [Box(secured, conn, name) for name in ("box-a", "box-b")]
    yield made
    for box in made:
        box.end()


def guard_of(secured: SecuredBroker, reload: Any = None) -> BrokerGuard:
    folder = secured.folder
    return BrokerGuard(
        CrlFile(secured.ca, folder / "crl.pem"),
        Canaries(secured.ca, folder / "ca"),
        reload or reloader(f"pid:{folder / 'pid'}"),
        Doors(secured.homes, secured.services("registrar")),
        SystemClock(),
        HOLD_S,
    )


def revoke(conn: Connection, box: Box) -> None:
    """As `homehd units revoke` does."""
    now_us = SystemClock().now_us()
    with pool.transaction(conn, "revoke"):
        registry.revoke_unit(conn, box.name, now_us)
        issuing.revoke(conn, box.name, now_us)


def test_a_revoked_home_is_out_within_a_minute_and_stays_out(
    secured: SecuredBroker, conn: Connection, boxes: list[Box]
) -> None:
    a, b = boxes
    guard = guard_of(secured)
    guard.turn(conn)
    assert (guard.trouble, guard.waiting) == ("", ()) and a.happened == b.happened == ["on"]
    began = SystemClock().monotonic_s()
    revoke(conn, a)
    guard.turn(conn)
    assert (guard.trouble, guard.waiting) == ("", ())
    assert SystemClock().monotonic_s() - began < 30
    assert a.happened == ["on", "off"]
    wait_for(lambda: "revoked" in a.uplink.trouble)
    assert b.happened == ["on"] and b.uplink.trouble == ""
    late = Client(secured.services("ingest"))
    late.subscribe("hhd/1/+/+/status")
    late.subscribe(topics.home(b.shard, b.name, "status"))
    assert late.heard == [], "its last will is cleared with the rest"
    late.end()


def test_a_guard_that_died_in_between_is_made_good_by_the_next(
    secured: SecuredBroker, conn: Connection, boxes: list[Box]
) -> None:
    a, b = boxes
    revoke(conn, a)
    dead = guard_of(secured, reload=lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        dead.turn(conn)
    assert a.happened == ["on"], "the list is written, nobody has read it"
    guard = guard_of(secured)
    guard.turn(conn)
    assert (guard.trouble, guard.waiting) == ("", ())
    assert a.happened == ["on", "off"] and b.happened == ["on"]
    # And once more, by one that cannot know: nobody is hurt.
    third = guard_of(secured)
    third.turn(conn)
    assert (third.trouble, third.waiting) == ("", ()) and b.happened == ["on"]


def test_a_broker_that_does_not_read_its_list_is_found_out(
    secured: SecuredBroker, conn: Connection, boxes: list[Box], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registrar.broker_guard.OBEYS_S", 0.5)
    a, _b = boxes
    revoke(conn, a)
    deaf = guard_of(secured, reload=lambda: None)
    deaf.turn(conn)
    assert "revocation list" in deaf.trouble
    wait_for(lambda: a.happened[-1] == "on" and len(a.happened) >= 3)
    deaf._reload = reloader(f"pid:{secured.folder / 'pid'}")
    deaf._checked_s = float("-inf")
    deaf.turn(conn)
    assert (deaf.trouble, deaf.waiting) == ("", ())
    wait_for(lambda: "revoked" in a.uplink.trouble)


def test_a_list_that_somebody_spoilt_is_written_anew(
    secured: SecuredBroker, conn: Connection, boxes: list[Box]
) -> None:
    guard = guard_of(secured)
    revoke(conn, boxes[0])
    guard.turn(conn)
    (secured.folder / "crl.pem").write_bytes(b"spoilt")
    secured.reload()  # as a log rotation would
    guard._checked_s = float("-inf")
    guard.turn(conn)
    assert "revocation list" in guard.trouble
    guard._checked_s = float("-inf")
    guard.turn(conn)
    assert guard.trouble == ""


def test_an_access_list_that_is_gone_is_told(secured: SecuredBroker, conn: Connection) -> None:
    guard = guard_of(secured)
    guard.turn(conn)
    (secured.folder / "acl_homes").unlink()
    secured.reload()
    guard._checked_s = float("-inf")
    guard.turn(conn)
    assert "access list" in guard.trouble


def test_a_broker_or_a_command_that_is_not_there_is_told_and_waited_for(
    secured: SecuredBroker, conn: Connection
) -> None:
    guard = guard_of(secured, reload=reloader("/nowhere/systemctl reload mosquitto"))
    guard.turn(conn)
    assert "/nowhere/systemctl" in guard.trouble
    guard._reload = reloader(f"pid:{secured.folder / 'pid'}")
    secured.stop()
    guard.turn(conn)
    assert guard.trouble
    secured.start()
    guard._checked_s = float("-inf")
    guard.turn(conn)
    assert guard.trouble == ""


def test_a_box_that_is_to_be_replaced_is_out_before_another_has_its_place(
    secured: SecuredBroker, conn: Connection, boxes: list[Box]
) -> None:
    """`homehd units reenrol`: whoever has the old box must not be connected when the new one makes the unit good again,
    for over that connection it could ask for a certificate."""
    a, b = boxes
    kept = topics.home(a.shard, a.name, "config")
    registrar = Client(secured.services("registrar"))
    registrar.publish(kept, b"settings", retain=True)
    guard = guard_of(secured)
    guard.turn(conn)
    with pool.transaction(conn, "reenrol"):
        issuing.revoke(conn, a.name, SystemClock().now_us())
    guard.turn(conn)
    assert (guard.trouble, guard.health, guard.waiting) == ("", "", ())
    assert a.happened == ["on", "off"] and b.happened == ["on"]
    wait_for(lambda: "revoked" in a.uplink.trouble)
    late = Client(secured.services("registrar"))
    late.subscribe(kept)
    wait_for(lambda: late.heard)
    assert late.heard == [(kept, b"settings")], "they are for the next box as well"
    for client in (registrar, late):
        client.end()


def test_a_box_that_was_replaced_at_once_is_out_and_the_new_one_comes_back(
    secured: SecuredBroker, conn: Connection, boxes: list[Box]
) -> None:
    """The new box has its certificate before the guard has looked: a good one exists, the old session stands."""
    a, b = boxes
    kept = topics.home(a.shard, a.name, "config")
    registrar = Client(secured.services("registrar"))
    registrar.publish(kept, b"settings", retain=True)
    guard = guard_of(secured)
    guard.turn(conn)
    for _ in range(2):
        with pool.transaction(conn, "reenrol"):
            issuing.revoke(conn, a.name, SystemClock().now_us())
        files = add_certificate(secured, conn, a.name)
        assert a.happened[-1] == "on"
        guard.turn(conn)
        assert (guard.trouble, guard.health, guard.waiting) == ("", "", ())
        assert a.happened[-1] == "off" and b.happened == ["on"]
        wait_for(lambda: "revoked" in a.uplink.trouble)
        a.end()
        new = a.connect(secured, files)
        guard.turn(conn)
        assert new.happened == ["on"] and new.uplink.trouble == "", "each revocation is carried out once"
    # By one that cannot know: the new box loses its session and comes back, and that is no failure.
    second = guard_of(secured)
    second.turn(conn)
    assert (second.trouble, second.health, second.waiting) == ("", "", ())
    wait_for(lambda: a.happened == ["on", "off", "on"])
    late = Client(secured.services("registrar"))
    late.subscribe(kept)
    wait_for(lambda: (kept, b"settings") in late.heard)
    for client in (registrar, late):
        client.end()


def test_a_replaced_box_at_a_broker_that_is_deaf_is_put_out_once_more_when_it_is_mended(
    secured: SecuredBroker, conn: Connection, boxes: list[Box], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registrar.broker_guard.OBEYS_S", 0.5)
    a, _b = boxes
    with pool.transaction(conn, "reenrol"):
        issuing.revoke(conn, a.name, SystemClock().now_us())
    add_certificate(secured, conn, a.name)
    guard = guard_of(secured, reload=lambda: None)
    guard.turn(conn)
    assert "revocation list" in guard.trouble and [home.unit for home in guard.waiting] == [a.name]
    wait_for(lambda: a.happened == ["on", "off", "on"])
    guard.turn(conn)
    assert a.happened == ["on", "off", "on"], "nobody is put out every two seconds"
    guard._reload = reloader(f"pid:{secured.folder / 'pid'}")
    guard._checked_s = float("-inf")
    guard.turn(conn)
    assert (guard.trouble, guard.waiting) == ("", ())
    wait_for(lambda: "revoked" in a.uplink.trouble)


def test_whatever_fails_a_guard_goes_on_and_says_so(
    secured: SecuredBroker, conn: Connection, database_url: str, boxes: list[Box]
) -> None:
    canary = secured.folder / "ca" / "svc-canary.pem"
    canary.mkdir(parents=True)  # a restored backup, a slip of somebody's hand: no file can be written there
    guard = guard_of(secured)
    stop = threading.Event()
    thread = threading.Thread(target=guard.run, args=(database_url, stop))
    thread.start()
    wait_for(lambda: guard.health)
    canary.rmdir()
    revoke(conn, boxes[0])
    wait_for(lambda: boxes[0].happened == ["on", "off"], 20)
    wait_for(lambda: guard.health == "", 20)
    stop.set()
    thread.join(20)
    assert not thread.is_alive()


def test_a_guard_that_hangs_is_no_health(secured: SecuredBroker, conn: Connection) -> None:
    clock = ManualClock(secured.now_us)
    folder = secured.folder
    guard = BrokerGuard(
        CrlFile(secured.ca, folder / "crl.pem"), Canaries(secured.ca, folder / "ca"), lambda: None,
        Doors(secured.homes, secured.services("registrar")), clock, HOLD_S,
    )  # fmt: skip
    assert guard.health == ""
    clock.advance(SILENT_S + 1)
    assert "done nothing for 121 s" in guard.health


def test_it_runs_on_a_thread_of_its_own_until_told(
    secured: SecuredBroker, conn: Connection, database_url: str, boxes: list[Box]
) -> None:
    guard = BrokerGuard.of(
        secured.ca, secured.folder / "ca", secured.folder / "crl.pem", f"pid:{secured.folder / 'pid'}",
        f"mqtts://localhost:{secured.plan.homes_port}", secured.services("registrar"), SystemClock(),
    )  # fmt: skip
    stop = threading.Event()
    thread = threading.Thread(target=guard.run, args=(database_url, stop))
    thread.start()
    revoke(conn, boxes[0])
    wait_for(lambda: boxes[0].happened == ["on", "off"], 20)
    wait_for(lambda: guard.waiting == () and guard.trouble == "", 20)
    stop.set()
    thread.join(20)
    assert not thread.is_alive()
