"""Notes on two screens: what one person writes the other reads within seconds, as text.

HOMEHD_SCREENS=1 takes pictures too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from clinician_api.access import Role
from clinician_api.settings import STATIC_DIR, ApiOptions
from homehd.brokers import Broker
from tests.clinician_api.conftest import PASSWORD, Api, start_api, until
from tests.clinician_api.outage import Ingest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SCREENS = Path(__file__).resolve().parents[2] / "docs" / "screens"
NASTY = "<img src=x onerror=\"document.title='taken'\"> feels well"


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
        ingest.values, ingest.units = {"venous_pressure": 140.0, "blood_flow": 300.0}, ["u-1"]
        running.add_unit("u-1", "Clinic 1", "Ada Example")
        until(lambda: running.do(lambda services: services.room.all_alive()))
        yield running


def patient_page(browser: Browser, api: Api, name: str, theme: str = "day", width: int = 1280) -> Page:
    page = browser.new_context(viewport={"width": width, "height": 900}).new_page()
    page.goto(api.url)
    page.evaluate("theme => localStorage.setItem('homehd.theme', theme)", theme)
    page.reload()
    page.get_by_label("E-mail").fill(api.account(Role.NEPHROLOGIST, 1, name))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator('[data-unit="u-1"] h2 a').click(timeout=15_000)
    expect(page.get_by_test_id("notes")).to_be_visible(timeout=15_000)
    return page


def test_one_writes_the_other_reads_it_as_text_and_corrects_it(browser: Browser, api: Api) -> None:
    nora, olaf = patient_page(browser, api, "Nora"), patient_page(browser, api, "Olaf", "night", 390)
    nora.get_by_label("Note", exact=True).fill(NASTY)
    nora.keyboard.press("Tab")
    nora.keyboard.press("Enter")
    seen = olaf.locator(".note-text").first
    expect(seen).to_have_text(NASTY, timeout=8_000)
    expect(olaf.locator("[data-note]")).to_contain_text("Nora")
    assert olaf.locator(".notes-list img").count() == 0
    assert "taken" not in nora.title() + olaf.title()
    olaf.get_by_role("button", name="Correct", exact=True).click()
    olaf.get_by_label("Note", exact=True).fill("dizzy")
    olaf.get_by_role("button", name="Write note").click()
    expect(nora.locator('[data-corrected="true"]')).to_contain_text("corrected since", timeout=8_000)
    expect(nora.locator('[data-corrected="false"] .note-text')).to_have_text("dizzy")
    assert olaf.evaluate("document.documentElement.scrollWidth") <= 390
    if os.environ.get("HOMEHD_SCREENS") == "1":
        nora.screenshot(path=str(SCREENS / "notes-day.png"))
        olaf.get_by_test_id("notes").scroll_into_view_if_needed()
        olaf.screenshot(path=str(SCREENS / "notes-phone.png"))
        patient_page(browser, api, "Nora", "night").screenshot(path=str(SCREENS / "notes-night.png"))
