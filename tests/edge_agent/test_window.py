"""The window in virtual time, against a network and an ingest that misbehave at random."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.window import Pick, Window, WindowTuning
from telemetry.messages import Lane
from telemetry.wire import MAX_EVENTS, MAX_ROWS

TUNING = WindowTuning()


def connected(tuning: WindowTuning = TUNING) -> Window:
    window = Window(tuning, Random(1))
    window.connected()
    return window


def send_all(window: Window, now: float) -> list[Pick]:
    picks = []
    while (pick := window.pick(now)) is not None:
        window.sent(pick, pick.seqs, now)
        picks.append(pick)
    return picks


def test_what_an_answer_covers_of_what_is_under_way_is_found_whatever_its_ranges_are() -> None:
    window = connected()
    window.added([(seq, False) for seq in range(1, 11)], 0.0)
    send_all(window, 0.0)
    window.added([(11, False)], 0.0)
    assert window.under_way([(0, 2**62)]) == set(range(1, 11)), "what is not under way is nobody's to end"
    assert window.under_way([(9, 40), (2, 3)]) == {2, 3, 9, 10}
    window.acknowledged(window.under_way([(1, 10)]), 1.0)
    assert (window.in_flight, window.messages_in_flight) == (0, 0)


def test_nothing_is_picked_while_nobody_is_there() -> None:
    window = Window(TUNING, Random(1))
    window.added([(1, False)], 0.0)
    assert window.pick(0.0) is None
    window.connected()
    assert window.pick(0.0) == Pick((1,), Lane.LIVE, newest_first=True)


def test_after_an_outage_the_newest_go_first_then_events_then_the_backlog_oldest_first() -> None:
    window = connected()
    window.load([(1, 499, False), (500, 500, True), (501, 900, False)])
    window.added([(901, False), (902, True)], 1000.0)
    picks = send_all(window, 1000.0)
    assert (picks[0].seqs, picks[0].lane) == ((901, 902), Lane.LIVE)
    assert (picks[1].seqs, picks[1].lane) == ((500,), Lane.BACKFILL)
    assert picks[2].seqs[:3] == (1, 2, 3) and picks[2].lane is Lane.BACKFILL
    assert 500 not in picks[2].seqs


def test_an_event_does_not_wait_for_a_full_backlog_window() -> None:
    window = connected()
    window.load([(1, 5000, False)])
    send_all(window, 0.0)
    window.acknowledged(range(1, 61), 0.1)
    send_all(window, 0.1)
    window.load([(5001, 5001, True)])
    pick = window.pick(0.1)
    assert pick is not None and pick.seqs == (5001,)


def test_a_row_not_acknowledged_is_sent_again_after_its_time_out_not_before() -> None:
    window = connected()
    window.added([(1, False)], 0.0)
    send_all(window, 0.0)
    assert window.pick(7.9) is None
    deadline = window.next_deadline(0.0)
    assert deadline is not None and 8.0 <= deadline <= 10.0
    again = send_all(window, deadline)
    assert [p.seqs for p in again] == [(1,)]
    assert window.resent == 1
    window.acknowledged([1], deadline + 1)
    assert len(window) == 0 and window.next_deadline(deadline) is None


def test_an_ingest_that_is_away_costs_no_more_than_each_live_row_once_and_a_slow_probe() -> None:
    window = connected()
    window.load([(1, 10_000, False)])
    messages = 0
    for second in range(600):
        window.added([(20_000 + second, False)], float(second))
        messages += len(send_all(window, float(second)))
        assert window.in_flight <= TUNING.pace.rows_max + TUNING.live_messages
    assert messages < 600 + 40
    window.acknowledged([20_599], 600.0)
    picks = send_all(window, 600.0)
    assert picks and picks[0].lane is Lane.BACKFILL, "the backlog flows again at once"


@pytest.mark.parametrize("hz", [1, 5, 10])
def test_an_ingest_that_acknowledges_nobody_gets_the_newest_row_every_second(hz: int) -> None:
    window = connected()
    shown = [0]
    for step in range(60 * hz):
        window.added([(step, False)], step / hz)
        if any(step in pick.seqs for pick in send_all(window, step / hz)):
            shown.append(step)
        assert step - shown[-1] <= hz, "with the first row after a second at the latest"
        most = TUNING.live_messages + 1.25 * TUNING.ack_timeout_s / TUNING.newest_every_s
        assert window.messages_in_flight <= most + 2, "one of the backlog, and events"


class Line:
    """First in, first out, so many bytes a second, then `away_s` to the commit and back; a live row every second."""

    ROW, LIVE, MESSAGE = 27, 330, 150  # bytes: of a row of compressed backlog, of a live one, of what goes around them

    def __init__(self, bytes_per_s: float, away_s: float, backlog: int) -> None:
        self.bytes_per_s, self.away_s, self.last = bytes_per_s, away_s, backlog
        self.window = connected()
        self.window.load([(1, backlog, False)])
        self.now = self.free = self.busy_s = 0.0
        self.live = 10**6
        self.waits: list[tuple[float, float]] = []  # when a live row was handed over, how long until it was through
        self.coming: list[tuple[float, tuple[int, ...]]] = []
        self.settled = 0

    def run(self, until: float = 1000.0) -> None:
        """Until the backlog is settled, or for so long."""
        while self.settled < self.last and self.now < until:
            if self.now >= self.live - 10**6:
                self.live += 1
                self.window.added([(self.live, False)], self.now)
            for pick in send_all(self.window, self.now):
                self._carry(pick)
            deadline = self.window.next_deadline(self.now) or until
            self.now = min([self.live - 10**6, deadline, *(due for due, _ in self.coming)])
            for due, seqs in [c for c in self.coming if c[0] <= self.now]:
                self.coming.remove((due, seqs))
                self.settled += sum(seq <= self.last for seq in seqs)
                self.window.acknowledged(seqs, self.now)

    def _carry(self, pick: Pick) -> None:
        size = self.MESSAGE + len(pick.seqs) * (self.LIVE if pick.lane is Lane.LIVE else self.ROW)
        took = size / self.bytes_per_s
        self.free = max(self.free, self.now) + took
        self.busy_s += took
        if pick.lane is Lane.LIVE:
            self.waits.append((self.now, self.free - self.now))
        # Live rows are acknowledged in company, the backlog at once.
        self.coming.append((self.free + self.away_s + (1.0 if pick.lane is Lane.LIVE else 0.0), pick.seqs))


@pytest.mark.parametrize("away_s", [0.02, 0.15, 0.5])
@pytest.mark.parametrize("bytes_per_s", [4000, 8000, 32_000, 125_000])
def test_the_backlog_fills_any_line_and_a_live_row_never_waits_two_seconds_behind_it(
    bytes_per_s: int, away_s: float
) -> None:
    line = Line(bytes_per_s, away_s, backlog=bytes_per_s * 60 // Line.ROW)
    line.run()
    assert line.settled == line.last and line.window.resent == 0
    assert max(wait for _, wait in line.waits) < 2.0
    full = min(1.0, TUNING.pace.rows_max * Line.ROW / away_s / bytes_per_s)
    assert line.busy_s / line.now > 0.85 * full, "the line was left idle"


def test_a_line_that_becomes_thin_under_way_is_noticed_at_once() -> None:
    line = Line(125_000, 0.15, backlog=200_000)
    line.run(until=20.0)
    line.bytes_per_s = 8000
    line.run(until=120.0)
    assert max(wait for _, wait in line.waits) < 5.0, "what was under way in that moment"
    assert max(wait for at, wait in line.waits if at > 30.0) < 2.0
    assert line.window.resent == 0


def test_a_new_connection_begins_carefully_as_it_may_be_over_another_line() -> None:
    line = Line(125_000, 0.02, backlog=200_000)
    line.run(until=5.0)
    assert line.window.in_flight > TUNING.pace.rows_min * 4
    later = line.now + 60.0  # so long after the last message that nobody suspects it
    line.window.disconnected(later)
    line.window.connected()
    assert 0 < sum(len(pick.seqs) for pick in send_all(line.window, later)) <= TUNING.pace.rows_min


def test_three_days_of_events_keep_to_the_window_and_never_wait_for_old_readings() -> None:
    window = connected()
    window.load([(1, 5000, True), (5001, 9000, False)])
    picks = send_all(window, 0.0)
    assert all(pick.events for pick in picks)
    assert sum(len(pick.seqs) for pick in picks) <= TUNING.pace.rows_min + MAX_EVENTS
    window.acknowledged(picks[0].seqs, 0.3)
    assert all(pick.events for pick in send_all(window, 0.3)), "readings wait while there are events"


def test_a_live_row_waits_for_nothing_while_the_backlog_drains() -> None:
    window = connected()
    window.load([(1, 100_000, False)])
    send_all(window, 0.0)
    window.added([(200_000, False)], 0.5)
    pick = window.pick(0.5)
    assert pick is not None and pick.seqs == (200_000,) and pick.lane is Lane.LIVE


def test_rows_that_did_not_fit_are_still_waiting() -> None:
    window = connected()
    window.added([(1, False), (2, False), (3, False)], 0.0)
    pick = window.pick(0.0)
    assert pick is not None
    window.sent(pick, (3,), 0.0)
    assert window.in_flight == 1 and len(window) == 3
    rest = window.pick(0.0)
    assert rest is not None and rest.seqs == (1, 2)


def test_a_message_that_alone_is_never_answered_holds_up_nobody() -> None:
    window = connected()
    window.load([(1, 20_000, False)])
    now, delivered = 0.0, set[int]()
    flying: list[Pick] = []
    while now < 2000 and len(window) > 1:
        flying = [*flying, *send_all(window, now)]
        now += 0.2
        good = {seq for p in flying if 4711 not in p.seqs for seq in p.seqs}
        delivered |= good
        window.acknowledged(good, now)
        flying = []
    assert delivered == set(range(1, 20_001)) - {4711}, "everything but the row that nobody takes"
    assert len(window) == 1


def poison_run(poison: int, tuning: WindowTuning) -> tuple[list[int], set[int], float]:
    """A broker that breaks the connection 50 ms after a message with `poison` in it; all others are answered."""
    window = connected(tuning)
    window.load([(1, 3000, False)])
    now, proven, delivered, live = 0.0, list[int](), set[int](), 10_000
    while now < 900 and not (proven and len(window) == 0):
        if round(now * 10) % 10 == 0:
            live += 1
            window.added([(live, False)], now)
        picks = send_all(window, now)
        now = round(now + 0.05, 3)
        if any(poison in p.seqs for p in picks):
            proven += window.disconnected(now)
            window.connected()
        else:
            good = [seq for p in picks for seq in p.seqs]
            delivered.update(good)
            window.acknowledged(good, now)
        now = round(now + 0.05, 3)
    return proven, delivered, now


def test_a_row_that_breaks_the_connection_is_found_and_nobody_else_is_blamed() -> None:
    proven, delivered, took = poison_run(1234, TUNING)
    assert proven == [1234]
    assert delivered >= set(range(1, 3001)) - {1234}
    assert took < 600


def test_a_broker_that_cuts_every_publisher_condemns_nobody_and_all_arrives_when_it_is_mended() -> None:
    for live in (False, True):
        window, now, seq = connected(), 0.0, 1000
        window.load([(1, 300, False)])
        for _ in range(1000):  # above an hour: each connection lives until something is sent on it
            pick = window.pick(now)
            if pick is not None:
                window.sent(pick, pick.seqs, now)
                assert window.disconnected(now + 0.2) == []
                window.connected()
            now += 4
            if live:
                seq += 1
                window.added([(seq, False)], now)
        total, delivered = len(window), set[int]()
        assert total == 300 + (1000 if live else 0)
        for _ in range(600):
            good = [seq for pick in send_all(window, now) for seq in pick.seqs]
            delivered.update(good)
            window.acknowledged(good, now + 0.1)
            now += 0.5
        assert len(window) == 0 and len(delivered) == total


def test_live_rows_pass_while_a_disconnect_is_investigated() -> None:
    window = connected()
    window.load([(1, 1000, False)])
    send_all(window, 0.0)
    window.disconnected(0.5)
    window.connected()
    waited = []
    for second in range(1, 30):
        window.added([(2000 + second, False)], float(second))
        for tick in range(10):
            now = second + tick / 10
            for pick in send_all(window, now):
                waited += [now - second for seq in pick.seqs if seq == 2000 + second]
    assert max(waited) <= 6.0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.floats(0, 0.5), st.floats(0, 0.04))
def test_every_row_is_settled_in_the_end_whatever_is_lost(seed: int, loss: float, cut: float) -> None:
    rng = Random(seed)
    window = connected()
    backlog = rng.randrange(0, 1500)
    if backlog:
        window.load([(1, backlog, False)])
    accepted, acked = set(range(1, backlog + 1)), set[int]()
    coming: list[tuple[float, tuple[int, ...]]] = []  # acknowledgements on their way
    now, seq, online = 0.0, backlog, True
    for step in range(4000):
        calm = step > 600  # in the end the network behaves, and everything must arrive
        now += 0.25
        if step < 400:
            seq += 1
            accepted.add(seq)
            window.added([(seq, rng.random() < 0.1)], now)
        if online and not calm and rng.random() < cut:
            assert window.disconnected(now) == [], "a bad network is nobody's fault"
            online = False
        elif not online and (calm or rng.random() < 0.3):
            window.connected()
            online = True
        for pick in send_all(window, now):
            assert online
            assert len(pick.seqs) <= MAX_ROWS and list(pick.seqs) == sorted(set(pick.seqs))
            assert not acked & set(pick.seqs), "what is settled is never sent again"
            if calm or rng.random() >= loss:
                coming.append((now + rng.random() * 3, pick.seqs))
        assert window.messages_in_flight <= TUNING.live_messages + TUNING.backlog_messages + 1
        for due, seqs in [c for c in coming if c[0] <= now]:
            coming.remove((due, seqs))
            if calm or rng.random() >= loss:
                window.acknowledged(seqs, now)
                acked.update(seqs)
        assert len(window) + len(acked) == len(accepted), "nothing vanishes, nothing is in two places"
        if calm and len(window) == 0:
            break
    assert acked == accepted


def test_a_row_that_left_the_outbox_is_forgotten_wherever_it_is() -> None:
    window = connected()
    window.added([(1, False), (2, True), (3, False)], 0.0)
    pick = window.pick(0.0)
    assert pick is not None
    window.sent(pick, (1, 2), 0.0)
    window.forget([2, 3])
    assert len(window) == 1 and window.in_flight == 1
    window.forget([1])
    assert len(window) == 0 and window.messages_in_flight == 0


@pytest.mark.parametrize("seed", range(3))
def test_homes_do_not_come_back_in_step(seed: int) -> None:
    deadlines = set()
    for home in range(20):
        window = Window(TUNING, Random(seed * 100 + home))
        window.connected()
        window.added([(1, False)], 0.0)
        send_all(window, 0.0)
        deadlines.add(window.next_deadline(0.0))
    assert len(deadlines) == 20
