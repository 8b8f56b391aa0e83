"""Whether it can do its work, told without details."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from clinician_api.live import feeds
from clinician_api.settings import ApiOptions
from tests.clinician_api.conftest import Api, start_api


def test_degraded_until_every_link_works(options: ApiOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "WATCH_S", 3600.0)  # the feeds do not contradict
    with ExitStack() as stack:
        degraded_until_every_link_works(start_api(stack, options))


def degraded_until_every_link_works(api: Api) -> None:
    client = api.client()
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "degraded"})
    api.do(lambda services: [services.room.set_link(n, None, 0) for n in ("ingest", "live_feed", "alert_feed")])
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
