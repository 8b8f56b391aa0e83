"""Decision, signature and row in one transaction, on a real database."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from registrar import authority as ca
from registrar import issuing
from registrar.authority import Authority
from registrar.decisions import Refusal
from registrar.issuing import Granted, Refused
from store import certificates, pool, registry
from store.pool import Connection
from telemetry.errors import HomehdError

DAYS = 90.0


def refused(action: Any) -> Refusal:
    with pytest.raises(Refused) as caught:
        action()
    return caught.value.reason


def test_a_code_gives_a_certificate_and_the_settings(
    conn: Connection, authority: Authority, unit: registry.Unit, tools: Any
) -> None:
    key = ca.new_key()
    code = tools.code(conn, authority, unit.name)
    granted = issuing.enrol(conn, authority, code, tools.request(unit.name, key), tools.NOW_US, DAYS)
    assert (granted.again, granted.settings) == (False, tools.SETTINGS)
    assert granted.certificate.key_hash == ca.key_hash(key.public_key())
    assert granted.certificate.until_us == tools.NOW_US + 90 * tools.DAY_US
    assert certificates.certificates_of(conn, unit.unit_id) == [granted.certificate]
    # The answer got lost: the same key gets the same again, any other nothing.
    later = issuing.enrol(conn, authority, code, tools.request(unit.name, key), tools.NOW_US + 9, DAYS)
    assert later == Granted(granted.certificate, True, tools.SETTINGS)
    other = tools.request(unit.name)
    assert refused(lambda: issuing.enrol(conn, authority, code, other, tools.NOW_US, DAYS)) is Refusal.USED_CODE
    assert len(certificates.certificates(conn)) == 1


def test_a_wrong_request_does_not_use_the_code_up(
    conn: Connection, authority: Authority, unit: registry.Unit, tools: Any
) -> None:
    code = tools.code(conn, authority, unit.name)
    for wrong in (b"", b"\x30\x00", tools.request("another1")):
        asked = lambda wrong=wrong: issuing.enrol(conn, authority, code, wrong, tools.NOW_US, DAYS)  # noqa: E731
        assert refused(asked) is Refusal.BAD_REQUEST
    assert not issuing.enrol(conn, authority, code, tools.request(unit.name), tools.NOW_US, DAYS).again


def test_codes_that_are_good_for_nothing(
    conn: Connection, authority: Authority, unit: registry.Unit, tools: Any
) -> None:
    request = tools.request(unit.name)

    def tried(code: str, days: float = 0) -> Refusal:
        at_us = tools.NOW_US + round(days * tools.DAY_US)
        return refused(lambda: issuing.enrol(conn, authority, code, request, at_us, DAYS))

    code = tools.code(conn, authority, unit.name)
    for wrong in ("", "nobody.x", f"{unit.name}.", code[:-1], code + "a", code.upper(), "\0", "+.#"):
        assert tried(wrong) is Refusal.UNKNOWN_CODE
    assert tried(code, days=7.001) is Refusal.EXPIRED_CODE
    newer = tools.code(conn, authority, unit.name)
    assert tried(code) is Refusal.WITHDRAWN_CODE
    registry.revoke_unit(conn, unit.name, tools.NOW_US)
    assert tried(newer) is Refusal.REVOKED
    assert certificates.certificates(conn) == []


def test_of_two_boxes_with_one_code_exactly_one_wins(
    conn: Connection, database_url: str, authority: Authority, unit: registry.Unit, tools: Any
) -> None:
    code = tools.code(conn, authority, unit.name)
    boxes = 12
    together = threading.Barrier(boxes)

    def box(_number: int) -> str:
        request = tools.request(unit.name)
        with pool.connect(database_url) as own:
            together.wait()
            try:
                return issuing.enrol(own, authority, code, request, tools.NOW_US, DAYS).certificate.serial
            except Refused as error:
                return error.reason.value

    with ThreadPoolExecutor(boxes) as threads:
        outcomes = list(threads.map(box, range(boxes)))
    assert outcomes.count("code used") == boxes - 1
    [held] = certificates.certificates(conn)
    assert held.serial in outcomes


def test_one_box_that_asks_many_times_at_once_gets_one_certificate(
    conn: Connection, database_url: str, authority: Authority, unit: registry.Unit, tools: Any
) -> None:
    """A box that gave up waiting and asks again while its first request is still being dealt with."""
    code, request = tools.code(conn, authority, unit.name), tools.request(unit.name)
    together = threading.Barrier(8)

    def asked(_number: int) -> str:
        with pool.connect(database_url) as own:
            together.wait()
            return issuing.enrol(own, authority, code, request, tools.NOW_US, DAYS).certificate.serial

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(asked, range(8)))) == 1
    assert len(certificates.certificates(conn)) == 1


def test_the_next_certificate(conn: Connection, authority: Authority, unit: registry.Unit, tools: Any) -> None:
    def asked(request: bytes, days: float, shard: int = unit.shard, name: str = unit.name) -> Granted:
        at_us = tools.NOW_US + round(days * tools.DAY_US)
        return issuing.renew(conn, authority, name, shard, request, tools.proof(name, request, key), at_us, DAYS)

    key = ca.new_key()
    request = tools.request(unit.name)
    assert refused(lambda: asked(request, 0)) is Refusal.NO_CURRENT
    code = tools.code(conn, authority, unit.name)
    issuing.enrol(conn, authority, code, tools.request(unit.name, key), tools.NOW_US, DAYS)
    granted = asked(request, 60)
    assert granted.certificate.until_us == tools.NOW_US + 150 * tools.DAY_US
    assert asked(request, 61) == Granted(granted.certificate, True)
    assert refused(lambda: asked(request, 62, shard=(unit.shard + 1) % 64)) is Refusal.UNKNOWN_UNIT
    assert refused(lambda: asked(tools.request("nobody1"), 62, name="nobody1")) is Refusal.UNKNOWN_UNIT
    assert refused(lambda: asked(tools.request("nobody1"), 62)) is Refusal.BAD_REQUEST
    assert refused(lambda: asked(tools.request(unit.name), 151)) is Refusal.NO_CURRENT
    with pool.transaction(conn):
        revoked = issuing.revoke(conn, unit.name, tools.NOW_US + 62 * tools.DAY_US)
    assert len(revoked) == 2
    assert refused(lambda: asked(request, 63)) is Refusal.NO_CURRENT
    assert refused(lambda: asked(tools.request(unit.name), 63)) is Refusal.NO_CURRENT


def test_a_box_that_was_replaced_gets_nothing_though_its_session_stands(
    conn: Connection, authority: Authority, unit: registry.Unit, tools: Any
) -> None:
    old, new = ca.new_key(), ca.new_key()
    code = tools.code(conn, authority, unit.name)
    issuing.enrol(conn, authority, code, tools.request(unit.name, old), tools.NOW_US, DAYS)
    with pool.transaction(conn):  # homehd units reenrol
        issuing.revoke(conn, unit.name, tools.NOW_US + 1)
    code = tools.code(conn, authority, unit.name)
    issuing.enrol(conn, authority, code, tools.request(unit.name, new), tools.NOW_US + 2, DAYS)
    request, other = tools.request(unit.name), tools.request(unit.name)

    def asked(proof: bytes) -> Granted:
        return issuing.renew(conn, authority, unit.name, unit.shard, request, proof, tools.NOW_US + 3, DAYS)

    for proof in (
        b"",
        b"rubbish",
        tools.proof(unit.name, request, old),
        tools.proof(unit.name, request, ca.new_key()),
        tools.proof(unit.name, other, new),
        tools.proof("another1", request, new),
        new.sign(request, ec.ECDSA(hashes.SHA256())),
    ):
        assert refused(lambda proof=proof: asked(proof)) is Refusal.NOT_PROVEN
    assert len(certificates.certificates(conn)) == 2
    assert not asked(tools.proof(unit.name, request, new)).again


def test_a_key_serves_one_unit(conn: Connection, authority: Authority, unit: registry.Unit, tools: Any) -> None:
    key = ca.new_key()
    other = registry.add_unit(conn, "Home 2", None, tools.NOW_US)
    first, second = (tools.code(conn, authority, one.name) for one in (unit, other))
    issuing.enrol(conn, authority, first, tools.request(unit.name, key), tools.NOW_US, DAYS)
    request = tools.request(other.name, key)
    assert refused(lambda: issuing.enrol(conn, authority, second, request, tools.NOW_US, DAYS)) is Refusal.KEY_USED


def test_the_code_itself_is_not_kept(conn: Connection, authority: Authority, unit: registry.Unit, tools: Any) -> None:
    code = tools.code(conn, authority, unit.name)
    rows = conn.execute("SELECT enrolment_code::text FROM enrolment_code").fetchall()
    assert len(rows) == 1 and code.partition(".")[2] not in rows[0][0]


def test_a_unit_that_is_not_there(conn: Connection, authority: Authority, tools: Any) -> None:
    with pytest.raises(HomehdError, match="find unit: nobody"):
        tools.code(conn, authority, "nobody")
    with pytest.raises(HomehdError, match="find unit: nobody"), pool.transaction(conn):
        issuing.revoke(conn, "nobody", tools.NOW_US)
