"""Why an alert fired, drawn from stored readings on the real pages: loaded when it is opened, an old alert, a gap.

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
from tests.clinician_api.conftest import PASSWORD, Api, start_api
from tests.clinician_api.routes.test_before import add_alert
from tests.clinician_api.routes.test_history import store_readings

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SCREENS = Path(__file__).resolve().parents[2] / "docs" / "screens"


@pytest.fixture
def api(database_url: str) -> Iterator[Api]:
    with ExitStack() as stack:
        yield start_api(stack, ApiOptions(database_url=database_url, port=0, metrics_port=None, static_dir=STATIC_DIR))


def alert_page(browser: Browser, api: Api, theme: str, width: int) -> tuple[Page, list[str]]:
    page = browser.new_context(viewport={"width": width, "height": 900}).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(api.url)
    page.evaluate("theme => localStorage.setItem('homehd.theme', theme)", theme)
    page.reload()
    page.get_by_label("E-mail").fill(api.account(Role.NEPHROLOGIST, 1))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator('[data-unit="u-1"]')).to_be_visible(timeout=15_000)
    page.goto(f"{api.url}/#/alerts")
    expect(page.locator("article.alert-card").first).to_be_visible(timeout=15_000)
    return page, asked


@pytest.mark.parametrize(("theme", "width"), [("day", 1280), ("night", 390)])
def test_the_ten_minutes_before_an_old_alert_are_drawn_when_it_is_opened(
    browser: Browser, api: Api, theme: str, width: int
) -> None:
    unit = api.add_unit("u-1", "Clinic 1", "Ada Example")
    rows = [(float(s), 330.0 if s >= 600 else 140.0 + s % 7) for s in range(0, 900, 2) if not 300 <= s < 420]
    store_readings(api, unit, rows)
    alert = add_alert(api, unit)
    api.refresh()
    page, asked = alert_page(browser, api, theme, width)
    card = page.locator(f"#alert-{alert}")
    assert not [url for url in asked if url.endswith("/before")]
    card.locator("summary", has_text="Why").first.click()
    strip = card.locator('[data-before="venous_pressure"]')
    expect(strip).to_contain_text("140 to 330 mmHg · limit 320")
    expect(strip.locator("canvas")).to_be_visible()
    assert len([url for url in asked if url.endswith(f"/api/alerts/{alert}/before")]) == 1
    assert ink_of(strip.locator("canvas"), 0.45) < ink_of(strip.locator("canvas"), 0.2)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if os.environ.get("HOMEHD_SCREENS") == "1":
        card.get_by_test_id("alert-before").screenshot(path=str(SCREENS / f"alert-before-{theme}.png"))


def ink_of(canvas: Locator, at: float) -> int:
    """How many pixels of a column of the plot, at a share of its width, are of the line's colour."""
    found: int = canvas.evaluate(
        """(canvas, at) => {
            const token = getComputedStyle(document.documentElement).getPropertyValue("--chart-line").trim();
            const probe = document.createElement("canvas").getContext("2d");
            probe.fillStyle = token; probe.fillRect(0, 0, 1, 1);
            const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
            const left = 46 * devicePixelRatio, width = canvas.width - left - 8 * devicePixelRatio;
            const x = Math.round(left + at * width);
            const column = canvas.getContext("2d").getImageData(x, 0, 1, canvas.height).data;
            let count = 0;
            for (let i = 0; i < column.length; i += 4)
                if ([r, g, b].every((value, place) => Math.abs(column[i + place] - value) < 25)) count += 1;
            return count;
        }""",
        at,
    )
    return found
