"""Who is on call, as people see it: on every page, within seconds, on two screens. HOMEHD_SCREENS=1 takes pictures too.

Beside a real database and broker there is an ingest that speaks for the homes, as in `test_outage_browser`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from alerts.escalation import People
from alerts.rota.local_time import DAY_US
from clinician_api.access import Role
from clinician_api.settings import STATIC_DIR, ApiOptions
from store.registry import Unit
from store.selftests import Broken
from telemetry.alarms import ConditionState, Priority
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import PASSWORD, Api
from tests.clinician_api.notified import Notifier
from tests.clinician_api.outage import Outage, outage
from tests.clinician_api.rotas import Duty, shifts
from tests.clinician_api.routes.test_selftest import add_test_unit, ran

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SCREENS = Path(__file__).resolve().parents[2] / "docs" / "screens"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outage]:
    options = ApiOptions(database_url="", port=0, metrics_port=None, static_dir=STATIC_DIR)
    with outage(tmp_path, options, monkeypatch) as running:
        yield running


def signed_in(
    browser: Browser, api: Api, name: str, role: Role = Role.NURSE, theme: str = "day", **context_options: object
) -> tuple[Page, list[str]]:
    # A reader in Tokyo: hand-overs are by the clinic's clock all the same.
    options = {"viewport": {"width": 1440, "height": 900}, "timezone_id": "Asia/Tokyo", **context_options}
    context = browser.new_context(**options)  # type: ignore[arg-type]
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(api.url)
    page.evaluate("theme => localStorage.setItem('homehd.theme', theme)", theme)
    page.reload()
    page.get_by_label("E-mail").fill(api.account(role, 1, name))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator('[data-unit="u-1"]')).to_be_visible(timeout=15_000)
    return page, complaints


def test_two_screens_tell_who_is_on_call_what_was_accepted_and_when_nobody_is(browser: Browser, world: Outage) -> None:
    duty = Duty(world.api)
    duty.weekly(1, "Dr Weber", "Li")
    duty.weekly(1, "Li", "Dr Weber", line=2)
    has = next(one["person"] for one in shifts(duty.sign_in(1, "Li")))
    duty.tested(duty.person(1, has))
    page, complaints = signed_in(browser, world.api, has)
    other, others = signed_in(browser, world.api, "Chief", Role.NEPHROLOGIST, theme="night")
    line = '[data-testid="duty-coverage"]'
    expect(other.locator(line)).to_have_attribute("data-state", "not accepted", timeout=10_000)
    expect(other.get_by_test_id("selftest")).to_have_text("Never tested")

    other.goto(f"{world.api.url}/#/rota")
    shown = other.locator('[data-rota="1"] [aria-current="time"]')
    expect(shown).to_have_attribute("data-accepted", "false")
    page.get_by_text("Duty", exact=True).click()
    page.get_by_role("link", name="Rota").click()
    page.locator('[data-rota="1"] [data-yours="true"] [data-action="accept-shift"]').first.press("Enter")
    expect(shown).to_have_attribute("data-accepted", "true", timeout=5_000)
    covered = re.compile(
        rf"^Covered until (\w{{3}} \d+ \w{{3}}, )?08:00 \(\+0[12]:00\): {has} \(backup (Li|Dr Weber)\)$"
    )
    for screen in (page, other):
        expect(screen.locator(line)).to_have_text(covered, timeout=5_000)
    take_pictures(browser, duty, world.units["u-1"])

    duty.nobody(1)
    for screen in (page, other):
        expect(screen.locator(line)).to_have_attribute("data-state", "not covered", timeout=6_000)
        expect(screen.locator(f"{line} .flag")).to_have_text("NOT COVERED")
    expect(page.locator('[data-rota="1"] [data-covered="false"]').first).to_be_visible(timeout=6_000)

    world.stop_database()
    for screen in (page, other):
        expect(screen.locator(line)).to_have_attribute("data-state", "unknown", timeout=20_000)
    world.start_database()
    expect(page.locator(line)).to_have_attribute("data-state", "not covered", timeout=30_000)
    assert (complaints, others) == ([], [])


def take_pictures(browser: Browser, duty: Duty, unit: Unit) -> None:
    """The pictures of the documentation."""
    if os.environ.get("HOMEHD_SCREENS") != "1":
        return
    api, now = duty.api, SystemClock().now_us()
    duty.override(duty.rotas[1], now + 9 * DAY_US, now + 10 * DAY_US, None)
    add_test_unit(api)
    ran(api, Broken.NOTHING, "")
    notifier = Notifier(api, People((duty.person(1, "Dr Weber"),)))
    for _ in range(12):
        alert = api.raise_alert(unit, priority=Priority.MEDIUM)
        notifier.settle()
        api.raise_alert(unit, ConditionState.NORMAL, int(alert), priority=Priority.MEDIUM)
        notifier.settle()
    api.raise_alert(unit)
    notifier.settle()
    for name, size, theme, width in (
        ("rota", "day", "day", 1440), ("rota", "phone", "day", 390), ("handover", "night", "night", 1440),
        ("load", "day", "day", 1440),
    ):  # fmt: skip
        options = {"viewport": {"width": width, "height": 900}, "timezone_id": "Europe/Berlin"}
        page, _ = signed_in(browser, api, "Chief", Role.NEPHROLOGIST, theme=theme, **options)
        page.goto(f"{api.url}/#/{name}")
        expect(page.locator(".sheet").first).to_be_visible(timeout=15_000)
        page.wait_for_timeout(500)
        page.screenshot(path=str(SCREENS / f"{name}-{size}.png"))
        page.context.close()
