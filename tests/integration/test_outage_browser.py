"""The pages while the database is away, as a person sees them. HOMEHD_SCREENS=1 takes the documents' pictures too."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from clinician_api.access import Role
from clinician_api.settings import STATIC_DIR, ApiOptions
from tests.clinician_api.conftest import PASSWORD
from tests.clinician_api.outage import Outage, outage, unsaved_now

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SCREENS = Path(__file__).resolve().parents[2] / "docs" / "screens"
OWN = '[data-alert-id="unsaved-u-1-R10"]'
# How many cards of the rule stand in the list of open alerts, after every change of the page.
COUNT = """
() => {
  const cards = () => document.querySelectorAll('[data-testid="open-alerts"] [data-rule-under-test]').length;
  const mark = () => {
    for (const card of document.querySelectorAll('.alert-card'))
      if (card.textContent.includes('fell by 40')) card.setAttribute('data-rule-under-test', '');
    return cards();
  };
  window.counts = [mark()];
  new MutationObserver(() => window.counts.push(mark())).observe(document.body, {childList: true, subtree: true});
}
"""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outage]:
    options = ApiOptions(database_url="", port=0, metrics_port=None, static_dir=STATIC_DIR)
    with outage(tmp_path, options, monkeypatch) as running:
        yield running


def signed_in(browser: Browser, world: Outage, theme: str) -> tuple[Page, list[str]]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(world.api.url)
    page.evaluate("theme => localStorage.setItem('homehd.theme', theme)", theme)
    page.reload()
    page.get_by_label("E-mail").fill(world.api.account(Role.NEPHROLOGIST, 1))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator('[data-unit="u-1"]')).to_be_visible(timeout=15_000)
    expect(page.locator("body")).to_have_attribute("data-connection", "live")
    return page, complaints


def test_the_wall_goes_on_says_so_once_and_finds_back(browser: Browser, world: Outage) -> None:
    page, complaints = signed_in(browser, world, "night")
    other, others = signed_in(browser, world, "day")
    world.stop_database()
    world.ingest.fail(
        unsaved_now(
            "u-1", "R10", reason="Venous pressure fell by 40 mmHg within 8 s while blood flow is 300 mL/min",
            inputs={"venous_pressure": 92.0, "blood_flow": 300.0}, limits={"drop": 20.0},
        )
    )  # fmt: skip
    for shown, theme in ((page, "night"), (other, "day")):
        banner = shown.get_by_test_id("unsaved-banner")
        expect(banner).to_have_text(
            re.compile(
                r"Database does not answer since \d\d:\d\d\."
                r" Values and alerts are live but not saved; acknowledging is not possible\."
            ),
            timeout=15_000,
        )
        expect(shown.locator(".banner")).to_have_count(1)
        expect(shown.locator('[data-unit="u-1"]')).to_have_attribute("data-freshness", "live")
        shown.goto(f"{world.api.url}/#/alerts")
        card = shown.locator(f".alert-card{OWN}")
        expect(card.get_by_test_id("unsaved-note")).to_be_visible()
        expect(card.get_by_role("button", name="Cannot acknowledge now")).to_be_disabled()
        expect(card.locator(".flag")).to_have_text("HIGH")
        if os.environ.get("HOMEHD_SCREENS") == "1":
            shown.screenshot(path=str(SCREENS / f"outage-{theme}.png"))
    page.evaluate(COUNT)
    world.start_database()
    saved = world.save("u-1", "R10", "Venous pressure fell by 40 mmHg within 8 s while blood flow is 300 mL/min")
    world.ingest.recover()
    expect(page.get_by_test_id("unsaved-banner")).to_have_count(0, timeout=30_000)
    card = page.locator(f'.alert-card[data-alert-id="{saved}"]')
    expect(card).to_have_attribute("data-unsaved", "false")
    assert set(page.evaluate("() => window.counts")) == {1}, "neither two nor none at any time"
    card.get_by_role("button", name="Acknowledge").click()
    expect(card).to_contain_text("Acknowledged by", timeout=15_000)
    assert (complaints, others) == ([], [])
