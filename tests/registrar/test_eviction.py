"""Putting homes out of a real broker."""

from __future__ import annotations

import msgspec
import pytest

from homehd.brokers import free_port
from registrar import eviction
from registrar.eviction import Home, evict
from telemetry import topics
from tests.secured_broker import Client, SecuredBroker, hear, wait_for

A, B = Home("box-a", 7), Home("box-b", 7)


def test_a_session_is_ended_and_what_it_left_is_cleared(secured: SecuredBroker) -> None:
    files = secured.unit(A.unit)
    status = topics.home(A.shard, A.unit, "status")
    kept = topics.home(B.shard, B.unit, "status")
    a, b = Client(secured.homes, files, will=status), Client(secured.homes, secured.unit(B.unit))
    a.publish(topics.home(A.shard, A.unit, "up"), b"old", retain=True)
    b.publish(kept, b"online", retain=True)
    secured.revoke(files)
    secured.reload()
    assert a.connected, "a new list leaves sessions as they are"
    assert evict(secured.services("registrar"), [A], hold_s=0.5) == {}
    assert a.gone.is_set() and b.connected
    again = Client(secured.homes, files)
    assert "revoked" in again.answer
    late = Client(secured.services("ingest"))
    late.subscribe("hhd/1/+/+/up", "hhd/1/+/+/status")
    wait_for(lambda: late.topics() == [kept])
    for client in (a, b, again, late):
        client.end()


def test_what_was_queued_for_it_is_gone_too(secured: SecuredBroker) -> None:
    files, down = secured.unit(A.unit), topics.home(A.shard, A.unit, "down")
    a = Client(secured.homes, files, clean=False)
    a.subscribe(down)
    a.end()
    ingest = Client(secured.services("ingest"))
    ingest.publish(down, b"for later")
    assert evict(secured.services("registrar"), [A], hold_s=0.1) == {}
    back = Client(secured.homes, files, clean=False)
    ingest.publish(down, b"now")
    back.subscribe(down)
    ingest.publish(down, b"mark")
    wait_for(lambda: back.heard)
    assert back.heard == [(down, b"mark")]
    for client in (ingest, back):
        client.end()


def test_what_a_rogue_left_anywhere_is_cleared(secured: SecuredBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    # More than the broker keeps for one listener, left while the access list let a home write below any shard.
    (secured.folder / "acl_homes").write_text("pattern write hhd/1/+/%u/+\n")
    config = secured.folder / "mosquitto.conf"
    text = config.read_text().replace("max_inflight_messages 1000", "max_inflight_messages 20")
    config.write_text(text.replace("max_queued_messages 200000", "max_queued_messages 50"))
    secured.reload()
    rogue = Client(secured.homes, secured.unit(A.unit))
    for number in range(300):
        rogue.client.publish(f"hhd/1/any{number}/{A.unit}/up", b"x", 1, retain=True)
    for way in ("status", "config", "csr"):
        rogue.publish(f"hhd/1/{A.shard}/{A.unit}/{way}", b"x", retain=True)
    kept = topics.home(B.shard, B.unit, "status")
    registrar = Client(secured.services("registrar"), client_id="left")
    registrar.publish(kept, b"x", retain=True)

    def left() -> set[str]:
        late = Client(secured.services("registrar"), client_id="late")
        late.subscribe("hhd/1/+/+/+")
        heard = set(hear(late, registrar, topics.home(1, "box-c", "up")))
        late.end()
        return heard

    # Another box takes its place: its settings and what it says of itself stay.
    assert evict(secured.services("registrar"), [A._replace(for_good=False)], hold_s=0.1) == {}
    assert left() == {kept, *(topics.home(A.shard, A.unit, way) for way in ("status", "config"))}
    assert evict(secured.services("registrar"), [A], hold_s=0.1) == {}
    assert left() == {kept}
    registrar.publish(topics.home(1, A.unit, "up"), b"x", retain=True)
    monkeypatch.setattr(eviction, "CLEAR_S", 0.0)
    assert "could not all be cleared" in evict(secured.services("registrar"), [A], hold_s=0.1)[A]
    for client in (rogue, registrar):
        client.end()


def test_one_that_comes_back_is_told(secured: SecuredBroker) -> None:
    # Its certificate is still good: the broker lets it in again while its place is held.
    files = secured.unit(A.unit)
    a = Client(secured.homes, files)
    back: list[Client] = []
    a.client.on_disconnect = lambda *_: back.append(Client(secured.homes, files))
    failed = evict(secured.services("registrar"), [A, B], hold_s=1.0)
    assert list(failed) == [A] and "came back" in failed[A]
    assert back[0].connected
    for client in (a, *back):
        client.end()


def test_many_at_once_take_as_long_as_one(secured: SecuredBroker) -> None:
    homes = [Home(f"box-{number}", number) for number in range(20)]
    boxes = [Client(secured.homes, secured.unit(home.unit)) for home in homes]
    assert evict(secured.services("registrar"), homes, hold_s=0.5) == {}
    assert all(box.gone.is_set() for box in boxes)
    for box in boxes:
        box.end()


@pytest.mark.parametrize("what", ["nobody there", "wrong password", "other account"])
def test_a_broker_that_does_not_let_us_is_told(secured: SecuredBroker, what: str) -> None:
    account = secured.services("registrar")
    if what == "nobody there":
        account = msgspec.structs.replace(account, port=free_port())
    elif what == "wrong password":
        account = msgspec.structs.replace(account, password="guess")
    else:
        account = secured.services("api")
    failed = evict(account, [A], hold_s=0.1)
    # The account of another service may take a place as well; it clears nothing, for it may not.
    assert list(failed) == ([A] if what != "other account" else [])
