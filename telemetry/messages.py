"""Frozen records that cross a process boundary.

Every record is a msgpack array (`array_like`): fields are only ever appended, with a default, so that an older reader
ignores what it does not know and a newer one fills in what is missing. Times are microseconds since 1970 UTC
(`*_us`); monotonic times are milliseconds within one boot (`mono_ms`).
"""

from __future__ import annotations

from enum import IntEnum, IntFlag, StrEnum

import msgspec

SCHEMA_VERSION = 1


class Flag(IntFlag):
    """Marks on one row, stored with it."""

    CLOCK_SYNCHRONISED = 1  # the agent's clock was right when the row was taken, or its time was put right since
    PHASE_DERIVED = 2  # the machine does not say its phase; it was inferred
    LATE = 4  # set by ingest: arrived after newer rows of the same unit, so no rule saw it live
    TIME_CORRECTED = 8  # `time` is not what the box read when the row was taken: put right by the box, or by ingest
    TIME_UNCERTAIN = 16  # the clock was never right in that boot: `time` is the latest it can have been


class Lane(IntEnum):
    """Two lanes: what is happening now, and what is being caught up."""

    LIVE = 0
    BACKFILL = 1


class EventKind(StrEnum):
    """What sort of thing happened."""

    ALARM = "alarm"  # a machine alarm began or ended
    PHASE = "phase"  # the machine's phase changed; `text` is the new phase's name
    LINK = "link"  # the link between box and machine was lost or came back
    INVALID = "invalid"  # a signal's value became implausible, or plausible again; `text` is what was read
    SYMPTOM = "symptom"  # the patient feels something; `name` is what: "cramps"
    AGENT = "agent"  # the box's own: started, outbox quarantined, rows thinned


class MachineLink(StrEnum):
    """How the box gets on with its machine: four different troubles, four different people."""

    CONNECTED = "connected"
    SILENT = "silent"  # the port is open, the machine does not answer
    GARBLED = "garbled"  # bytes come, none of them a frame
    DISCONNECTED = "disconnected"  # the port is not there


class Reading(msgspec.Struct, frozen=True, array_like=True):
    """One sample of a machine.

    Attributes:
        seq: number within the epoch, shared with events; never reused.
        values: catalogue number -> value in the catalogue's unit; absent = not measured.
        invalid: bit n set = signal n was sent but is implausible, so it is not in `values`.
        extras: what this model says beyond the catalogue, as text; only when it changed.
    """

    seq: int
    time_us: int
    mono_ms: int
    flags: int
    phase: int
    values: dict[int, float]
    invalid: int = 0
    extras: dict[str, str] = {}


class Event(msgspec.Struct, frozen=True, array_like=True):
    """Something that began, ended or was noted, numbered in the same sequence as readings.

    Attributes:
        name: MDC reference id of an alarm, or our own word for the other kinds.
        code: MDC numeric code, 0 where there is none.
        active: True when it begins or is noted, False when it ends.
        signal: the catalogue name of the source signal, or empty.
        text: what a person may want to read; never personal data; at most 200 characters.
    """

    seq: int
    time_us: int
    mono_ms: int
    flags: int
    kind: EventKind
    name: str
    code: int
    active: bool
    signal: str = ""
    text: str = ""


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """What one `up` message carries. Columns are little-endian; see `telemetry.wire` for how to build and check one.

    Attributes:
        epoch: 16 hex digits, born with the outbox file.
        count: number of rows; every per-row column has this many entries.
        offsets: uint32 per row, seq − first_seq, strictly increasing; empty = 0, 1, 2, ….
        times: int64 per row, microseconds. monos: int64 per row, milliseconds. flags, phases: uint8 per row.
        invalid: uint64 per row; empty = all zero.
        columns: catalogue number -> float32 per row; NaN = not measured.
        extras: row index -> vendor extras.
    """

    version: int
    unit: str
    epoch: str
    boot: str
    sent_us: int
    lane: Lane
    first_seq: int
    count: int
    offsets: bytes
    times: bytes
    monos: bytes
    flags: bytes
    phases: bytes
    invalid: bytes
    columns: dict[int, bytes]
    events: list[Event] = []
    extras: dict[int, dict[str, str]] = {}


class Status(msgspec.Struct, frozen=True, array_like=True):
    """How a box is: retained on `status`, and the last will with `online` False.

    Attributes:
        trouble: what keeps the box from keeping readings (disk full, disk failing), empty when all is well.
        config_serial: the remote configuration in force, 0 = the file's own.
        config_trouble: why the newest one that came is not in force, empty when it is.
        certificate_until_us: when the box's certificate ends, 0 without one.
    """

    version: int
    unit: str
    online: bool
    sent_us: int
    epoch: str = ""
    boot: str = ""
    agent_version: str = ""
    synchronised: bool = False
    machine: MachineLink = MachineLink.DISCONNECTED
    protocol: str = ""
    profile: str = ""
    outbox_rows: int = 0
    outbox_oldest_us: int = 0
    thinned: int = 0
    rejected: int = 0
    trouble: str = ""
    config_serial: int = 0
    config_trouble: str = ""
    certificate_until_us: int = 0


class Refusal(msgspec.Struct, frozen=True, array_like=True):
    """Rows ingest will never store: the agent sets them aside, counts them and reports them."""

    first: int
    last: int
    reason: str


class Ack(msgspec.Struct, frozen=True, array_like=True, tag="ack"):
    """Sent on `down` after the commit: these seqs (inclusive ranges) are stored and may be forgotten."""

    epoch: str
    ranges: list[tuple[int, int]]
    refused: list[Refusal] = []


class Certificate(msgspec.Struct, frozen=True, array_like=True, tag="cert"):
    """Sent on `down`: the answer to a request for a new certificate.

    Attributes:
        chain: PEM, the unit's own certificate first. until_us: when that one ends.
    """

    chain: str
    until_us: int


class CertificateRequest(msgspec.Struct, frozen=True, array_like=True):
    """Sent on `csr` before the certificate in use ends.

    Attributes:
        request: PKCS #10 in DER, signed by the new key.
        proof: of `telemetry.wire.proven_part`, by the key of the certificate in use (ECDSA with SHA-256, DER). Empty
            from boxes that know none, which get nothing.
    """

    version: int
    unit: str
    sent_us: int
    request: bytes
    proof: bytes = b""


class SignedConfig(msgspec.Struct, frozen=True, array_like=True):
    """A remote configuration, retained on `config`.

    Attributes:
        serial: rises by one with every change; a box never goes back to a lower one.
        settings: the changed settings as TOML, UTF-8.
        signature: of `telemetry.wire.signed_part`, by the key of `signer` (a certificate in DER).
    """

    version: int
    unit: str
    serial: int
    settings: bytes
    signature: bytes
    signer: bytes


class LiveReading(msgspec.Struct, frozen=True, array_like=True):
    """The newest committed values of one unit."""

    unit: str
    time_us: int
    received_us: int
    seq: int
    phase: int
    flags: int
    invalid: int
    values: dict[int, float]


class UnsavedAlert(msgspec.Struct, frozen=True, array_like=True):
    """Where an alert stands that changed while the database took nothing: on no record yet, to be saved once it does.

    Attributes:
        priority, state: words of `telemetry.alarms`, of the condition as it stands now.
        since_us: sample time at which it began. time_us: of the finding that `reason`, `inputs`, `limits` are of.
        again: its rule has told it anew since nothing can be saved.
    """

    unit: str
    rule: str
    rule_version: str
    priority: str
    state: str
    since_us: int
    time_us: int
    reason: str
    inputs: dict[str, float]
    limits: dict[str, float]
    again: bool = False


class LiveFrame(msgspec.Struct, frozen=True, array_like=True):
    """What ingest committed since its last frame for one shard; also sent empty once a second as a heartbeat.

    While the database takes nothing, what ingest received and judged instead.

    Attributes:
        unsaved_since_us: server time since when nothing could be committed; 0: everything here is.
        unsaved: then all such alerts of the shard's units, in every frame anew: a frame replaces the one before.
        unsaved_left_out: how many of them this frame had no room for; what frames before it told of others still holds.
    """

    version: int
    server_us: int
    readings: list[LiveReading] = []
    statuses: list[Status] = []
    unsaved_since_us: int = 0
    unsaved: list[UnsavedAlert] = []
    unsaved_left_out: int = 0
