"""One time line as a person uses it: marks where things happened, zoom, earlier treatments, what is usual, a new limit.

HOMEHD_SCREENS=1 takes pictures too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from clinician_api.access import Role
from clinician_api.settings import STATIC_DIR, ApiOptions
from homehd.brokers import Broker
from store import treatments
from store.treatments import Treatment
from telemetry.clock import SystemClock
from telemetry.treatment import EndKnown
from tests.clinician_api.conftest import PASSWORD, Api, start_api, until
from tests.clinician_api.outage import Ingest
from tests.clinician_api.prescribed import WIDER, propose
from tests.clinician_api.routes.test_history import START, store_readings
from tests.clinician_api.routes.test_timeline import START_US, add_alarm, add_alert
from tests.clinician_api.routes.test_treatments import bind

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

SCREENS = Path(__file__).resolve().parents[2] / "docs" / "screens"
MINUTE_US = 60_000_000
# What is asked of the server, on a machine that others work on as well.
PATIENT_MS = 30_000
DAY_MIN = 1440


class World:
    """A patient in treatment for 50 minutes, with three earlier treatments; minutes count from now."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.unit = api.add_unit("u-1", "Clinic 1")
        now_us = SystemClock().now_us()
        # Of the helpers, which count from START.
        self.shift_min = (now_us - START_US) / MINUTE_US
        bind(api, self.unit, "Ada Example", 1, now_us - 30 * DAY_MIN * MINUTE_US)
        found = []
        for day, pressure in ((-3, 110.0), (-2, 120.0), (-1, 130.0), (0, 140.0)):
            begin = day * DAY_MIN - 50
            seconds = range(begin * 60, (begin + 50) * 60, 5)
            base = self.shift_min * 60
            store_readings(api, self.unit, [(base + s, pressure + s % 3) for s in seconds])
            end = None if day == 0 else now_us + (begin + 50) * MINUTE_US
            known = None if day == 0 else EndKnown.MACHINE
            found.append((self.unit.unit_id, Treatment(now_us + begin * MINUTE_US, end, known)))
        with api.database() as conn:
            treatments.add(conn, found, now_us, now_us)
            conn.execute(
                "INSERT INTO patient_event (patient_id, kind, starts_at, text, entered_at) "
                "VALUES (1, 'symptom', from_us(%s), 'dizzy, then better', now())",
                (now_us - 10 * MINUTE_US,),
            )
            conn.commit()
        self.over = self.alert(-30, -20)
        self.old = self.alert(-DAY_MIN - 25, -DAY_MIN - 20)
        for minute, active in ((-45.0, True), (-40.0, False)):
            add_alarm(api, self.unit, self.shift_min + minute, active, "MDC_EVT_HDIALY_BLOOD_LEAK")
        api.refresh()

    def alert(self, since: float, until_min: float) -> str:
        return add_alert(
            self.api, self.unit, "R13", (self.shift_min + since, True), (self.shift_min + until_min, False)
        )


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    assert START.microsecond == 0
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
        ingest.values, ingest.units = {"venous_pressure": 141.0, "ultrafiltration_volume": 600.0}, ["u-1"]
        world = World(running)
        until(lambda: running.do(lambda services: services.room.all_alive()))
        yield world


def patient_page(browser: Browser, world: World, theme: str = "day", width: int = 1280) -> tuple[Page, list[str]]:
    page = browser.new_context(viewport={"width": width, "height": 900}).new_page()
    page.set_default_timeout(45_000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(world.api.url)
    page.evaluate("theme => localStorage.setItem('homehd.theme', theme)", theme)
    page.reload()
    page.get_by_label("E-mail").fill(world.api.account(Role.NEPHROLOGIST, 1))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator('[data-unit="u-1"] h2 a').click()
    page.get_by_text("1 h", exact=True).click()
    expect(page.locator(f'[data-mark="alert {world.over}"]')).to_be_visible(timeout=PATIENT_MS)
    return page, complaints


def share(page: Page, mark: Locator) -> tuple[float, float]:
    """Where a mark begins and ends, as a share of the plots' width."""
    box, plot = mark.bounding_box(), page.locator(".u-over").first.bounding_box()
    assert box is not None and plot is not None
    return (box["x"] - plot["x"]) / plot["width"], (box["x"] + box["width"] - plot["x"]) / plot["width"]


def picture(page: Page, name: str) -> None:
    if os.environ.get("HOMEHD_SCREENS") == "1":
        page.locator(".strips").screenshot(path=str(SCREENS / f"{name}.png"))


@pytest.mark.parametrize(("theme", "width"), [("day", 1280), ("night", 390)])
def test_what_happened_stands_where_it_was_and_opens(browser: Browser, world: World, theme: str, width: int) -> None:
    page, complaints = patient_page(browser, world, theme, width)
    alert = page.locator(f'[data-mark="alert {world.over}"]')
    alarm = page.locator('[data-mark^="alarm MDC_EVT_HDIALY_BLOOD_LEAK"]')
    note = page.locator('[data-mark^="event"]')
    # Time goes on while it is looked at: a minute of the hour either way.
    assert share(page, alert) == pytest.approx((0.5, 0.667), abs=0.03)
    assert share(page, alarm)[0] == pytest.approx(0.25, abs=0.03)
    assert share(page, note)[0] == pytest.approx(0.833, abs=0.03)
    expect(page.locator(f'[data-mark="alert {world.old}"]')).to_have_count(0)
    alert.focus()
    page.keyboard.press("Enter")
    card = page.get_by_test_id("picked").locator(f"#alert-{world.over}")
    expect(card.get_by_test_id("alert-before")).to_be_visible(timeout=PATIENT_MS)
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("picked")).to_have_count(0)
    expect(alert).to_be_focused()
    note.click()
    expect(page.get_by_test_id("picked")).to_contain_text("dizzy, then better")
    expect(page.get_by_test_id("picked")).to_contain_text("symptom")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    picture(page, f"timeline-{theme}")
    assert complaints == []


def test_by_keys_closer_earlier_an_earlier_treatment_and_back(browser: Browser, world: World) -> None:
    page, complaints = patient_page(browser, world)
    held = page.get_by_test_id("not-live")
    expect(held).to_have_attribute("data-held", "false")
    page.get_by_role("button", name="Closer").focus()
    page.keyboard.press("+")
    expect(held).to_contain_text("Not live", timeout=PATIENT_MS)
    # The last half of the hour: the alert begins at its left edge.
    assert share(page, page.locator(f'[data-mark="alert {world.over}"]')) == pytest.approx((0.0, 0.333), abs=0.06)
    with page.expect_response(lambda response: "/readings?" in response.url):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Home")
    expect(held).to_have_attribute("data-held", "false")
    page.get_by_role("button", name="Treatment before").click()
    expect(held).to_contain_text("Treatment of", timeout=PATIENT_MS)
    old = page.locator(f'[data-mark="alert {world.old}"]')
    expect(old).to_be_visible(timeout=PATIENT_MS)
    assert share(page, old)[0] == pytest.approx(27 / 54, abs=0.02)
    expect(page.locator(f'[data-mark="alert {world.over}"]')).to_have_count(0)
    expect(page.get_by_text("Limits are not drawn")).to_be_visible(timeout=PATIENT_MS)
    # Beside it stands what is so now.
    expect(page.locator('[data-strip="venous_pressure"] [data-value="141"]')).to_be_visible()
    page.get_by_role("button", name="Compare with own treatments").click()
    expect(page.get_by_test_id("usual")).to_contain_text("2 earlier treatments", timeout=PATIENT_MS)
    picture(page, "timeline-earlier")
    page.get_by_role("button", name="Back to live").click()
    expect(held).to_have_attribute("data-held", "false")
    expect(page.get_by_test_id("usual")).to_contain_text("last 3 treatments", timeout=PATIENT_MS)
    expect(page.locator(f'[data-mark="alert {world.over}"]')).to_be_visible()
    picture(page, "timeline-usual")
    assert complaints == []


def test_a_limit_that_is_signed_stands_on_the_strip(browser: Browser, world: World) -> None:
    page, complaints = patient_page(browser, world)
    limits = page.locator('[data-strip="venous_pressure"]').get_by_test_id("limits")
    expect(limits).to_have_text("HIGH above 300 · MEDIUM above 250", timeout=PATIENT_MS)
    answer = propose(world.api.sign_in(Role.NEPHROLOGIST, 1, "Nora"), 1, WIDER)
    assert answer.status_code == 200, answer.text
    expect(limits).to_have_text("HIGH above 300 · MEDIUM above 280 (own limit)", timeout=PATIENT_MS)
    assert complaints == []
