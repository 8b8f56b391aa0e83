"""How the services are, as findings, worst first. Pure. What is not known is "unknown", and never "good"."""

from __future__ import annotations

from typing import Final

from clinician_api.live.views import View, moment
from evaluation.links import beat_of
from store import data_disk
from store.heartbeat import Heartbeat
from store.system import System
from telemetry import topics
from telemetry.disk_limits import Limits

SECOND_US: Final = 1_000_000
DAY_US: Final = 86_400 * SECOND_US
# Ingest, a registrar and `homehd hl7` beat every two seconds, a notifier every one, an API every three.
SILENT_US: Final = 10 * SECOND_US
# An instance that is gone is of no interest where others do its work, after so long.
GONE_US: Final = 3600 * SECOND_US
LAG_S: Final = 5.0
SKEW_S: Final = 2.0
FULL_AT: Final = 0.9
FILLING_AT: Final = 0.8
BEHIND_BYTES: Final = 1e9
TEST_DUE_US: Final = 26 * 3600 * SECOND_US
AUDIT_DUE_US: Final = 7 * DAY_US
CERTIFICATE_DAYS: Final = 14.0
_OF_THE_DATABASE: Final = (
    "ingest", "notifier", "api", "versions", "disk", "backup", "lag", "selftest", "channels", "certificates",
    "quarantine", "clocks", "audit",
)  # fmt: skip
_LIMITS: Final = Limits()
_RANK: Final = {"bad": 0, "unknown": 1, "attention": 2, "good": 3}


def parts(
    found: System | None, now_us: int, broker_hears: bool, own: str = "", limits: Limits = _LIMITS
) -> list[View]:  # fmt: skip
    """`SystemPart`s. `found` None: the database does not answer. `broker_hears`: whether live frames come to us.

    `own`: the version of this server. `limits`: when the database's disk is low, and when as good as full.
    """
    hears = _part("broker", "good" if broker_hears else "bad")
    if found is None:
        every = [_part("database", "bad"), hears, *(_part(name, "unknown") for name in _OF_THE_DATABASE)]
    else:
        every = [
            *_ingests(found), *_instances(found, "notifier"), *_instances(found, "api"),
            *_if_any(found, "registrar"), *_if_any(found, "hl7"),
            _versions(found, own), _database(found), _disk(found, limits), _backup(found), hears, _lag(found),
            _selftest(found), *_channels(found), _certificates(found), _clocks(found, now_us), _audit(found),
            _part("quarantine", "attention" if found.quarantined else "good", messages=found.quarantined),
        ]  # fmt: skip
    return sorted(every, key=lambda part: _RANK[part["standing"]])


def _ingests(found: System) -> list[View]:
    beats = [(beat, beat_of(beat)) for beat in found.beats if beat.service == "ingest"]
    if not beats:
        return [_part("ingest", "unknown")]
    owned = sum(word.shards for beat, word in beats if found.now_us - beat.at_us < SILENT_US)
    shown = []
    for beat, word in beats:
        age_us = found.now_us - beat.at_us
        silent = age_us >= SILENT_US
        if silent and owned >= topics.SHARDS and age_us > GONE_US:
            continue
        well = word.stores and word.hears and word.judges_silence
        standing = ("attention" if owned >= topics.SHARDS else "bad") if silent else "good" if well else "bad"
        if not silent and owned < topics.SHARDS:
            standing = "bad"
        figures = {"age_s": age_us / SECOND_US, "shards": float(word.shards), "of": float(topics.SHARDS)}
        shown.append(_part("ingest", standing, beat.instance, beat.at_us, _version(beat), **figures))
    return shown


def _instances(found: System, service: str) -> list[View]:
    beats = [beat for beat in found.beats if beat.service == service]
    if not beats:
        return [_part(service, "unknown")]
    alive = any(found.now_us - beat.at_us < SILENT_US for beat in beats)
    shown = []
    for number, beat in enumerate(beats):
        age_us = found.now_us - beat.at_us
        # Every start is a new instance: those before are shown for a while, and the newest where none is alive.
        if age_us >= SILENT_US and (alive or number):
            continue
        standing = "good" if age_us < SILENT_US else "bad"
        shown.append(_part(service, standing, beat.instance, beat.at_us, _version(beat), age_s=age_us / SECOND_US))
    return shown


def _if_any(found: System, service: str) -> list[View]:
    # Not every installation has one: where none was ever heard there is nothing to be missed.
    return _instances(found, service) if any(beat.service == service for beat in found.beats) else []


def _versions(found: System, own: str) -> View:
    """Whether all that run are of one version; `own` is ours. One that does not say is of a release before ("?")."""
    alive = [beat for beat in found.beats if found.now_us - beat.at_us < SILENT_US]
    said = {own, *("?" if (version := _version(beat)) is None else version for beat in alive)} - {""}
    differ = len(said) > 1
    return _part("versions", "attention" if differ else "good", ", ".join(sorted(said)), running=float(len(alive)))


def _version(beat: Heartbeat) -> str | None:
    said = beat.detail.get("version")
    return None if said is None else str(said)


def _disk(found: System, limits: Limits) -> View:
    disk = data_disk.latest(found.beats, found.now_us)
    if disk is None:
        return _part("disk", "unknown")
    standing = "bad" if disk.share < limits.full else "attention" if disk.share < limits.low else "good"
    return _part("disk", standing, disk.folder, free_bytes=disk.free_bytes, size_bytes=disk.size_bytes)


def _database(found: System) -> View:
    full = found.connections / found.most
    return _part(
        "database", _by(full, FILLING_AT, FULL_AT), size_bytes=found.size_bytes, connections=found.connections,
        most=found.most,
    )  # fmt: skip


def _backup(found: System) -> View:
    stream = found.stream
    if not stream.active:
        return _part("backup", "bad" if stream.behind_bytes else "unknown", streams=0.0)
    standing = "attention" if stream.behind_bytes > BEHIND_BYTES else "good"
    return _part("backup", standing, streams=float(stream.active), behind_bytes=stream.behind_bytes)


def _lag(found: System) -> View:
    if found.p99_s is None:
        return _part("lag", "unknown", p50_s=None, p99_s=None, readings=0.0)
    standing = "attention" if found.p99_s > LAG_S else "good"
    return _part("lag", standing, p50_s=found.p50_s, p99_s=found.p99_s, readings=float(found.sampled))


def _selftest(found: System) -> View:
    test = found.selftest
    if test is None or test.begun_us is None:
        return _part("selftest", "unknown")
    if test.broken:
        return _part("selftest", "bad", str(test.broken), test.begun_us)
    if test.ended_us is None or found.now_us - test.begun_us > TEST_DUE_US:
        return _part("selftest", "unknown", "", test.begun_us)
    return _part("selftest", "good", "", test.begun_us)


def _channels(found: System) -> list[View]:
    if not found.channels:
        return [_part("channels", "unknown", pages=0.0)]
    return [
        _part("channels", _by(failed / pages, 1e-9, 1.0), kind, pages=pages, failed=failed)
        for kind, pages, failed in found.channels
    ]


def _certificates(found: System) -> View:
    if found.certificate_us is None:
        return _part("certificates", "unknown", homes=found.units_ending)
    days = (found.certificate_us - found.now_us) / DAY_US
    standing = "bad" if days < 0 else "attention" if days < CERTIFICATE_DAYS or found.units_ending else "good"
    return _part("certificates", standing, "", found.certificate_us, days=days, homes=found.units_ending)


def _clocks(found: System, now_us: int) -> View:
    skew_s = abs(found.now_us - now_us) / SECOND_US
    standing = "bad" if skew_s > SKEW_S else "attention" if found.unsynchronised else "good"
    return _part("clocks", standing, skew_s=skew_s, unsynchronised=found.unsynchronised, online=found.online)


def _audit(found: System) -> View:
    last = found.audit
    if last is None:
        return _part("audit", "unknown")
    if last.broken is not None:
        return _part("audit", "bad", "", last.ended_us, row=float(last.broken))
    standing = "unknown" if found.now_us - last.ended_us > AUDIT_DUE_US else "good"
    return _part("audit", standing, "", last.ended_us, rows=float(last.held))


def _by(share: float, attention: float, bad: float) -> str:
    return "bad" if share >= bad else "attention" if share >= attention else "good"


def _part(
    part: str, standing: str, name: str = "", at_us: int | None = None, version: str | None = None,
    **figures: float | None,
) -> View:  # fmt: skip
    at = None if at_us is None else moment(at_us)
    return {"part": part, "name": name, "standing": standing, "at": at, "version": version, "figures": figures}
