"""What is not saved, home by home: live frames and the card put together into cases. Pure: time is handed in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from alerts.escalation import StepKind
from alerts.responsibility import ACCEPTED_FOR_S, Answerable, Standing
from alerts.routing import AlertFacts, Home
from alerts.shelving import Shelf, ShelfKind
from notifier.away.card import Card, CardAlert, CardNotice, CardShelf, CardUnit
from notifier.away.cases import Case, Now
from notifier.away.records import NO_HOME, Key, Step
from telemetry.alarms import ConditionState, Priority
from telemetry.messages import LiveFrame, UnsavedAlert
from telemetry.rota import Audience
from telemetry.treatment import Phase

# Ingest sends a frame of every shard each second.
HEARD_S: Final = 5.0
# No alert of ours has this number.
_NO_ID: Final = -1
# Held of all shards together: four for each of 5 000 homes. Beyond it none is added.
MAX_HELD: Final = 20_000


@dataclass(frozen=True, slots=True)
class Held:
    """An alert as a frame told it last. `told_us`: when this finding of it was first told (ingest's clock)."""

    shard: int
    alert: UnsavedAlert
    told_us: int


@dataclass(slots=True)
class Book:
    """What the frames say, and the cases.

    Attributes:
        causes: rule -> cause group. active: cases that are ours now.
        handed: those that the database goes on with, as they stood when it took over.
    """

    causes: Callable[[str], str]
    cases: dict[Key, Case] = field(default_factory=dict)
    active: set[Key] = field(default_factory=set)
    handed: dict[Key, Standing] = field(default_factory=dict)
    _held: dict[tuple[str, str], Held] = field(default_factory=dict)
    _since_us: dict[int, int] = field(default_factory=dict)
    _heard_s: dict[int, float] = field(default_factory=dict)
    _on_machine: set[str] = field(default_factory=set)

    def hear(self, shard: int, frame: LiveFrame, now_s: float) -> None:
        """Take note of a frame."""
        self._heard_s[shard], self._since_us[shard] = now_s, frame.unsaved_since_us
        for reading in frame.readings:
            (self._on_machine.add if reading.phase == Phase.TX else self._on_machine.discard)(reading.unit)
        if not frame.unsaved_since_us:
            self._held = {key: held for key, held in self._held.items() if held.shard != shard}
            return
        told = {(alert.unit, alert.rule): alert for alert in frame.unsaved}
        if not frame.unsaved_left_out:
            for key, held in self._held.items():
                if held.shard == shard and key not in told:
                    # It ended without having been on record.
                    self._held[key] = replace(held, alert=_ended(held.alert))
        for key, alert in told.items():
            if key in self._held or len(self._held) < MAX_HELD:
                before = self._held.get(key)
                same = before is not None and before.alert.time_us == alert.time_us
                self._held[key] = Held(shard, alert, before.told_us if before and same else frame.server_us)

    def hear_step(self, step: Step) -> None:
        """A step of which another notifier has sent something."""
        if step.unit_id != NO_HOME:
            key = step.key
            self.cases.setdefault(key, Case(*key, Standing(Answerable.NOBODY, Priority(step.priority)))).hear(step)

    def resume(self, steps: Iterable[Step]) -> None:
        """Go on from the journal."""
        of: defaultdict[Key, list[Step]] = defaultdict(list)
        for step in steps:
            of[step.key].append(step)
        for key, own in of.items():
            if key[0] != NO_HOME:
                self.cases[key] = _resumed(key, own)

    @property
    def since_us(self) -> int:
        """Since when something is not saved, by the frames; 0: all is, or nobody has said anything."""
        return min((since for since in self._since_us.values() if since), default=0)

    def saves(self, now_s: float) -> bool:
        """Whether ingest says that it saves: then what is open is in the database, and somebody pages from there."""
        return any(not self._since_us[shard] for shard, heard_s in self._heard_s.items() if now_s - heard_s <= HEARD_S)

    def due(
        self, card: Card, now: Now, now_s: float, *, silent: bool, receipt: Callable[[], str]
    ) -> list[Step]:  # fmt: skip
        """The steps that are ours to take now, the most important first. `now.people` and `now.ways` are not looked at.

        `silent`: whether our own database does not answer.
        """
        if silent:
            self.handed.clear()
        facts = self._facts(card, adopt=silent and not self.saves(now_s))
        units = {unit.unit_id: unit for unit in card.units}
        notices = {(one.unit_id, one.cause): one for one in card.notices}
        # Of what nobody has paged about nothing need be known once it is over.
        self.cases = {key: case for key, case in self.cases.items() if key in facts or case.touched_us or case.heard}
        self._take_back(facts)
        self.active = set(facts) - self.handed.keys()
        steps: list[Step] = []
        asked: dict[int | None, Now] = {}
        for key in sorted(facts, key=lambda key: (-_top(facts[key]).rank, key)):
            if key in self.active:
                case, unit = self._case(key, facts[key], notices.get(key), card), units[key[0]]
                if unit.clinic_id not in asked:
                    people = card.people(unit.clinic_id, Audience.CLINICAL, now.now_us)
                    asked[unit.clinic_id] = replace(now, people=people, ways=card.ways(people))
                steps += case.advance(facts[key], self._home(unit), asked[unit.clinic_id], receipt)
        return steps

    def wants(self, step: Step) -> bool:
        """Whether pages of a step are still to be sent: its round lasts, and nobody else goes on with it."""
        case = self.cases.get(step.key)
        return step.key in self.active and case is not None and case.asks and case.standing.round == step.round

    def hand_over(self, key: Key, steps: Sequence[Step] = ()) -> None:
        """The database goes on with it: it has all that we know, `steps` among it."""
        case = self.cases.pop(key, None) or (_resumed(key, steps) if steps else None)
        if case is not None:
            self.handed[key] = case.standing
        else:
            self.handed.setdefault(key, Standing(Answerable.NOBODY, Priority.HIGH))
        self.active.discard(key)

    def is_over(self) -> None:
        """The database answers, and everything is saved: what comes now is of another outage."""
        self.handed.clear()

    def _take_back(self, facts: Mapping[Key, Sequence[AlertFacts]]) -> None:
        """What has risen since it was handed over is known to nobody else."""
        for key in [key for key in facts if key in self.handed]:
            if _top(facts[key]).rank > self.handed[key].priority.rank:
                self.cases[key] = Case(*key, self.handed.pop(key))

    def _case(self, key: Key, alerts: Sequence[AlertFacts], notice: CardNotice | None, card: Card) -> Case:
        case = self.cases.get(key)
        if case is None:
            case = Case(*key, Standing(Answerable.NOBODY, _top(alerts)))
        # Until we have done something about it, it is as the card has it, unless the card is older than what was handed
        # over; and a person's word counts more than ours.
        untouched = not case.touched_us and not case.heard
        if notice is not None and untouched and notice.round >= case.standing.round:
            case = _adopted(notice)
        elif notice is not None and card.written_us > case.touched_us and _answers(notice, case):
            case.standing = _standing(notice)
        self.cases[key] = case
        return case

    def _home(self, unit: CardUnit) -> Home:
        on_machine = unit.in_treatment or unit.name in self._on_machine
        return Home(on_machine, unit.out_of_service, unit.out_until_us, "", unit.is_test)

    def _facts(self, card: Card, *, adopt: bool) -> dict[Key, list[AlertFacts]]:
        """The alerts of each case: those of open notices, and over them what is not saved."""
        ids = {unit.name: unit.unit_id for unit in card.units}
        shelves = {(one.unit_id, one.rule): _shelf(one) for one in card.shelves}
        known = {(one.unit_id, alert.rule): alert for one in card.notices for alert in one.alerts}
        accepted = {(one.unit_id, one.cause): _accepted_us(one) for one in card.notices}
        unsaved = {(ids[name], rule): held for (name, rule), held in self._held.items() if name in ids}
        touched = {(unit_id, self.causes(rule)) for unit_id, rule in unsaved}
        found: defaultdict[Key, list[AlertFacts]] = defaultdict(list)
        for at in {**known, **unsaved}:
            key = at[0], self.causes(at[1])
            # What stands in the database and has not changed is ours only where nobody goes on with it there.
            if adopt or key in touched:
                said = known.get(at), unsaved.get(at), shelves.get(at)
                found[key].append(_fact(at[1], key[1], *said, accepted.get(key, 0)))
        return found


def _fact(
    rule: str, cause: str, known: CardAlert | None, unsaved: Held | None, shelf: Shelf | None, accepted_us: int
) -> AlertFacts:  # fmt: skip
    newest = unsaved.alert if unsaved else known
    assert newest is not None
    # Who accepted after it was told could know of it: then it has not come again.
    is_news = unsaved is None or unsaved.told_us > accepted_us
    return AlertFacts(
        known.alert_id if known else _NO_ID, rule, cause, Priority(newest.priority), ConditionState(newest.state),
        late=unsaved is None and known is not None and known.late, shelf=shelf,
        seen_before=known is not None and known.seen_before and is_news,
        again=shelf is not None and newest.again and is_news,
    )  # fmt: skip


def _shelf(one: CardShelf) -> Shelf:
    return Shelf(ShelfKind(one.kind), Priority(one.priority), one.alert_id, one.until_us)


def _adopted(notice: CardNotice) -> Case:
    return Case(
        notice.unit_id, notice.cause, _standing(notice), notice.began_us, {StepKind(kind) for kind in notice.done},
        used={one.channel_id for one in notice.used},
        received=frozenset(one.user_id for one in notice.used if one.received),
        rejected=frozenset(one.user_id for one in notice.used if one.rejected),
        rounds=1,
    )  # fmt: skip


def _resumed(key: Key, steps: Sequence[Step]) -> Case:
    case = Case(*key, Standing(Answerable.NOBODY, Priority(steps[0].priority)))
    case.resume(steps)
    return case


def _answers(notice: CardNotice, case: Case) -> bool:
    """Whether somebody has accepted what the case asks: neither less than that, nor before it was asked."""
    enough = Priority(notice.priority).rank >= case.standing.priority.rank
    return notice.state == Answerable.ACCEPTED and enough and _accepted_us(notice) >= case.began_us


def _accepted_us(notice: CardNotice) -> int:
    """When somebody has accepted it; 0: nobody has."""
    if notice.state != Answerable.ACCEPTED or notice.accepted_until_us is None:
        return 0
    return notice.accepted_until_us - ACCEPTED_FOR_S[Priority(notice.priority)] * 1_000_000


def _standing(notice: CardNotice) -> Standing:
    return Standing(
        Answerable(notice.state), Priority(notice.priority), notice.round, notice.accepted_by, notice.accepted_until_us
    )


def _top(alerts: Sequence[AlertFacts]) -> Priority:
    open_now = [one.priority for one in alerts if one.state is not ConditionState.NORMAL]
    return max(open_now, key=lambda priority: priority.rank, default=Priority.LOW)


def _ended(alert: UnsavedAlert) -> UnsavedAlert:
    fields = {name: getattr(alert, name) for name in alert.__struct_fields__}
    return UnsavedAlert(**{**fields, "state": str(ConditionState.NORMAL)})
