"""Many pages at once to real receivers: one that hangs delays nobody else, high goes first, and nothing is lost."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import StringIO
from math import inf

import pytest

from alerts.delivery import DeliveryState
from notifier.channels import Channels, Sent, Unreachable
from notifier.dispatch import Carrier, Deliveries, Dispatch, Job, Limits, Outcome
from notifier.page import Page
from telemetry.alarms import Priority
from telemetry.clock import SystemClock
from telemetry.errors import HomehdError
from tests.notifier.http_sink import Behaviour, HttpSink, http_sink
from tests.notifier.pages import LOOPBACK, page
from tests.notifier.smtp_sink import smtp_sink

HIGH, LOW = Priority.HIGH, Priority.LOW
# A second here is nothing of the machine's business: limits of the tests are generous.
QUICK = Limits(timeout_s=1.0, poll_s=0.05)


class Kept:
    """Deliveries in memory, by the rules of `Deliveries`."""

    def __init__(self, jobs: Sequence[Job] = ()) -> None:
        self.reports: list[tuple[float, Job, Outcome]] = []
        self.claims = 0
        self.broken = 0  # how many calls fail
        self._lock = threading.Lock()
        self._due = list(jobs)

    def add(self, *jobs: Job) -> None:
        with self._lock:
            self._due += jobs

    def held_s(self) -> float:
        return inf

    def claim(self, limit: int, without: frozenset[str], *, high_only: bool) -> Sequence[Job]:
        with self._lock:
            self.claims += 1
            self._fail()
            taken: dict[str, Job] = {}
            for job in sorted(self._due, key=lambda job: -job.page.priority.rank):
                wanted = job.host not in without and (job.page.priority is HIGH or not high_only)
                if wanted and job.host not in taken and len(taken) < limit:
                    taken[job.host] = job
            self._due = [job for job in self._due if job not in taken.values()]
            return list(taken.values())

    def report(self, job: Job, outcome: Outcome) -> None:
        with self._lock:
            self._fail()
            self.reports.append((time.monotonic(), job, outcome))

    def _fail(self) -> None:
        if self.broken:
            self.broken -= 1
            raise HomehdError("claim deliveries", "database", hint="away", recoverable=True)

    def outcomes(self) -> dict[int, Outcome]:
        with self._lock:
            return {job.id: outcome for _, job, outcome in self.reports}


@contextmanager
def running(kept: Deliveries, carrier: Carrier, limits: Limits = QUICK) -> Iterator[Dispatch]:
    dispatch, stop = Dispatch(kept, carrier, SystemClock(), limits), threading.Event()
    thread = threading.Thread(target=dispatch.run, args=(stop,))
    thread.start()
    try:
        yield dispatch
    finally:
        stop.set()
        dispatch.wake()
        thread.join(10)
        assert not thread.is_alive()


def wait_until(true: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.01)


CHANNELS = Channels(LOOPBACK, SystemClock())


def job(number: int, sink: HttpSink, priority: Priority = HIGH) -> Job:
    address = f"json://{sink.authority}/sms"
    return Job(number, address, CHANNELS.host(address), page(str(number), priority))


def test_pages_arrive_and_are_reported() -> None:
    with http_sink() as sink:
        kept = Kept([job(n, sink) for n in range(20)])
        with running(kept, CHANNELS):
            wait_until(lambda: len(kept.reports) == 20)
        assert {outcome.receipt for outcome in kept.outcomes().values()} == {DeliveryState.SENT}
        assert Counter(request.headers["idempotency-key"] for request in sink.requests) == {
            str(n): 1 for n in range(20)
        }


@pytest.mark.parametrize("bad", [Behaviour(hangs=True), Behaviour(drips=True), Behaviour(late_s=60)])
def test_one_that_hangs_delays_nobody_else(bad: Behaviour) -> None:
    with http_sink("127.0.0.2") as hanging, http_sink() as sink, smtp_sink() as mails:
        hanging.behaviour = bad
        mail = f"mailto://127.0.0.1:{mails.port}?from=a@b.org&to=c@d.org"
        kept = Kept([job(n, hanging) for n in range(200)])
        limits = Limits(timeout_s=3.0, poll_s=0.05)
        with running(kept, CHANNELS, limits):
            wait_until(lambda: hanging.connections >= limits.of_a_host)
            began = time.monotonic()
            kept.add(*(job(1000 + n, sink) for n in range(30)), Job(2000, mail, CHANNELS.host(mail), page("2000", LOW)))
            wait_until(lambda: len([n for n in kept.outcomes() if n >= 1000]) == 31)
            took = time.monotonic() - began
        assert hanging.connections <= limits.of_a_host
        assert all(kept.outcomes()[n].receipt is DeliveryState.SENT for n in (*range(1000, 1030), 2000))
    assert took < 2, "less than one time-out of the one that hangs"


def test_of_one_receiver_four_at_a_time_and_one_kept_for_high() -> None:
    with http_sink() as sink:
        sink.behaviour = Behaviour(hangs=True)
        kept = Kept([job(n, sink, LOW) for n in range(10)])
        limits = Limits(timeout_s=3.0, poll_s=0.05)
        with running(kept, CHANNELS, limits):
            wait_until(lambda: sink.connections == 3)
            time.sleep(0.3)
            assert sink.connections == 3
            kept.add(job(100, sink), job(101, sink))
            wait_until(lambda: sink.connections == 4)
            time.sleep(0.3)
            assert [request.headers["idempotency-key"] for request in sink.requests][-1] == "100"
            assert sink.connections == 4


def test_a_receiver_in_trouble_gets_one_at_a_time_until_it_answers() -> None:
    with http_sink() as sink:
        sink.behaviour = Behaviour(hangs=True)
        kept = Kept([job(n, sink) for n in range(40)])
        with running(kept, CHANNELS):
            wait_until(lambda: len(kept.reports) >= 4)
            before = sink.connections
            time.sleep(2.5)
            assert 1 <= sink.connections - before <= 4, "one a second, not four"
            sink.behaviour = Behaviour()
            wait_until(lambda: len(kept.reports) == 40)
        assert Counter(outcome.receipt for outcome in kept.outcomes().values())[DeliveryState.SENT] >= 30


class Held(Carrier):
    """Holds every send until it is let go, and knows how many it has."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.held: list[Page] = []

    def send(self, address: str, page: Page, timeout_s: float) -> Sent:
        self.held.append(page)
        self.go.wait(10)
        return Sent("delivered", "by hand")


def by_host(number: int, priority: Priority = HIGH) -> Job:
    return Job(number, "json://x", f"host {number}", page(str(number), priority))


def test_no_more_than_so_many_in_all_and_places_for_high() -> None:
    kept, held = Kept([by_host(n, LOW) for n in range(100)]), Held()
    limits = Limits(in_all=8, for_high=2, poll_s=0.05)
    with running(kept, held, limits):
        wait_until(lambda: len(held.held) == 6)
        time.sleep(0.2)
        assert len(held.held) == 6
        kept.add(*(by_host(n) for n in range(200, 210)))
        wait_until(lambda: len(held.held) == 8)
        time.sleep(0.2)
        assert [held_page.priority for held_page in held.held[6:]] == [HIGH, HIGH]
        assert len(held.held) == 8
        held.go.set()
        wait_until(lambda: len(kept.reports) == 110)
    assert {outcome.receipt for outcome in kept.outcomes().values()} == {DeliveryState.DELIVERED}


def test_high_goes_first() -> None:
    kept, held = Kept([by_host(n, LOW) for n in range(50)] + [by_host(100)]), Held()
    held.go.set()
    with running(kept, held, Limits(in_all=1, for_high=0, poll_s=0.05)):
        wait_until(lambda: len(kept.reports) == 51)
    assert held.held[0].priority is HIGH


class Failing(Carrier):
    """Raises what it is told to."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def send(self, address: str, page: Page, timeout_s: float) -> Sent:
        raise self.error


@pytest.mark.parametrize(
    ("error", "receipt", "least_s"),
    [
        (Unreachable("no connection"), None, 1.8),
        (Unreachable("asks for fewer pages", retry_after_s=20), None, 20),
        (Unreachable("gone", permanent=True), DeliveryState.FAILED, None),
        (RuntimeError("hunter2"), None, 1.8),
    ],
)
def test_what_comes_of_a_failure(
    error: Exception, receipt: DeliveryState | None, least_s: float | None, log: StringIO
) -> None:
    kept = Kept([by_host(1)])
    with running(kept, Failing(error)):
        wait_until(lambda: kept.reports)
    outcome = kept.outcomes()[1]
    assert outcome.receipt is receipt
    assert (outcome.retry_in_s is None) is (least_s is None)
    assert least_s is None or (outcome.retry_in_s or 0) >= least_s
    assert "hunter2" not in log.getvalue() + outcome.detail
    assert "page not taken" in log.getvalue()


def test_the_wait_grows_with_the_tries() -> None:
    kept = Kept([Job(1, "json://x", "host", page("1"), failed=4)])
    with running(kept, Failing(Unreachable("no connection"))):
        wait_until(lambda: kept.reports)
    assert 27 <= (kept.outcomes()[1].retry_in_s or 0) <= 33


def test_a_database_that_is_away_for_a_while_ends_nothing(log: StringIO) -> None:
    kept, held = Kept([by_host(n) for n in range(3)]), Held()
    held.go.set()
    kept.broken = 2
    with running(kept, held):
        wait_until(lambda: len(kept.reports) == 3)
        kept.add(by_host(4))
        wait_until(lambda: 4 in kept.outcomes())
    assert "cannot look for due pages" in log.getvalue()


def test_a_mistake_of_ours_ends_nothing_and_shows(log: StringIO) -> None:
    class Mistaken(Kept):
        def _fail(self) -> None:
            if self.broken:
                self.broken -= 1
                raise KeyError("a row that cannot be read")

    kept, held = Mistaken([by_host(1)]), Held()
    held.go.set()
    kept.broken = 10
    with running(kept, held) as dispatch:
        looked_s = dispatch.looked_s
        wait_until(lambda: kept.broken < 5)
        assert dispatch.looked_s == looked_s
        wait_until(lambda: dispatch.looked_s > looked_s)
        wait_until(lambda: kept.reports)
    assert "cannot look for due pages" in log.getvalue()


def test_a_report_that_cannot_be_made_gives_its_place_back(log: StringIO) -> None:
    class Forgetful(Kept):
        def report(self, job: Job, outcome: Outcome) -> None:
            raise HomehdError("report a delivery", "database", hint="away", recoverable=True)

    kept, held = Forgetful([by_host(n) for n in range(20)]), Held()
    held.go.set()
    with running(kept, held, Limits(in_all=2, for_high=0, poll_s=0.05)):
        wait_until(lambda: len(held.held) == 20)
    assert "cannot record what came of a page" in log.getvalue()


def test_it_does_not_wait_for_its_next_look_when_it_is_woken() -> None:
    kept, held = Kept(), Held()
    held.go.set()
    with running(kept, held, Limits(poll_s=60)) as dispatch:
        wait_until(lambda: kept.claims >= 2)
        kept.add(by_host(1))
        dispatch.wake()
        wait_until(lambda: kept.reports, 5)


def test_stopped_it_lets_what_is_on_its_way_arrive() -> None:
    kept, held = Kept([by_host(1)]), Held()
    with running(kept, held, Limits(timeout_s=10, poll_s=0.05)):
        wait_until(lambda: held.held)
        threading.Timer(0.5, held.go.set).start()
    assert kept.outcomes()[1].receipt is DeliveryState.DELIVERED


def test_stopped_it_waits_no_longer_than_a_send_takes() -> None:
    kept, held = Kept([by_host(1)]), Held()
    began = time.monotonic()
    with running(kept, held, Limits(timeout_s=0.5, poll_s=0.05)):
        wait_until(lambda: held.held)
    assert time.monotonic() - began < 5
    held.go.set()


def test_no_address_gets_into_the_log(log: StringIO) -> None:
    with http_sink() as sink:
        address = f"json://nurse:hunter2@{sink.authority}/T0KEN"
        kept = Kept([Job(n, address, CHANNELS.host(address), page(str(n))) for n in range(2)])
        with running(kept, CHANNELS):
            wait_until(lambda: len(kept.reports) == 2)
    assert "page taken" in log.getvalue()
    assert not [secret for secret in ("nurse", "hunter2", "T0KEN") if secret in log.getvalue()]


def test_a_place_that_is_free_again_is_used_at_once() -> None:
    class Slow(Held):
        def send(self, address: str, page: Page, timeout_s: float) -> Sent:
            time.sleep(0.05)
            return Sent("sent", "by hand")

    kept = Kept([Job(n, "json://x", "host", page(str(n))) for n in range(20)])
    with running(kept, Slow(), Limits(of_a_host=1, poll_s=60)):
        wait_until(lambda: len(kept.reports) == 20)


class Recovering(Held):
    """Hangs for the first send, answers the second, holds all that follow."""

    def send(self, address: str, page: Page, timeout_s: float) -> Sent:
        number = len(self.held)
        self.held.append(page)
        if number == 0:
            time.sleep(timeout_s)
            raise Unreachable("no complete answer")
        if number > 1:
            self.go.wait(10)
        return Sent("sent", "by hand")


def test_a_receiver_that_answers_has_all_its_places_again() -> None:
    kept, carrier = Kept([Job(0, "json://x", "host", page("0"))]), Recovering()
    with running(kept, carrier, Limits(timeout_s=0.5, poll_s=0.05)):
        wait_until(lambda: len(kept.reports) == 1)
        kept.add(*(Job(n, "json://x", "host", page(str(n))) for n in range(1, 20)))
        wait_until(lambda: len(carrier.held) == 6)  # one that hung, one that was answered, four that are held
        carrier.go.set()
        wait_until(lambda: len(kept.reports) == 20)


def test_where_no_thread_is_to_be_had_what_was_claimed_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """As at the system's limit of threads: the second of three cannot be started."""
    with ExitStack() as stack:
        sinks = [stack.enter_context(http_sink(f"127.0.0.{n}")) for n in (1, 2, 3)]
        kept = Kept([job(n, sink) for n, sink in enumerate(sinks)])
        start, pages = threading.Thread.start, []

        def limited(thread: threading.Thread) -> None:
            if thread.name.startswith("page "):
                pages.append(thread.name)
                if len(pages) == 2:
                    raise RuntimeError("can't start new thread")
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", limited)
        with running(kept, CHANNELS) as dispatch:
            wait_until(lambda: len(kept.reports) == 3)
            wait_until(lambda: not dispatch._running)
            outcomes = kept.outcomes()
            assert [outcomes[n].receipt for n in range(3)] == [DeliveryState.SENT, None, None]
            assert {outcomes[n].retry_in_s for n in (1, 2)} == {QUICK.poll_s}
            # It goes on, and no place stays taken.
            kept.add(*(job(10 + n, sink) for n, sink in enumerate(sinks)))
            wait_until(lambda: len(kept.reports) == 6)
