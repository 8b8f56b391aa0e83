"""Anything in any order: alerts, people and time, against a real database. What must hold holds after every move."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.responsibility import TABLE, Answerable, Move
from alerts.shelving import ShelfKind
from evaluation import answering, setting_aside
from telemetry.alarms import ConditionState, Priority
from tests.notifier.world import World

RULES = {"R13": Priority.MEDIUM, "R10": Priority.HIGH, "R33": Priority.HIGH, "R20": Priority.LOW}
PEOPLE = ("anna", "boris", "chen")
MOVES = st.one_of(
    st.tuples(st.just("raise"), st.sampled_from(sorted(RULES))),
    st.tuples(st.just("rise"), st.sampled_from(sorted(RULES))),
    st.tuples(st.just("clear"), st.sampled_from(sorted(RULES))),
    st.tuples(st.just("latch"), st.sampled_from(sorted(RULES))),
    st.tuples(st.just("acknowledge"), st.sampled_from(sorted(RULES)), st.sampled_from(PEOPLE)),
    st.tuples(st.just("shelve"), st.sampled_from(sorted(RULES)), st.sampled_from(PEOPLE)),
    st.tuples(st.just("bring back"), st.sampled_from(sorted(RULES)), st.sampled_from(PEOPLE)),
    st.tuples(st.just("answer"), st.sampled_from(PEOPLE), st.sampled_from(sorted(answering.BY_PEOPLE))),
    st.tuples(st.just("wait"), st.sampled_from([1.0, 29.0, 130.0, 500.0, 1000.0])),
    st.tuples(st.just("sleep"), st.sampled_from([5.0, 400.0])),  # no notifier works meanwhile
    st.tuples(st.just("receipt"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("fault"), st.sampled_from(["", "the broker is not reached"])),
)


class Night:
    """Does moves, and knows what the alerts ought to be."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.open: dict[str, tuple[int, Priority]] = {}

    def do(self, move: tuple[Any, ...]) -> None:
        name, *rest = move
        getattr(self, "_" + name.replace(" ", "_"))(*rest)

    def _raise(self, rule: str) -> None:
        if rule not in self.open:
            self.open[rule] = self.world.alert(rule, RULES[rule]), RULES[rule]

    def _rise(self, rule: str) -> None:
        if rule in self.open:
            alert, _ = self.open[rule]
            self.open[rule] = alert, Priority.HIGH
            self.world.step(alert, rule, Priority.HIGH, ConditionState.ACTIVE_UNACKNOWLEDGED)

    def _clear(self, rule: str) -> None:
        if rule in self.open:
            alert, priority = self.open.pop(rule)
            self.world.step(alert, rule, priority, ConditionState.NORMAL)

    def _latch(self, rule: str) -> None:
        if rule in self.open:
            alert, priority = self.open[rule]
            self.world.step(alert, rule, priority, ConditionState.LATCHED_CLEAR)

    def _acknowledge(self, rule: str, who: str) -> None:
        if rule in self.open:
            world, (alert, _) = self.world, self.open[rule]
            world.at_the_api(lambda conn: answering.acknowledge(conn, alert, world.users[who], world.now_us))
            if world.rows("SELECT state FROM alert WHERE alert_id = %s", alert) == [("normal",)]:
                del self.open[rule]

    def _shelve(self, rule: str, who: str) -> None:
        if rule in self.open:
            world, (alert, _) = self.world, self.open[rule]
            user = world.users[who]
            world.at_the_api(
                lambda conn: setting_aside.shelve(conn, alert, ShelfKind.TIMED, 10, "known", user, world.now_us)
            )

    def _bring_back(self, rule: str, who: str) -> None:
        if rule in self.open:
            world, (alert, _) = self.world, self.open[rule]
            world.at_the_api(lambda conn: setting_aside.bring_back(conn, alert, world.users[who], world.now_us))

    def _answer(self, who: str, move: Move) -> None:
        if self.world.rows("SELECT 1 FROM notice LIMIT 1"):
            self.world.answer(who, move)
            for rule, (alert, _) in list(self.open.items()):
                if self.world.rows("SELECT state FROM alert WHERE alert_id = %s", alert) == [("normal",)]:
                    del self.open[rule]

    def _wait(self, seconds: float) -> None:
        self.world.after(seconds)

    def _sleep(self, seconds: float) -> None:
        self.world.now_us += round(seconds * 1e6)

    def _receipt(self, who: str) -> None:
        self.world.rows(
            "UPDATE delivery SET state = 'delivered' WHERE user_id = %s AND state = 'queued' RETURNING 1",
            self.world.users[who],
        )

    def _fault(self, text: str) -> None:
        self.world.own_fault = text


def check(world: World) -> None:
    """What holds whenever a notifier has just looked."""
    # Every notice is the fold of its events, and each of its moves is in the table.
    for notice, state in world.rows("SELECT notice_id, state FROM notice"):
        before = Answerable.NOBODY
        for move, after in world.rows(
            "SELECT move, state FROM notice_event WHERE notice_id = %s ORDER BY event_id", notice
        ):
            assert TABLE[before, Move(move)] == after if move else before == after
            before = Answerable(after)
        assert before == state
    # One open notice of a cause; every alert belongs to one, with the reason why anybody is asked or nobody.
    assert world.rows("SELECT cause FROM notice WHERE state <> 'over' GROUP BY cause HAVING count(*) > 1") == []
    assert (
        world.rows("SELECT 1 FROM alert LEFT JOIN notice_alert USING (alert_id) WHERE coalesce(stage, '') = ''") == []
    )
    # What somebody has to know is asked or accepted, and while it is asked a step is to come.
    asked = (
        "SELECT DISTINCT notice_id, n.state FROM notice_alert JOIN notice AS n USING (notice_id) WHERE verdict = 'ask'"
    )
    assert {state for _, state in world.rows(asked)} <= {"asking", "accepted", "unanswered"}
    waiting = "SELECT notice_id FROM notice WHERE state IN ('asking', 'unanswered')"
    todo = "SELECT notice_id FROM notice_step JOIN notice USING (notice_id, round) WHERE done_at IS NULL"
    assert set(world.rows(waiting)) == set(world.rows(todo))
    # An acceptance is somebody's, and ends.
    assert world.rows("SELECT 1 FROM notice WHERE (state = 'accepted') <> (accepted_by IS NOT NULL)") == []
    assert world.rows("SELECT 1 FROM notice WHERE state = 'accepted' AND recheck_at IS NULL") == []
    # Where every alert is over, nobody is asked.
    left = """SELECT 1 FROM notice AS n WHERE state <> 'over' AND NOT EXISTS (
        SELECT FROM notice_alert JOIN alert AS a USING (alert_id)
        WHERE notice_id = n.notice_id AND a.state <> 'normal')"""
    assert world.rows(left) == []


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(MOVES, min_size=3, max_size=14))
def test_what_must_hold_holds_after_every_move(world: World, moves: list[tuple[Any, ...]]) -> None:
    # A database is dear: each example begins on the same one, past the guards of what is append-only.
    world.conn.execute("SET session_replication_role = replica")
    for table in ("delivery_event", "delivery", "notice_step", "notice_event", "notice_alert", "notice", "routing_due",
                  "shelving_event", "alert_event", "alert"):  # fmt: skip
        world.conn.execute(f"DELETE FROM {table}".encode())
    world.conn.execute("SET session_replication_role = origin")
    world.own_fault = ""
    night = Night(world)
    for move in moves:
        night.do(move)
        world.settle()
        check(world)
