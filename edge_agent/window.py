"""What to send next, what to send again, and what is settled. Pure: no I/O, no clock; `now` is monotonic seconds.

Every unsettled row is in exactly one of three places:

* *unsent*: waiting; a set of ranges, so that days of backlog cost a few integers;
* *in flight*: handed to the broker, not yet acknowledged by ingest;
* *suspect*: sent, and something went wrong that may be its fault (`edge_agent.suspects`).

Order of sending: rows of the last seconds (live), then events however old, then the backlog, oldest first. Two things
are bounded: messages in flight per lane, and backlog rows in flight; the latter follows what the line carries
(`edge_agent.pace`), so that on a thin one a live row never queues behind seconds of backlog.

Nothing acknowledged for one time-out means the path is down, not the rows: the *stall*. Live rows then go on being
sent once each, as ever, and are the probe; the backlog goes down to one message with a growing time-out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from edge_agent.pace import Pace, PaceTuning
from edge_agent.seqset import SeqSet
from edge_agent.suspects import Suspect, Suspects
from edge_agent.waiting import Waiting
from telemetry.messages import Lane
from telemetry.wire import MAX_EVENTS, MAX_ROWS


@dataclass(frozen=True, slots=True)
class WindowTuning:
    """Limits, each with its reason.

    Attributes:
        live_messages: in flight in the live lane; ten rows a second and acknowledgements every three seconds.
        newest_every_s: when that many are in flight because nobody acknowledges, the newest rows go all the same, one
            message so often: who cannot store them may still show and judge them.
        backlog_messages: in flight in the backlog lane; more would only queue in the broker.
        pace: of the backlog.
        fresh_s: a row older than this when it is sent belongs to the backlog lane.
        ack_timeout_s, longest_timeout_s: first and longest wait for an acknowledgement.
        suspicion_s, suspicion_per_row_s: a disconnect that comes this soon after a message was sent may be its fault;
            a long message takes a while to reach a broker over a thin line.
        strikes: so many such disconnects in a row, with one row alone in flight, prove it.
    """

    live_messages: int = 32
    newest_every_s: float = 1.0
    backlog_messages: int = 4
    pace: PaceTuning = field(default_factory=PaceTuning)
    fresh_s: float = 10.0
    ack_timeout_s: float = 8.0
    longest_timeout_s: float = 60.0
    suspicion_s: float = 1.0
    suspicion_per_row_s: float = 0.03
    strikes: int = 5


@dataclass(frozen=True, slots=True)
class Pick:
    """Rows to send next in one message.

    Attributes:
        newest_first: if they do not all fit together, keep the newest.
        events: old events, ahead of the backlog.
    """

    seqs: tuple[int, ...]
    lane: Lane
    newest_first: bool = False
    events: bool = False
    suspect: Suspect | None = None


@dataclass(slots=True, eq=False)
class _Flight:
    seqs: set[int]
    sent_s: float
    deadline_s: float
    suspicious_until_s: float
    lane: Lane
    backlog: int  # rows of the backlog lane that were under way when it was sent, its own among them
    events: bool
    suspect: Suspect | None

    @property
    def isolate(self) -> bool:
        return self.suspect is not None and self.suspect.isolate


class Window:
    """The sending side's whole memory of what is unsettled."""

    def __init__(self, tuning: WindowTuning, rng: Random) -> None:
        self._tuning = tuning
        self._rng = rng
        self._waiting = Waiting(tuning.fresh_s)
        self._suspects = Suspects(tuning.strikes, tuning.ack_timeout_s, tuning.longest_timeout_s)
        self._flights: list[_Flight] = []
        self._in_flight: dict[int, _Flight] = {}
        self._connected = False
        self._last_ack_s = float("-inf")
        self._last_live_s = float("-inf")
        self._stall = 0  # time-outs in a row without any acknowledgement
        self._stalled_s = float("-inf")
        self._pace = Pace(tuning.pace)
        self.resent = 0  # rows whose time-out passed or whose connection broke

    def __len__(self) -> int:
        return len(self._waiting) + len(self._in_flight) + len(self._suspects)

    @property
    def in_flight(self) -> int:
        """Rows handed to the broker and not yet acknowledged."""
        return len(self._in_flight)

    @property
    def messages_in_flight(self) -> int:
        """Messages handed to the broker of which some row is not yet acknowledged."""
        return len(self._flights)

    def load(self, rows: Iterable[tuple[int, int, bool]]) -> None:
        """Rows found in the outbox, as (first, last, they are events); none of them counts as fresh."""
        for first, last, events in rows:
            self._waiting.load(first, last, events=events)

    def added(self, rows: Iterable[tuple[int, bool]], now: float) -> None:
        """Rows the outbox has just accepted, as (seq, is an event), in rising order."""
        for seq, is_event in rows:
            self._waiting.add(seq, is_event, now)

    def connected(self) -> None:
        """The broker is there: sending may begin."""
        self._connected = True
        self._stall = 0
        self._suspects.turn = False

    def disconnected(self, now: float) -> list[int]:
        """The broker is gone, and with it what was in flight. Gives rows proven to break the connection, forgotten."""
        self._connected = False
        self._pace.restart()  # the next connection may be over another line
        investigating = self._suspects.isolating or any(f.isolate for f in self._flights)
        flights, self._flights = self._flights, []
        self._in_flight.clear()
        poison: list[int] = []
        for flight in flights:
            soon = now <= flight.suspicious_until_s
            seqs = tuple(sorted(flight.seqs))
            self.resent += len(seqs)
            if flight.suspect is not None:
                poison += self._suspects.disconnected(
                    flight.suspect, seqs, soon=soon, worked_s=self._last_ack_s, now=now
                )
            elif not (soon and not investigating and self._suspects.accuse(seqs, isolate=True, now=now)):
                self._waiting.give_back(seqs)
        self._waiting.settle(set(poison))
        return poison

    def pick(self, now: float) -> Pick | None:
        """The next message's rows, or None when there is nothing to send or no room for it in flight."""
        self._expire(now)
        lately = [f for f in self._flights if now < f.suspicious_until_s]
        if not self._connected or any(f.isolate for f in lately):
            return None
        suspect = self._suspects.due(now)
        if suspect is not None and suspect.isolate and not self._stall and self._suspects.turn:
            # Only if nothing else was lately sent does a disconnect prove something: let the others pass first.
            return None if lately else _of(suspect)
        pick = self._pick_live(now) or self._pick_events()
        if pick is None and suspect is not None and self._room_for_backlog() and not (suspect.isolate and lately):
            pick = _of(suspect)
        return pick or self._pick_backlog()

    def sent(self, pick: Pick, seqs: Iterable[int], now: float) -> None:
        """These of the picked rows have been handed to the broker in one message; the others go on waiting."""
        sent = tuple(seqs)
        suspect = None if pick.suspect is None else self._suspects.take(pick.suspect, sent)
        if suspect is None:
            self._waiting.take(sent)
            self._suspects.turn = True
        flight = _Flight(
            seqs=set(sent),
            sent_s=now,
            deadline_s=now + self._timeout(pick.lane, suspect),
            suspicious_until_s=now + self._tuning.suspicion_s + len(sent) * self._tuning.suspicion_per_row_s,
            lane=pick.lane,
            backlog=self._backlog_under_way() + len(sent),
            events=pick.events,
            suspect=suspect,
        )
        self._flights.append(flight)
        if pick.lane is Lane.LIVE:
            self._last_live_s = now
        self._in_flight.update(dict.fromkeys(sent, flight))

    def acknowledged(self, seqs: Iterable[int], now: float) -> None:
        """Ingest has committed, or refused for good, these rows; also called with none for a repeated answer."""
        self._last_ack_s = now
        self._stall = 0
        for flight in self._drop(set(seqs)):
            if flight.lane is Lane.BACKFILL:
                self._pace.acknowledged(flight.backlog, now - flight.sent_s)

    def under_way(self, ranges: Iterable[tuple[int, int]]) -> set[int]:
        """Which rows in flight lie in these ranges (first, last)."""
        covered = SeqSet()
        for first, last in ranges:
            covered.add(first, last)
        return {seq for seq in self._in_flight if seq in covered}

    def forget(self, seqs: Iterable[int]) -> None:
        """These rows are no longer in the outbox: dropped at its bound, or set aside."""
        self._drop(set(seqs))

    def next_deadline(self, now: float) -> float | None:
        """When `pick` should be asked again though nothing has happened; later than `now`, None if never."""
        times = [f.deadline_s for f in self._flights]
        due = self._suspects.next_due()
        if due is not None:
            times.append(due)
        times += [f.suspicious_until_s for f in self._flights if f.isolate or due is not None]
        return min((t for t in times if t > now), default=None)

    def _pick_live(self, now: float) -> Pick | None:
        seqs = self._waiting.fresh(MAX_ROWS, now)
        full = self._count(Lane.LIVE) >= self._tuning.live_messages
        if not seqs or (full and now - self._last_live_s < self._tuning.newest_every_s):
            return None
        return Pick(seqs, Lane.LIVE, newest_first=True)

    def _pick_events(self) -> Pick | None:
        # One message above the backlog's own bounds: an event never waits for old readings to be acknowledged.
        if self._stall:
            room = not self._count(Lane.BACKFILL)
        else:
            room = self._room_for_backlog() > 0 or not any(flight.events for flight in self._flights)
        seqs = self._waiting.events(MAX_EVENTS) if room else ()
        return Pick(seqs, Lane.BACKFILL, events=True) if seqs else None

    def _pick_backlog(self) -> Pick | None:
        room = self._room_for_backlog()
        seqs = self._waiting.oldest(room) if room else ()
        return Pick(seqs, Lane.BACKFILL) if seqs else None

    def _room_for_backlog(self) -> int:
        if self._count(Lane.BACKFILL) >= (1 if self._stall else self._tuning.backlog_messages):
            return 0
        return self._pace.room(self._backlog_under_way())

    def _backlog_under_way(self) -> int:
        return sum(len(f.seqs) for f in self._flights if f.lane is Lane.BACKFILL)

    def _count(self, lane: Lane) -> int:
        return sum(f.lane is lane for f in self._flights)

    def _timeout(self, lane: Lane, suspect: Suspect | None) -> float:
        doublings = suspect.attempts if suspect else (self._stall if lane is Lane.BACKFILL else 0)
        timeout = min(self._tuning.ack_timeout_s * 2.0 ** min(doublings, 16), self._tuning.longest_timeout_s)
        return timeout * (1 + 0.25 * self._rng.random())  # jitter: a thousand homes must not come back in step

    def _expire(self, now: float) -> None:
        for flight in [f for f in self._flights if f.deadline_s <= now]:
            self._flights.remove(flight)
            for seq in flight.seqs:
                del self._in_flight[seq]
            self.resent += len(flight.seqs)
            seqs = tuple(sorted(flight.seqs))
            path_works = self._last_ack_s > flight.sent_s
            if flight.suspect is not None:
                self._suspects.timed_out(flight.suspect, seqs, now)
            elif not (path_works and self._suspects.accuse(seqs, isolate=False, now=now)):
                self._waiting.give_back(seqs)
            if not path_works and flight.sent_s >= self._stalled_s:
                self._stall += 1
                self._stalled_s = now
                self._pace.restart()

    def _drop(self, seqs: set[int]) -> list[_Flight]:
        """Forget rows wherever they are; gives the flights this has emptied."""
        flights = {id(f): f for f in map(self._in_flight.get, seqs) if f is not None}.values()
        for seq in seqs:
            self._in_flight.pop(seq, None)
        for flight in flights:
            flight.seqs -= seqs
        emptied = [f for f in flights if not f.seqs]
        for flight in emptied:
            self._flights.remove(flight)
        self._waiting.settle(seqs)
        self._suspects.drop(seqs)
        return emptied


def _of(suspect: Suspect) -> Pick:
    return Pick(suspect.seqs, Lane.BACKFILL, suspect=suspect)
