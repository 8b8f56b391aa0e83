"""Trends of a patient in a real browser: counts, calendar, charts by keyboard, and from a point to its report.

A real database and server; treatments are stored, summed up and compared as ingest does. HOMEHD_SCREENS=1 takes
pictures, too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from clinician_api.access import Role
from clinician_api.settings import STATIC_DIR, ApiOptions
from telemetry.care import DAY_US
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import NOWHERE, Api, start_api
from tests.integration.test_accessibility_browser import AXE, show
from tests.integration.test_reviews_browser import signed_in
from tests.integration.trends_world import ZONE, HalfYear, half_year
from tests.integration.ward_world import violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

SCREENS = Path(__file__).resolve().parents[2] / "docs" / "screens"
# Each size and each theme.
LOOKS: Final = {
    ("desk", "day"): "day", ("desk", "night"): "night", ("phone", "day"): "phone", ("wall", "night"): "wall",
    ("laptop", "ward"): "ward",
}  # fmt: skip


@pytest.fixture
def api(database_url: str) -> Iterator[Api]:
    with ExitStack() as stack:
        options = ApiOptions(
            database_url=database_url, broker_url=NOWHERE, port=0, metrics_port=None, static_dir=STATIC_DIR
        )
        yield start_api(stack, options)


@pytest.fixture
def world(api: Api) -> HalfYear:
    return half_year(api)


def local_date(time_us: int) -> str:
    return datetime.fromtimestamp(time_us / 1e6, ZoneInfo(ZONE)).date().isoformat()


def to_trends(page: Page) -> None:
    page.evaluate("() => { location.hash = '/patients/u-1'; }")
    page.get_by_role("link", name=re.compile("^(Trends|趋势)$")).click()
    expect(page.locator("body")).to_have_attribute("data-page", "trends")
    expect(page.get_by_test_id("calendar")).to_be_visible(timeout=15_000)


def day(page: Page, time_us: int) -> Locator:
    return page.locator(f'[data-testid="calendar"] td[data-date="{local_date(time_us)}"]')


def test_counts_calendar_and_from_a_point_to_its_report(browser: Browser, api: Api, world: HalfYear) -> None:
    page, complaints, elsewhere = signed_in(browser, api, "Nora", Role.NURSE, width=1440)
    to_trends(page)
    month_us = SystemClock().now_us() - 28 * DAY_US
    recent = sum(start >= month_us for start in world.planned_us)
    counts = page.get_by_test_id("recent")
    expect(counts).to_contain_text(f"1 of {recent} planned treatments missed.")
    expect(counts).to_contain_text(f"1 of {recent - 1} treatments shortened.")

    expect(day(page, world.missed_us)).to_have_attribute("data-state", "missed")
    expect(day(page, world.missed_us)).to_contain_text("missed: planned, and no treatment was seen")
    expect(day(page, world.missed_us).locator("a")).to_have_count(0)
    expect(day(page, world.short_us)).to_have_attribute("data-state", "treated short")
    expect(day(page, world.planned_us[-1])).to_have_attribute("data-state", "treated")
    expect(day(page, world.planned_us[-1] - DAY_US)).to_have_attribute("data-state", "not planned")
    expect(page.locator('.day[aria-current="date"]')).to_have_count(1)
    expect(page.locator('.day[aria-current="date"]')).to_have_attribute("data-date", local_date(SystemClock().now_us()))
    assert page.locator('.day[data-state="planned"]').count() >= 3, "the week ahead"

    # By keyboard: one stop a chart, from treatment to treatment, the value in words.
    venous = page.get_by_role("slider", name="Venous pressure at the usual blood flow")
    venous.focus()
    last = str(len(world.planned_us) - 1)
    expect(venous).to_have_attribute("aria-valuenow", last)
    page.keyboard.press("ArrowLeft")
    expect(venous).to_have_attribute("aria-valuenow", str(int(last) - 1))
    expect(venous).to_have_attribute("aria-valuetext", re.compile(r"20\d\d: 1\d\d mmHg$"))
    time = page.get_by_role("slider", name="Treatment time")
    expect(time).to_have_attribute("aria-valuetext", re.compile(r": 200 min \(prescribed 240\)$"))
    panel = page.get_by_test_id("trend-panel")
    expect(panel).to_contain_text("shortened")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("report")).to_contain_text("200 min", timeout=15_000)

    # And back by the report's own link, to the same patient; a pointer picks a treatment, too.
    page.get_by_role("link", name="Trends").click()
    expect(page.get_by_test_id("recent")).to_contain_text(f"1 of {recent} planned")
    page.get_by_role("slider", name="Weight").click(position={"x": 3, "y": 40})
    expect(page.get_by_role("slider", name="Weight")).to_have_attribute("aria-valuenow", "1")
    panel.get_by_role("link", name="Report of this treatment").click()
    expect(page.get_by_test_id("report")).to_be_visible(timeout=15_000)
    # From a day of the calendar as well.
    page.get_by_role("link", name="Trends").click()
    day(page, world.short_us).locator("a").click()
    expect(page.get_by_test_id("report")).to_contain_text("200 min", timeout=15_000)
    assert (complaints, elsewhere) == ([], [])
    page.context.close()


def test_gaps_stay_gaps_and_every_point_is_there(browser: Browser, api: Api, world: HalfYear) -> None:
    page, complaints, _ = signed_in(browser, api, "Dr Weber")
    to_trends(page)
    page.get_by_text("12 months").click()
    treated = len(world.planned_us) - 1
    venous = page.locator('[data-chart="venous"] [data-series="measured"]')
    expect(venous.locator(".trend-point")).to_have_count(treated)
    # One line less than points, and none over the missed one.
    expect(venous.locator(".trend-line")).to_have_count(treated - 2)
    dose = page.locator('[data-chart="dose"] [data-series="delivered"]')
    without = sum(number % 7 == 3 for number, start in enumerate(world.planned_us) if start != world.missed_us)
    expect(dose.locator(".trend-point")).to_have_count(treated - without)
    expect(page.locator('[data-chart="ratio"] .trend-key')).to_contain_text("limit of R30")
    # The ratio has crept above its limit: marked over the charts, and in words.
    expect(page.locator(".trend-lane .shape").first).to_be_visible()
    expect(page.get_by_test_id("trend-findings")).to_contain_text("(R30): Venous access pressure ratio")
    # Half a year before, nothing was planned that anybody knows of.
    first = page.locator(".day").first
    expect(first).to_have_attribute("data-state", "unknown")
    expect(first).to_contain_text("not known: no schedule on record")
    assert complaints == []
    page.context.close()


def test_no_finding_in_any_size_or_theme_and_in_chinese(browser: Browser, api: Api, world: HalfYear) -> None:
    axe = AXE.read_text("utf-8")
    page, complaints, _ = signed_in(browser, api, "Dr Weber")
    to_trends(page)
    for (size, theme), name in LOOKS.items() if os.environ.get("HOMEHD_SCREENS") == "1" else ():
        show(page, size, theme)
        page.screenshot(path=str(SCREENS / f"trends-{name}.png"), full_page=size != "wall")
    # As many kinds of things, and half as many points to be looked at one by one.
    page.get_by_text("3 months").click()
    found: list[str] = []
    for size, theme in LOOKS:
        show(page, size, theme)
        found += [f"{size} {theme}: {line}" for line in violations(page, axe)]
        wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{size}: {wide} px wider than the screen"
    assert not found, "\n".join(found)
    page.locator('input[name="language"][value="zh-Hans"]').evaluate("input => input.click()")
    expect(page.get_by_test_id("recent")).to_contain_text("缺失 1 次")
    expect(day(page, world.missed_us)).to_contain_text("缺失")
    assert complaints == []
    page.context.close()
