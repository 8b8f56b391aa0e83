from __future__ import annotations

from ingest.inbox import Inbox
from ingest.metrics import Metrics
from ingest.outage import Outage
from ingest.pipeline import Pipeline
from ingest.telling import Teller
from telemetry.clock import ManualClock
from telemetry.messages import LiveReading
from tests.ingest.building import START_US
from tests.ingest.conftest import Outlet, Rig


def shown(number: int) -> LiveReading:
    return LiveReading(f"u{number}", START_US + number, START_US + number, number, 3, 1, 0, {0: 300.0})


def test_readings_the_screens_have_not_seen_are_dropped_when_the_database_is_back(rig: Rig) -> None:
    outlet, clock, metrics = Outlet(), ManualClock(START_US), Metrics()
    pipeline = Pipeline(clock, metrics, Inbox())
    teller = Teller(outlet, pipeline, clock, metrics)
    session = rig.worker.session
    assert session is not None
    pipeline.live.reading(7, shown(1))
    teller.tell_unsaved(Outage(session, None), START_US)
    pipeline.live.reading(7, shown(2))
    teller.all_is_saved()
    pipeline.live.reading(7, shown(3))
    clock.advance(1)
    teller.tell(session.owned)

    seen = [(frame.unsaved_since_us, [r.seq for r in frame.readings]) for frame in outlet.frames()]
    assert (START_US, [1]) in seen
    assert (0, [3]) in seen
    assert not any(2 in seqs for _, seqs in seen)
