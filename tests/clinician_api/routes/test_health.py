"""Whether it can do its work, told without details."""

from __future__ import annotations

from store import heartbeat
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import Api


def test_degraded_until_every_link_works(api: Api) -> None:
    client = api.client()
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "degraded"})
    with api.database() as conn:
        heartbeat.beat(conn, "ingest", "i-1", SystemClock().now_us())
    api.do(lambda services: [services.room.set_link(n, True, 0) for n in ("ingest", "live_feed", "alert_feed")])
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
