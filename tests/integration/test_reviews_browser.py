"""Review of treatments as people do it, and the report on one sheet of paper. HOMEHD_SCREENS=1 takes pictures too.

A real database and server; treatments are stored and summed up as ingest does.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from clinician_api.access import Role
from clinician_api.settings import STATIC_DIR, ApiOptions
from store import alert_log, pool
from store.alert_log import AlertEventRow
from telemetry.alarms import ConditionState, Priority
from tests.clinician_api.conftest import NOWHERE, PASSWORD, Api, start_api
from tests.clinician_api.signing_world import HOUR, Clinic

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SCREENS = Path(__file__).resolve().parents[2] / "docs" / "screens"
# Longer than any page takes to ask again.
SOON_MS = 20_000


@pytest.fixture
def api(database_url: str) -> Iterator[Api]:
    with ExitStack() as stack:
        options = ApiOptions(
            database_url=database_url, broker_url=NOWHERE, port=0, metrics_port=None, static_dir=STATIC_DIR
        )
        yield start_api(stack, options)


def signed_in(
    browser: Browser, api: Api, name: str, role: Role = Role.NEPHROLOGIST, theme: str = "day", language: str = "en",
    width: int = 1280, height: int = 900,
) -> tuple[Page, list[str], list[str]]:  # fmt: skip
    """A page, what it complains of, and what it loads from elsewhere."""
    context = browser.new_context(viewport={"width": width, "height": height}, timezone_id="Europe/Berlin")
    page = context.new_page()
    complaints: list[str] = []
    elsewhere: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: elsewhere.append(request.url) if not request.url.startswith(api.url) else None)
    page.goto(api.url)
    page.evaluate("theme => localStorage.setItem('homehd.theme', theme)", theme)
    page.reload()
    page.get_by_label("E-mail").fill(api.account(role, 1, name))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".nav")).to_be_visible(timeout=15_000)
    if language == "zh":
        page.get_by_text("中文", exact=True).click()
    return page, complaints, elsewhere


def raise_alerts(home: Clinic, count: int) -> None:
    """So many alerts of the newest treatment, one a minute, with long reasons."""
    with home.api.database() as conn, pool.transaction(conn):
        numbers = alert_log.reserve_ids(conn, count)
        start_us = home.now_us - 8 * HOUR
        rows = [
            AlertEventRow(
                number, home.unit.unit_id, f"R{n % 9 + 10}", "1.0.0", Priority.HIGH if n % 3 else Priority.MEDIUM,
                ConditionState.ACTIVE_UNACKNOWLEDGED, start_us + n * 60_000_000,
                f"Venous pressure {n} mmHg above its median of the last minute, " * 3, {}, {}, late=n % 5 == 0,
            )
            for n, number in enumerate(numbers)
        ]  # fmt: skip
        alert_log.append(conn, rows, home.now_us)


def make_worse(home: Clinic, number: int) -> None:
    """Many short gaps and machine alarms, and long notes: as full as a sheet can be."""
    home.api.account(Role.NEPHROLOGIST, 1, "Dr Weber")
    start_us = home.now_us - 8 * HOUR
    with home.api.database() as conn:
        for minute in (10, 20, 30, 110, 130):
            conn.execute(
                "DELETE FROM reading WHERE time >= to_timestamp(%s) AND time < to_timestamp(%s)",
                [start_us / 1e6 + minute * 60, start_us / 1e6 + (minute + 6) * 60],
            )
        conn.execute(
            "INSERT INTO machine_event SELECT to_timestamp(%s + n * 60), now(), n, n, %s, 1, 0, true, 'e', 'alarm',"
            " 'MDC_EVT_HDIALY_BLOOD_LEAK', n::text, '' FROM generate_series(1, 40) AS n",
            [start_us / 1e6, home.unit.unit_id],
        )
        for _ in range(6):
            conn.execute(
                "INSERT INTO sign_off (treatment_id, unit_id, patient_id, kind, at, user_id, note, in_bulk, revision,"
                " rules, seen) SELECT %s, %s, %s, 'signed', now(), max(user_id), repeat('a long word of it ', 50),"
                " false, 1, '1.0.0', '{}' FROM user_account",
                [number, home.unit.unit_id, home.patient],
            )


def test_queue_open_sign_gone_seen_by_another_and_back_with_what_changed(browser: Browser, api: Api) -> None:
    home = Clinic(api)
    good, short = home.treat(), home.treat(minutes=200)
    page, complaints, elsewhere = signed_in(browser, api, "Dr Weber")
    other, others, _ = signed_in(browser, api, "Dr Ito", theme="night")
    expect(page.get_by_test_id("review-count")).to_have_text("1", timeout=SOON_MS)
    for one in (page, other):
        one.get_by_role("link", name="Review").click()
    item = page.locator(f'.review[data-treatment="{short}"]')
    expect(item).to_contain_text("200 of 240 min prescribed: 40 min short; 10 min or more")
    stale = other.locator(f'.review[data-treatment="{short}"]')
    expect(stale).to_be_visible(timeout=SOON_MS)
    item.get_by_label("What you make of it").fill("cramps: ended by the patient")
    item.get_by_role("button", name="Sign").press("Enter")
    expect(item).to_have_count(0)
    expect(page.get_by_test_id("review-count")).to_have_count(0)
    expect(stale).to_have_count(0, timeout=SOON_MS)
    other.locator('[data-action="sign-all"]').click()
    expect(other.get_by_test_id("unremarkable").locator("li")).to_have_count(0)
    expect(page.get_by_test_id("unremarkable").locator("li")).to_have_count(0, timeout=SOON_MS)

    home.late_row(short, 3900.0)
    expect(item).to_have_attribute("data-state", "signed for an earlier state", timeout=SOON_MS)
    expect(item.locator('[data-change="volume_removed_ml"]')).to_have_text("Removed, mL: 2500 → 3900")
    expect(item.locator('[data-reason="ultrafiltration rate"]')).to_contain_text("(new)")
    expect(item).to_contain_text("Signed by Dr Weber")
    expect(page.locator(f'[data-treatment="{good}"]')).to_have_count(0)
    item.get_by_role("link", name="Report").click()
    expect(page.get_by_test_id("report")).to_contain_text("Signed by Dr Weber", timeout=SOON_MS)
    assert complaints == others == []
    assert elsewhere == []


def test_who_comes_second_is_told_and_a_nurse_can_only_call(browser: Browser, api: Api) -> None:
    home = Clinic(api)
    short = home.treat(minutes=200)
    page, _, _ = signed_in(browser, api, "Dr Weber")
    nurse, _, _ = signed_in(browser, api, "Li", Role.NURSE)
    for one in (page, nurse):
        one.goto(f"{api.url}/#/reviews")
        expect(one.locator(f'[data-treatment="{short}"]')).to_be_visible(timeout=SOON_MS)
    expect(nurse.locator('[data-action="sign"]')).to_have_count(0)
    # What the doctor has on the screen is not what stands any more.
    page.route("**/api/reviews*", lambda route: route.abort())
    nurse.get_by_label("What a doctor should look at").fill("looked pale")
    nurse.locator('[data-action="call-doctor"]').click()
    expect(nurse.locator(".review-called")).to_contain_text("Li calls for a doctor")
    item = page.locator(f'.review[data-treatment="{short}"]')
    item.get_by_label("What you make of it").fill("fine")
    item.get_by_role("button", name="Sign").click()
    expect(item.get_by_role("alert")).to_contain_text("Not signed")
    page.unroute("**/api/reviews*")
    expect(item.locator(".review-called")).to_contain_text("looked pale", timeout=SOON_MS)


def pages_of(document: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", document))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("alerts", [2, 60])
def test_a_report_is_one_sheet_that_hides_nothing(browser: Browser, api: Api, language: str, alerts: int) -> None:
    home = Clinic(api)
    number = home.treat(minutes=200, unseen_min=30, weighed=False, systolic=85.0)
    raise_alerts(home, alerts)
    if alerts == 60:
        make_worse(home, number)
    page, complaints, elsewhere = signed_in(browser, api, "Dr Weber", theme="night", language=language)
    page.goto(f"{api.url}/#/treatments/{number}/report")
    report = page.get_by_test_id("report")
    expect(report.locator(".report-line").first).to_be_attached(timeout=SOON_MS)
    assert len(report.locator("[data-chart]").all()) == 5
    rest = report.locator('[data-list="alerts"] .report-more')
    if alerts == 2:
        expect(rest).to_have_count(0)
    else:
        expect(rest).to_have_text("and 52 more" if language == "en" else "另有 52 项")
    expect(report.locator('[data-list="gaps"] h2')).to_contain_text("30")
    expect(report.locator('[data-list="gaps"] li')).to_have_count(1 if alerts == 2 else 5)
    assert len(report.locator(".report-gap").all()) >= 5, "hatched in each chart"
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)", "light on paper"
    document = page.pdf(prefer_css_page_size=True, print_background=True)
    assert pages_of(document) == 1
    box = report.bounding_box()
    assert box is not None
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # Nothing is cut at the foot: who printed it is still on the sheet.
    expect(report.locator("footer")).to_contain_text("Dr Weber")
    assert complaints == elsewhere == []
    if os.environ.get("HOMEHD_SCREENS") == "1" and (language, alerts) == ("en", 60):
        page.set_viewport_size({"width": 794, "height": 1123})
        page.screenshot(path=str(SCREENS / "report-print.png"))


def test_a_course_that_could_not_be_had_is_not_shown_as_one_without_gaps(browser: Browser, api: Api) -> None:
    home = Clinic(api)
    number = home.treat()
    page, _, _ = signed_in(browser, api, "Dr Weber")
    page.route("**/readings*", lambda route: route.abort())
    page.goto(f"{api.url}/#/treatments/{number}/report")
    report = page.get_by_test_id("report")
    expect(report).to_contain_text("the charts are missing, not empty", timeout=SOON_MS)
    expect(report.locator('[data-list="gaps"]')).to_contain_text("Not known")
    expect(report).not_to_contain_text("there are readings throughout")


SIZES = {"day": ("day", 1280, 900), "night": ("night", 1280, 900), "phone": ("day", 390, 844)}


@pytest.mark.parametrize("name", SIZES)
def test_nothing_overflows(browser: Browser, api: Api, name: str) -> None:
    home = Clinic(api)
    home.treat(minutes=200, weighed=False, systolic=85.0)
    home.treat(online_spktv=math.nan)
    home.treat()
    theme, width, height = SIZES[name]
    page, complaints, _ = signed_in(browser, api, "Dr Weber", theme=theme, width=width, height=height)
    for address, there in (("#/reviews", ".review"), (f"#/treatments/{1}/report", ".report-line")):
        page.goto(f"{api.url}/{address}")
        expect(page.locator(there).first).to_be_attached(timeout=SOON_MS)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if os.environ.get("HOMEHD_SCREENS") == "1":
            page.screenshot(path=str(SCREENS / f"{address.split('/')[-1]}-{name}.png"))
    assert complaints == []
