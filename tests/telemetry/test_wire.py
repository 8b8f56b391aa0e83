"""Batches to bytes and back, and any other bytes to WireError and nothing else."""

from __future__ import annotations

import math
import struct
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from telemetry import compression, signals, wire
from telemetry.compression import TooLargeError
from telemetry.errors import WireError
from telemetry.messages import (
    Ack,
    Batch,
    Certificate,
    CertificateRequest,
    Event,
    EventKind,
    Lane,
    LiveFrame,
    Reading,
    Refusal,
    SignedConfig,
    Status,
)

EPOCH = "0123456789abcdef"
int63 = st.integers(-(2**62), 2**62)
float32 = st.floats(width=32, allow_nan=False, allow_infinity=False)
text = st.text(st.characters(categories=["L", "N", "P"]), max_size=40)


DECODERS = (
    wire.decode_batch,
    wire.decode_status,
    wire.decode_ack,
    wire.decode_down,
    wire.decode_request,
    wire.decode_config,
    wire.decode_live,
    wire.decode_reading,
    wire.decode_event,
)


@st.composite
def row_groups(draw: st.DrawFn) -> tuple[list[Reading], list[Event]]:
    seqs = sorted(draw(st.sets(st.integers(0, 5000), min_size=1, max_size=40)))
    first = draw(st.integers(0, 2**61))
    readings, events = [], []
    for seq in seqs:
        if draw(st.booleans()):
            readings.append(
                Reading(
                    first + seq, draw(int63), draw(int63), draw(st.integers(0, 15)), draw(st.integers(0, 6)),
                    draw(st.dictionaries(st.integers(0, signals.COUNT - 1), float32, max_size=6)),
                    draw(st.integers(0, 2**33 - 1)),
                    draw(st.dictionaries(text, text, max_size=2)),
                )
            )  # fmt: skip
        else:
            kind = draw(st.sampled_from(EventKind))
            events.append(
                Event(first + seq, draw(int63), draw(int63), 1, kind, draw(text), 196616, draw(st.booleans()))
            )
    return readings, events


def build(readings: list[Reading], events: list[Event]) -> Batch:
    return wire.build_batch(
        unit="u1", epoch=EPOCH, boot="boot", sent_us=7, lane=Lane.LIVE, readings=readings, events=events
    )


def rows_of(batch: Batch) -> list[Reading]:
    """The inverse of build_batch, written apart from it."""
    n = batch.count
    seqs = wire.sequence_numbers(batch)[:n]
    times, monos = struct.unpack(f"<{n}q", batch.times), struct.unpack(f"<{n}q", batch.monos)
    invalid = struct.unpack(f"<{n}Q", batch.invalid) if batch.invalid else (0,) * n
    columns = {number: struct.unpack(f"<{n}f", column) for number, column in batch.columns.items()}
    return [
        Reading(
            seqs[i], times[i], monos[i], batch.flags[i], batch.phases[i],
            {number: column[i] for number, column in columns.items() if not math.isnan(column[i])},
            invalid[i], batch.extras.get(i, {}),
        )
        for i in range(n)
    ]  # fmt: skip


@given(row_groups(), st.booleans())
def test_decode_of_encode_is_identity(rows: tuple[list[Reading], list[Event]], compressed: bool) -> None:
    readings, events = rows
    decoded = wire.decode_batch(wire.encode_batch(build(readings, events), compressed=compressed))
    assert rows_of(decoded) == readings
    assert decoded.events == events
    assert wire.sequence_numbers(decoded) == [r.seq for r in readings] + [e.seq for e in events]


@given(st.binary(max_size=300))
@example(b"")
@example(b"\xdd\xff\xff\xff\xff")  # an array that claims four thousand million entries
@example(b"\x91" * 200_000)  # nested deeper than any stack
@example(compression.deflate(b"\x91" * 40_000))
@example(compression.deflate(bytes(40_000)))
def test_any_bytes_give_a_message_or_the_documented_error(data: bytes) -> None:
    for decode in DECODERS:
        with suppress(WireError):
            decode(data)


@given(row_groups(), st.integers(0, 10_000), st.integers(1, 255), st.booleans())
def test_a_damaged_batch_is_a_checked_batch_or_the_documented_error(
    rows: tuple[list[Reading], list[Event]], position: int, change: int, compressed: bool
) -> None:
    data = bytearray(wire.encode_batch(build(*rows), compressed=compressed))
    data[position % len(data)] ^= change
    try:
        decoded = wire.decode_batch(bytes(data))
    except WireError:
        return
    assert len(rows_of(decoded)) == decoded.count
    assert all(number < signals.COUNT for number in decoded.columns)


def reading(seq: int, **changes: object) -> Reading:
    return msgspec.structs.replace(Reading(seq, 1, 1, 1, 3, {0: 300.0}), **changes)


def tampered(**changes: object) -> bytes:
    return wire.encode(msgspec.structs.replace(build([reading(1), reading(2)], []), **changes))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (tampered(version=2), "schema version 2"),
        (tampered(unit="Hom+e"), "unit 'Hom+e'"),
        (tampered(epoch="xyz"), "epoch"),
        (tampered(boot="line\nbreak"), "boot id"),
        (tampered(count=3), "column times of 16 bytes"),
        (tampered(count=-1), "-1 rows"),
        (tampered(count=0, times=b"", monos=b"", flags=b"", phases=b"", columns={}), "no rows and no events"),
        (tampered(first_seq=-5), "first seq -5"),
        (tampered(flags=b"\x01"), "column flags of 1 bytes"),
        (tampered(invalid=b"\x01"), "column invalid of 1 bytes"),
        (tampered(columns={99: b"\0" * 8}), "signal 99"),
        (tampered(columns={1: b"\0" * 7}), "signal 1 of 7 bytes"),
        (tampered(offsets=struct.pack("<2I", 5, 5)), "strictly increasing"),
        (tampered(first_seq=2**62 - 2, offsets=struct.pack("<2I", 0, 2)), "the last seq below"),
        (tampered(extras={7: {"a": "b"}}), "extras of row 7"),
        (tampered(extras={0: {"a": "nul\0"}}), "printable"),
        (tampered(events=[Event(1, 1, 1, 1, EventKind.ALARM, "right\u202eleft", 1, True)]), "printable"),
        (tampered(events=[Event(2, 1, 1, 1, EventKind.ALARM, "a", 1, True)] * 2), "event seqs"),
        (tampered(events=[Event(i, 1, 1, 1, EventKind.ALARM, "a", 1, True) for i in range(65)]), "65 events"),
        (b"\0" * (wire.MAX_BYTES + 1), "49153 bytes"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, said: str) -> None:
    with pytest.raises(WireError) as caught:
        wire.decode_batch(data)
    assert said in caught.value.line()


def test_the_largest_ordinary_batch_fits_and_a_larger_one_is_refused_before_it_is_sent() -> None:
    values = {signal.number: 1.0 for signal in signals.CATALOGUE}
    full = [reading(seq, values=values, invalid=1) for seq in range(wire.MAX_ROWS)]
    assert len(wire.encode_batch(build(full, []))) <= wire.MAX_BYTES
    long_winded = [reading(seq, extras={"note": "x" * 200}) for seq in range(wire.MAX_ROWS)]
    with pytest.raises(WireError, match="split it"):
        wire.encode_batch(build(long_winded, []))


def test_a_batch_that_is_too_long_plain_is_not_saved_by_compression() -> None:
    long_winded = [reading(seq, extras={"note": "x" * 200}) for seq in range(wire.MAX_ROWS)]
    with pytest.raises(WireError, match="split it"):
        wire.encode_batch(build(long_winded, []), compressed=True)
    with pytest.raises(TooLargeError):
        wire.decode_batch(compression.deflate(wire.encode(build(long_winded, []))))


def test_a_compressed_batch_is_told_from_a_plain_one_by_its_first_byte() -> None:
    batch = build([reading(seq) for seq in range(60)], [])
    plain, compressed = wire.encode_batch(batch), wire.encode_batch(batch, compressed=True)
    assert len(compressed) < len(plain) / 3
    assert (plain[0], compressed[0]) == (0xDC, 0xC1)
    assert wire.decode_batch(compressed) == wire.decode_batch(plain)


def test_one_sample_of_24_signals_stays_small() -> None:
    data = wire.encode_batch(build([reading(1, values=dict.fromkeys(range(24), 1.5))], []))
    assert len(data) < 260


def test_acks_statuses_and_live_frames_survive_the_way() -> None:
    ack = Ack(EPOCH, [(1, 5), (9, 9)], [Refusal(6, 8, "impossible time")])
    assert wire.decode_ack(wire.encode(ack)) == ack
    status = Status(1, "u1", True, 5, EPOCH, "boot", "0.1.0", True)
    assert wire.decode_status(wire.encode(status)) == status
    frame = LiveFrame(1, 9, [], [status])
    assert wire.decode_live(wire.encode(frame)) == frame


def test_a_backward_range_in_an_ack_is_refused() -> None:
    with pytest.raises(WireError, match="first ≤ last"):
        wire.decode_ack(wire.encode(Ack(EPOCH, [(5, 1)])))
    with pytest.raises(WireError, match="first ≤ last"):
        wire.decode_down(wire.encode(Ack(EPOCH, [(5, 1)])))


def test_what_comes_down_is_told_apart() -> None:
    for message in (Ack(EPOCH, [(1, 5)]), Certificate("-----BEGIN CERTIFICATE-----", 9)):
        assert wire.decode_down(wire.encode(message)) == message


def test_requests_and_configurations_survive_the_way() -> None:
    request = CertificateRequest(1, "u1", 5, b"\x30")
    assert wire.decode_request(wire.encode(request)) == request
    proven = CertificateRequest(1, "u1", 5, b"\x30", b"s")
    assert wire.decode_request(wire.encode(proven)) == proven
    config = SignedConfig(1, "u1", 3, b"poll_s = 2.0", b"s", b"c")
    assert wire.decode_config(wire.encode(config)) == config


@pytest.mark.parametrize(
    ("decode", "message", "complaint"),
    [
        (wire.decode_down, Certificate("x" * (wire.MAX_CREDENTIAL + 1), 0), "certificate of"),
        (wire.decode_request, CertificateRequest(1, "U+", 0, b"x"), "unit"),
        (wire.decode_request, CertificateRequest(2, "u1", 0, b"x"), "schema version"),
        (wire.decode_request, CertificateRequest(1, "u1", 0, b""), "0 bytes"),
        (wire.decode_request, CertificateRequest(1, "u1", 0, b"x", bytes(wire.MAX_PROOF + 1)), "proof of 129"),
        (wire.decode_config, SignedConfig(1, "u1", 0, b"", b"", b""), "serial 0"),
        (wire.decode_config, SignedConfig(1, "u1", 1, bytes(wire.MAX_SETTINGS + 1), b"", b""), "settings of"),
        (wire.decode_config, SignedConfig(1, "u1", 1, b"", bytes(wire.MAX_CREDENTIAL + 1), b""), "signature"),
    ],
)
def test_credentials_beyond_their_limits_are_refused(decode: Any, message: Any, complaint: str) -> None:
    with pytest.raises(WireError, match=complaint):
        decode(wire.encode(message))


def test_a_signature_covers_unit_serial_and_settings() -> None:
    config = SignedConfig(1, "u1", 3, b"a", b"s", b"c")
    parts = {wire.signed_part(config)}
    for changed in ({"unit": "u2"}, {"serial": 4}, {"settings": b"b"}):
        parts.add(wire.signed_part(msgspec.structs.replace(config, **changed)))
    assert len(parts) == 4
    assert wire.signed_part(msgspec.structs.replace(config, signature=b"t", signer=b"d")) in parts


def usual(count: int) -> Batch:
    values = {number: float(number) for number in range(24)}
    return build([Reading(n, n, n, 1, 3, values, n % 2) for n in range(count)], [])


# Any field with a value it may have, or nearly: each of these is somewhere in a batch that a check is about.
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "version": st.sampled_from([0, 1, 2]),
    "unit": st.sampled_from(["u1", "u", "U1", "u1/", "a" * 33, "\u0000\u0000"]),
    "epoch": st.sampled_from([EPOCH, EPOCH[:-1], EPOCH.upper(), "g" * 16, ""]),
    "boot": st.sampled_from(["boot", "b" * 40, "b" * 41, "\n", ""]),
    "first_seq": st.sampled_from([0, -1, wire.MAX_SEQ - 1, wire.MAX_SEQ]),
    "count": st.sampled_from([-1, 0, 1, 2, 3, wire.MAX_ROWS, wire.MAX_ROWS + 1]),
    "offsets": st.sampled_from([b"", bytes(4), struct.pack("<2I", 0, 7), struct.pack("<2I", 7, 0)]),
    "invalid": st.sampled_from([b"", bytes(8), bytes(16), bytes(7)]),
    "columns": st.dictionaries(
        st.sampled_from([-1, 0, 7, signals.COUNT - 1, signals.COUNT]),
        st.sampled_from([b"", *map(bytes, (3, 4, 8, 12))]),
    ),
    "extras": st.sampled_from([{}, {0: {"a": "b"}}, {2: {"a": "b"}}, {0: {"a": "\n"}}]),
    "events": st.sampled_from([[], [Event(5, 1, 1, 1, EventKind.ALARM, "a", 1, True)]]),
    **{name: st.sampled_from([b"", *map(bytes, (1, 2, 8, 16, 24))]) for name in ("times", "monos", "flags", "phases")},
}


@st.composite
def nearly_usual(draw: st.DrawFn) -> Batch:
    changed = draw(st.lists(st.sampled_from(sorted(FIELDS)), max_size=3, unique=True))
    return msgspec.structs.replace(
        usual(draw(st.integers(1, 3))), **{name: draw(FIELDS[name], label=name) for name in changed}
    )


def outcome(data: bytes) -> Batch | str:
    try:
        return wire.decode_batch(data)
    except WireError as error:
        return error.line()


@settings(max_examples=1000, deadline=None)
@given(nearly_usual() | row_groups().map(lambda group: build(*group)))
def test_the_short_way_and_the_long_way_come_to_the_same(batch: Batch) -> None:
    data = wire.encode(batch)
    short = outcome(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wire, "_is_usual", lambda _batch: False)
        assert outcome(data) == short


def test_a_fleet_goes_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(wire, "_check_batch")
    for count in (1, 60):
        assert wire.decode_batch(wire.encode(usual(count))) == usual(count)
