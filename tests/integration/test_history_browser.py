"""Gaps and marks on the patient's page, as a person sees and reaches them. HOMEHD_SCREENS=1 takes pictures too."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from clinician_api.access import Role
from clinician_api.live.views import moment
from clinician_api.settings import STATIC_DIR, ApiOptions
from homehd.brokers import Broker
from store import machine_events, pool, readings, registry
from store.machine_events import EventRow
from store.readings import ReadingColumns
from telemetry.clock import SystemClock
from telemetry.messages import Event, EventKind, Flag
from telemetry.signals import BY_NAME, COUNT
from tests.clinician_api.conftest import PASSWORD, Api, start_api, until
from tests.clinician_api.outage import Ingest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SCREENS = Path(__file__).resolve().parents[2] / "docs" / "screens"
EPOCH = "0123456789abcdef"
MINUTE = 60
# Minutes of the last hour in which there is no row.
MISSING = ((8, 13), (24, 26), (47, 48.5))
LATE, CORRECTED = (30, 38), (2, 6)


def inside(span: tuple[float, float], minute: float) -> bool:
    return span[0] <= minute < span[1]


def measured(second: int) -> dict[str, float]:
    """What the machine shows then."""
    wave = math.sin(second / 180)
    return {
        "venous_pressure": 140 + 12 * wave + (second % 5) + (90 if second in range(2500, 2504) else 0),
        "arterial_pressure": -180 - 10 * wave - (second % 4), "blood_flow": 300.0,
        "transmembrane_pressure": 60 + 5 * wave, "ultrafiltration_rate": 500.0,
        "ultrafiltration_volume": second / 7.2, "ultrafiltration_target": 2000.0,
        "dialysate_conductivity": 14.0 + wave / 50, "dialysate_temperature": 36.5 + wave / 20,
        "systolic": 128.0 - second // 900, "diastolic": 74.0, "treatment_elapsed": 95.0 + second // 60,
    }  # fmt: skip


def store_hour(api: Api, unit: registry.Unit, end_us: int) -> None:
    """An hour at 1 Hz with gaps, late and corrected rows, a short spike, and pressures nobody believed.

    It goes on for some minutes: the page is looked at while time passes.
    """
    seconds = [s for s in range(3900) if not any(inside(gap, s / MINUTE) for gap in MISSING)]
    count = len(seconds)
    time_us = end_us - 3_600_000_000 + np.array(seconds, np.int64) * 1_000_000
    values = np.full((count, COUNT), np.nan, np.float32)
    flags = np.full(count, Flag.CLOCK_SYNCHRONISED, np.uint8)
    invalid = np.zeros(count, np.uint64)
    for row, second in enumerate(seconds):
        for name, value in measured(second).items():
            values[row, BY_NAME[name].number] = value
        if inside(LATE, second / MINUTE):
            flags[row] |= Flag.LATE
        if inside(CORRECTED, second / MINUTE):
            flags[row] |= Flag.TIME_CORRECTED
        if inside((52, 55), second / MINUTE):
            number = BY_NAME["transmembrane_pressure"].number
            values[row, number], invalid[row] = np.nan, 1 << number
    columns = ReadingColumns(
        unit_id=np.full(count, unit.unit_id, np.int32), epoch=np.full(count, EPOCH.encode(), "S16"),
        seq=np.array(seconds, np.int64), time_us=time_us, mono_ms=np.zeros(count, np.int64),
        phase=np.full(count, 3, np.uint8), flags=flags, invalid=invalid, received_us=time_us, values=values,
    )  # fmt: skip

    def utc(minute: float) -> str:
        return moment(end_us - 3_600_000_000 + int(minute * MINUTE * 1e6)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def event(minute: float, kind: EventKind, name: str, active: bool, text: str = "") -> EventRow:
        at = end_us - 3_600_000_000 + int(minute * MINUTE * 1e6)
        return EventRow(
            unit.unit_id, EPOCH, at, Event(int(9e6 + minute * 60), at, 0, 1, kind, name, 0, active, "", text)
        )

    with api.database() as conn, pool.transaction(conn):
        readings.copy_readings(conn, columns)
        machine_events.add_events(conn, [
            event(8, EventKind.LINK, "disconnected", True), event(13, EventKind.LINK, "disconnected", False),
            event(24, EventKind.LINK, "silent", True), event(26, EventKind.LINK, "silent", False),
            event(45, EventKind.AGENT, "readings thinned", True, f"90 rows of seq 2400–2580, {utc(40)} to {utc(43)}"),
        ])  # fmt: skip


@pytest.fixture
def api(database_url: str, tmp_path: Path) -> Iterator[Api]:
    with ExitStack() as stack:
        broker = Broker("nats", tmp_path / "broker")
        broker.start()
        stack.callback(broker.stop)
        options = ApiOptions(
            database_url=database_url, broker_url=broker.url, port=0, metrics_port=None, static_dir=STATIC_DIR
        )
        running = start_api(stack, options)
        ingest = Ingest(broker, database_url)
        stack.callback(ingest.close)
        ingest.values, ingest.units = measured(3600), ["u-1"]
        store_hour(running, running.add_unit("u-1", "Clinic 1", "Ada Example"), SystemClock().now_us())
        until(lambda: running.do(lambda services: services.room.all_alive()))
        yield running


def patient_page(browser: Browser, api: Api, theme: str, width: int, height: int) -> tuple[Page, list[str]]:
    page = browser.new_context(viewport={"width": width, "height": height}).new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(api.url)
    page.evaluate("theme => localStorage.setItem('homehd.theme', theme)", theme)
    page.reload()
    page.get_by_label("E-mail").fill(api.account(Role.NEPHROLOGIST, 1))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator('[data-unit="u-1"] h2 a').click(timeout=15_000)
    page.get_by_text("1 h", exact=True).click()
    expect(page.get_by_test_id("coverage")).to_be_visible(timeout=15_000)
    return page, complaints


# How much of the upper edge of a strip is inked between two minutes of the hour: a hatched stretch is filled.
INKED = """
([strip, from, to]) => {
  const canvas = document.querySelector(`[data-strip="${strip}"] canvas`);
  const over = document.querySelector(`[data-strip="${strip}"] .u-over`);
  const scale = canvas.width / canvas.clientWidth;
  const left = (over.offsetLeft + over.clientWidth * from / 60) * scale;
  const width = over.clientWidth * (to - from) / 60 * scale;
  const {data} = canvas.getContext('2d').getImageData(left, (over.offsetTop + 2) * scale, width, 4 * scale);
  let inked = 0;
  for (let place = 3; place < data.length; place += 4) inked += data[place] > 0;
  return 4 * inked / data.length;
}
"""
SIZES = {"day": ("day", 1280, 900), "night": ("night", 1280, 900), "phone": ("day", 390, 844)}


def test_every_gap_has_its_words_by_pointer_by_focus_and_in_the_list(browser: Browser, api: Api) -> None:
    page, complaints = patient_page(browser, api, "day", 1280, 900)
    lane = page.get_by_test_id("coverage")
    rows = {row.get_attribute("data-pattern"): row for row in lane.locator(".coverage-row").all()}
    assert list(rows) == ["gap", "backfilled", "time corrected", "thinned"]
    gaps = rows["gap"].locator(".segment")
    expect(gaps).to_have_text(["link down", "machine off", "reason unknown"])
    summary = lane.locator("summary")
    gaps.nth(0).hover()
    expect(summary).to_contain_text("no readings: the link between box and machine was down (machine disconnected)")
    page.mouse.move(0, 0)
    gaps.nth(1).focus()
    expect(summary).to_contain_text("the machine did not answer")
    gaps.nth(1).blur()
    summary.click()
    expect(lane.locator("li")).to_have_count(7)
    expect(lane.locator("li").last).to_contain_text("Transmembrane pressure: sent, and not believed")
    hover_in_the_gap(page)
    assert complaints == []


def hover_in_the_gap(page: Page) -> None:
    """Over a gap a strip says why there is nothing, not the value of the nearest point."""
    strip = page.locator('[data-strip="venous_pressure"]')
    box = strip.locator(".u-over").bounding_box()
    assert box is not None
    for minute, word in ((10.5, "link down"), (20, " at "), (53.5, " at ")):
        page.mouse.move(box["x"] + box["width"] * minute / 60, box["y"] + box["height"] / 2)
        expect(strip.locator(".strip-cursor")).to_contain_text(word)
    other = page.locator('[data-strip="transmembrane_pressure"]')
    expect(other.locator(".strip-cursor")).to_contain_text("not believed")


@pytest.mark.parametrize("name", SIZES)
def test_nothing_overflows_and_each_pattern_is_there(browser: Browser, api: Api, name: str) -> None:
    theme, width, height = SIZES[name]
    page, complaints = patient_page(browser, api, theme, width, height)
    page.wait_for_function("document.querySelectorAll('.strip canvas').length === 9")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.locator(".segment").first).to_be_visible()
    plot = page.locator(".u-over").first.bounding_box()
    assert plot is not None
    begins = plot["x"] + plot["width"] * CORRECTED[0] / 60
    lane = page.locator('.segment[data-pattern="time corrected"]').bounding_box()
    assert lane is not None
    assert abs(lane["x"] - begins) < 6, "the lane stands over the plots"
    assert page.evaluate(INKED, ["blood_flow", 9, 12]) > 0.9, "hatched"
    assert page.evaluate(INKED, ["blood_flow", 14, 23]) < 0.5
    assert page.evaluate(INKED, ["transmembrane_pressure", 52.6, 54.4]) > 0.9, "not believed: on its own strip"
    assert page.evaluate(INKED, ["blood_flow", 52.6, 54.4]) < 0.5, "and on no other"
    if os.environ.get("HOMEHD_SCREENS") == "1":
        page.screenshot(path=str(SCREENS / f"history-{name}.png"))
    assert complaints == []
