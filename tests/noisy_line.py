"""A machine's answers on a line that damages bytes, for the codec alone: no port, no clock, everything from a seed."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from protocols.events import Observation
from protocols.jsdt.agreement import PATIENCE
from protocols.jsdt.decoder import JsdtDecoder
from protocols.jsdt.encode import encode
from protocols.jsdt.profile import Profile
from simulators.machine import Machine
from simulators.scenario import Beginning, build, load_scenario

CONFIRMING_POLLS = 3  # as edge_agent.serial_link asks at most
ANSWER_S = 0.25
LONGEST_S = 8 * 3600.0
Damage = Callable[[Random, bytes], bytes]


def bytes_flipped(rate: float) -> Damage:
    """Every byte, with this probability, has one bit flipped: the hardest for a sum, since flips cancel."""

    def damage(rng: Random, frame: bytes) -> bytes:
        return bytes(b ^ (1 << rng.randrange(8)) if rng.random() < rate else b for b in frame)

    return damage


def bits_flipped(rate: float) -> Damage:
    """Every bit, with this probability, is flipped."""

    def damage(rng: Random, frame: bytes) -> bytes:
        return bytes(b ^ sum(1 << bit for bit in range(8) if rng.random() < rate) for b in frame)

    return damage


def isolated(every: int, flips: int = 2) -> Damage:
    """One frame in `every` has exactly `flips` of its bytes damaged by one bit each; all others are good."""

    def damage(rng: Random, frame: bytes) -> bytes:
        if rng.randrange(every):
            return frame
        bad = bytearray(frame)
        for at in rng.sample(range(len(frame)), flips):
            bad[at] ^= 1 << rng.randrange(8)
        return bytes(bad)

    return damage


@dataclass
class Tally:
    """What became of the answers.

    Attributes:
        outcomes: answered, damaged, believed (observations), right, stale (a value the machine showed up to
            PATIENCE + 1 answers before), wrong (a value or alarm it never showed of late).
        wrong: (signal, believed, shown) of each wrong one.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[str, object, object]] = field(default_factory=list)


def run(profile: Profile, damage: Damage, answers: int, seed: int, *, cautious: bool = True) -> Tally:
    """Poll a simulated treatment once a second until it has answered so often."""
    rng, tally = Random(seed), Tally()
    machine = _machine(seed)
    decoder = JsdtDecoder(profile, cautious=cautious)
    plain = JsdtDecoder(profile)
    shown: deque[Observation] = deque(maxlen=2 + PATIENCE)

    def answer(step_s: float) -> None:
        nonlocal machine
        if machine.time_s > LONGEST_S:
            machine = _machine(rng.randrange(1 << 30))
        machine.step(step_s)
        frame = encode(profile, machine.values, machine.alarms, phase=machine.phase)
        shown.append(next(o for o in plain.receive(frame) if isinstance(o, Observation)))
        on_the_line = damage(rng, frame)
        tally.outcomes["answered"] += 1
        tally.outcomes["damaged"] += on_the_line != frame
        items = [*decoder.receive(on_the_line), *decoder.idle()]
        for seen in (item for item in items if isinstance(item, Observation)):
            tally.outcomes["believed"] += 1
            tally.outcomes[_verdict(seen, shown, tally)] += 1

    while tally.outcomes["answered"] < answers:
        answer(1.0 - ANSWER_S)
        for _ in range(CONFIRMING_POLLS):
            if decoder.unsure:
                answer(ANSWER_S)
    return tally


def _machine(seed: int) -> Machine:
    return build(load_scenario("steady"), seed, Beginning(30.0, 1e9, 600.0))


def _verdict(seen: Observation, shown: deque[Observation], tally: Tally) -> str:
    verdict = "right"
    parts = [*seen.values.items(), ("alarms", seen.alarms), *((name, None) for name in seen.invalid)]
    for name, value in parts:
        history = [old.alarms if name == "alarms" else old.values.get(name) for old in reversed(shown)]
        if value not in history:
            tally.wrong.append((name, value, history[0]))
            return "wrong"
        if value != history[0]:
            verdict = "stale"
    tally.outcomes["values"] += len(seen.values)
    return verdict
