"""A remote configuration comes into force, or is rolled back, and never twice or backwards."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge_agent import remote_config as remote
from edge_agent.remote_config import MAX_TRIALS, Settings, State


def test_it_comes_into_force_when_the_agent_comes_up_with_it() -> None:
    state = remote.received(State(), 3, b"x")
    assert state.in_force is None
    state = remote.tried(state, machine=True)
    assert state.in_force == Settings(3, b"x", 1, machine=True)
    state = remote.came_up(state)
    assert state == State(active=Settings(3, b"x"))


def test_it_is_rolled_back_when_the_agent_does_not_and_tried_twice_more() -> None:
    active = Settings(1, b"old")
    state = remote.received(State(active=active), 2, b"new")
    for _ in range(MAX_TRIALS):
        state = remote.rolled_back(remote.tried(state, machine=False), "no broker")
        assert state.in_force == active
        assert state.why == "serial 2: rolled back: no broker"
    assert state.pending is None
    assert state.refused == 2
    assert remote.received(state, 2, b"new") == state, "it is not looked at again"


def test_a_newer_one_takes_the_place_of_one_that_waits_or_failed() -> None:
    state = remote.tried(remote.received(State(), 2, b"two"), machine=False)
    state = remote.received(state, 3, b"three")
    assert state.in_force == Settings(2, b"two", 1), "a trial is not disturbed"
    state = remote.rolled_back(state, "no broker")
    assert state.pending == Settings(3, b"three")
    assert state.trial is None


def test_an_old_serial_changes_nothing() -> None:
    state = remote.came_up(remote.tried(remote.received(State(), 5, b"five"), machine=False))
    assert remote.received(state, 5, b"other") == state
    assert remote.received(state, 4, b"four") == state
    assert remote.refused(state, 4, "x") == state


def test_one_that_may_not_be_used_is_named_until_a_newer_one_comes() -> None:
    state = remote.refused(State(), 7, "signature " + "x" * 500)
    assert state.why.startswith("serial 7: signature")
    assert len(state.why) <= remote.MAX_REASON
    assert remote.received(state, 8, b"y").why == ""


def test_a_forged_one_is_named_as_somebody_elses_and_in_bounds() -> None:
    said = remote.not_ours("x" * 500)
    assert said.startswith("a message that did not come from us was ignored") and "x" in said
    assert len(said) <= remote.MAX_REASON


def test_what_does_not_fit_the_file_any_more_is_given_up() -> None:
    assert remote.unfit(State(), "x") == State()
    state = remote.unfit(State(active=Settings(4, b"a")), "no such profile")
    assert (state.in_force, state.refused) == (None, 4)
    trial = remote.tried(remote.received(State(active=Settings(4, b"a")), 5, b"b"), machine=False)
    assert remote.unfit(trial, "x").in_force == Settings(4, b"a")


class Course(RuleBasedStateMachine):
    """Whatever happens in whatever order, the serial in force only rises but for a rollback to the one before."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State()
        self.confirmed = 0

    @rule(serial=st.integers(1, 9))
    def receive(self, serial: int) -> None:
        self.state = remote.received(self.state, serial, str(serial).encode())

    @rule(serial=st.integers(1, 9))
    def refuse(self, serial: int) -> None:
        self.state = remote.refused(self.state, serial, "no")

    @rule()
    def begin(self) -> None:
        self.state = remote.tried(self.state, machine=True)

    @rule()
    def confirm(self) -> None:
        self.state = remote.came_up(self.state)
        self.confirmed = self.state.active.serial if self.state.active else 0

    @rule()
    def start(self) -> None:
        self.state = remote.started(self.state)
        assert self.state.trial is None or self.state.trial.started

    @rule()
    def fail(self) -> None:
        self.state = remote.rolled_back(self.state, "no")

    @invariant()
    def what_was_confirmed_stays_in_force(self) -> None:
        active = self.state.active.serial if self.state.active else 0
        assert active == self.confirmed
        for later in (self.state.trial, self.state.pending):
            assert later is None or later.serial > active
            assert later is None or later.trials <= MAX_TRIALS


TestCourse = Course.TestCase
