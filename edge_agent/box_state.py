"""How the box is, in words and lights for whoever stands in front of it. Pure, and nothing in it is about a person.

Left out on purpose: the unit's id and name, and every value the machine measured. Whoever reads this may be a guest in
the patient's home network.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from telemetry.clock import MICROSECONDS
from telemetry.messages import MachineLink

FRESH_READING_S: Final = 75.0  # the slowest poll allowed is 60 s
STALE_STATE_S: Final = 15.0  # the state is taken every second: older, and the agent hangs
SETTLING_S: Final = 60.0  # so long after the start nobody need worry that there is no connection yet
MANY_ROWS: Final = 120  # two minutes at one reading a second: more is a backlog
NEARLY_FULL: Final = 0.9
RECENT_S: Final = 86_400.0  # rows set aside so lately want somebody to look; the count alone stays for ever
DAY_US: Final = 86_400 * MICROSECONDS
RENEW_BEFORE_DAYS: Final = 14  # the agent renews long before; so near the end something keeps it from doing so


class Light(StrEnum):
    """Three states, each with a word of its own: not everybody sees the colours apart."""

    GREEN = "good"
    AMBER = "look"
    RED = "trouble"


_ORDER: Final = tuple(Light)


class Lamp(NamedTuple):
    """One part of the box: its light, what is so, what to do."""

    part: str
    light: Light
    text: str
    hint: str = ""


class BoxState(msgspec.Struct, frozen=True):
    """What the agent knows of itself.

    Attributes:
        taken_us: when this was true. uptime_s: of the agent, not of the box.
        reading_age_s: since the last reading, None when there was none since the start.
        outbox_share: of the space it may take, 0…1. lost: readings that had to be given up, ever.
        rejected: rows set aside, ever. rejected_age_s: since the last of them, or the start if that was later.
        trouble: why the disk refuses. broker: why there is no connection. Both empty when all is well.
        certificate_until_us: 0 without one.
    """

    version: str
    taken_us: int
    uptime_s: float
    machine: MachineLink
    reading_age_s: float | None
    outbox_rows: int
    outbox_share: float
    lost: int
    rejected: int
    trouble: str
    broker: str
    synchronised: bool
    certificate_until_us: int = 0
    config_serial: int = 0
    config_trouble: str = ""
    rejected_age_s: float | None = None


def lamps(state: BoxState, now_us: int) -> list[Lamp]:
    """Every part, in the order a technician looks at them."""
    found = [
        _agent(state, now_us),
        _machine(state),
        _broker(state),
        _outbox(state),
        _disk(state),
        _clock(state),
        _certificate(state, now_us),
        _settings(state),
    ]
    return [lamp for lamp in found if lamp is not None]


def worst(found: Sequence[Lamp]) -> Light:
    """The light of the whole box."""
    return max((lamp.light for lamp in found), key=_ORDER.index, default=Light.GREEN)


def summary(state: BoxState) -> str:
    """One line for `systemctl status`."""
    broker = f"no connection ({state.broker})" if state.broker else "connected"
    disk = f"; disk: {state.trouble}" if state.trouble else ""
    return f"machine {state.machine.value}; broker {broker}; {state.outbox_rows} rows wait{disk}"


def _agent(state: BoxState, now_us: int) -> Lamp:
    age_s = (now_us - state.taken_us) / MICROSECONDS
    if age_s > STALE_STATE_S:
        return Lamp("agent", Light.RED, f"has not answered for {_ago(age_s)}", "it is started anew within a minute")
    return Lamp("agent", Light.GREEN, f"running for {_ago(state.uptime_s)}, version {state.version}")


def _machine(state: BoxState) -> Lamp:
    if state.machine is MachineLink.DISCONNECTED:
        hint = "plug in the cable or the adapter at the box"
        return Lamp("machine", Light.RED, "not connected: the port is not there", hint)
    if state.machine is MachineLink.SILENT:
        hint = "normal while it is switched off; else look at the cable at the machine's end"
        return Lamp("machine", Light.AMBER, "does not answer", hint)
    if state.machine is MachineLink.GARBLED:
        hint = "the model in the settings is another, or the line is disturbed"
        return Lamp("machine", Light.RED, "talks, but cannot be understood", hint)
    if state.reading_age_s is None or state.reading_age_s > FRESH_READING_S:
        age = "none yet" if state.reading_age_s is None else f"the last {_ago(state.reading_age_s)} ago"
        return Lamp("machine", Light.AMBER, f"answers, but no reading comes ({age})", "wait a minute, then ask support")
    return Lamp("machine", Light.GREEN, f"connected, last reading {_ago(state.reading_age_s)} ago")


def _broker(state: BoxState) -> Lamp:
    if not state.broker:
        return Lamp("clinic", Light.GREEN, "connected")
    if state.uptime_s < SETTLING_S:
        return Lamp("clinic", Light.AMBER, f"connecting: {state.broker}")
    hint = "readings are kept and sent later; look at the home's internet, then ask `homehd doctor`"
    return Lamp("clinic", Light.RED, f"no connection: {state.broker}", hint)


def _outbox(state: BoxState) -> Lamp:
    text = f"{state.outbox_rows} rows, {_share(state.outbox_share)} of the space"
    if state.outbox_share >= NEARLY_FULL:
        hint = "the oldest readings will be thinned: bring the connection back"
        return Lamp("waiting to be sent", Light.RED, text, hint)
    if state.rejected:
        text += f", {state.rejected} set aside"
    if state.rejected_age_s is not None and state.rejected_age_s < RECENT_S:
        text += f", the last {_ago(state.rejected_age_s)} ago"
        return Lamp("waiting to be sent", Light.AMBER, text, "ask support: `homehd edge --requeue` once it is mended")
    if state.outbox_rows > MANY_ROWS:
        hint = "they go out by themselves once the clinic is connected"
        return Lamp("waiting to be sent", Light.AMBER, text, hint)
    return Lamp("waiting to be sent", Light.GREEN, text)


def _disk(state: BoxState) -> Lamp:
    if state.trouble:
        return Lamp("disk", Light.RED, state.trouble, "make room or replace the card; readings wait in memory")
    if state.lost:
        return Lamp("disk", Light.GREEN, f"works; {state.lost} readings had to be given up in the past")
    return Lamp("disk", Light.GREEN, "works")


def _clock(state: BoxState) -> Lamp:
    if state.synchronised:
        return Lamp("clock", Light.GREEN, "right")
    hint = "needs the internet; readings are put right afterwards"
    return Lamp("clock", Light.AMBER, "not known to be right yet", hint)


def _certificate(state: BoxState, now_us: int) -> Lamp | None:
    if not state.certificate_until_us:
        return None
    if not state.synchronised:
        return Lamp("certificate", Light.AMBER, "cannot be judged before the clock is right")
    days = (state.certificate_until_us - now_us) // DAY_US
    if days < 0:
        return Lamp("certificate", Light.RED, "has ended", "enrol the box anew: `homehd enrol`")
    if days < RENEW_BEFORE_DAYS:
        hint = "it is renewed over the link; if this stays, ask support"
        return Lamp("certificate", Light.AMBER, f"ends in {days} days", hint)
    return Lamp("certificate", Light.GREEN, f"good for {days} days")


def _settings(state: BoxState) -> Lamp:
    which = f"version {state.config_serial}" if state.config_serial else "as they are on the box"
    if state.config_trouble:
        return Lamp("settings", Light.AMBER, f"{which}; {state.config_trouble}")
    return Lamp("settings", Light.GREEN, which)


def _share(share: float) -> str:
    return "less than 1%" if share < 0.01 else f"{share:.0%}"


def _ago(seconds: float) -> str:
    if seconds < 120:
        return f"{max(seconds, 0):.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"
