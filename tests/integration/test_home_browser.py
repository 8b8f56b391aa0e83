"""The patient's own page on a tablet beside a nurse's screen: seen, heard, and honest about a line that is gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from clinician_api.access import Role
from store import homes, unit_status
from store.unit_status import StatusRow
from telemetry.clock import SystemClock
from telemetry.messages import MachineLink, Status
from tests.clinician_api.conftest import until
from tests.integration.test_accessibility_browser import AXE
from tests.integration.ward_world import THEMES, Ward, go, violations, ward

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

TABLET: dict[str, Any] = {"viewport": {"width": 820, "height": 1180}, "has_touch": True}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
PHONE_NUMBER = "+49 30 1234567"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """Ada Example is at home at u-1, and has an account."""
    with ward(tmp_path_factory.mktemp("ward"), lambda place: f"{place} of a test") as running:
        running.world.api.sign_in(Role.PATIENT, 1)
        with running.world.api.database() as conn:
            now_us = SystemClock().now_us()
            served = homes.served(conn, "u-1", 1)
            ((user,),) = conn.execute("SELECT user_id FROM user_account WHERE role = 'patient'").fetchall()
            assert served is not None
            homes.connect(conn, user, served[0], now_us)
            conn.execute("UPDATE clinic SET phone = %s", (PHONE_NUMBER,))
        yield running


def box(here: Ward, machine: MachineLink) -> None:
    """It has just said how it gets on with its machine."""
    with here.world.api.database() as conn:
        now_us = SystemClock().now_us()
        row = Status(1, "u-1", online=True, sent_us=now_us, machine=machine)
        unit_status.save(conn, [StatusRow(here.world.units["u-1"].unit_id, now_us, row, heard_us=now_us)])


def at_home(browser: Browser, here: Ward, **options: Any) -> tuple[Page, list[str]]:
    box(here, MachineLink.CONNECTED)
    page, complaints = here.open(browser, Role.PATIENT, **{**TABLET, **options})
    expect(page.get_by_test_id("help")).to_be_visible(timeout=15_000)
    return page, complaints


def calls(here: Ward) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in here.notifier.rows("SELECT state FROM alert WHERE rule = 'H01' ORDER BY alert_id")]


def test_who_sees_the_patient_is_said_by_the_screen_that_shows_them(browser: Browser, here: Ward) -> None:
    page, complaints = at_home(browser, here)
    seen = page.get_by_test_id("seen")
    expect(seen).to_have_attribute("data-seen", "false", timeout=15_000)
    nurse, _ = here.open(browser, Role.NURSE, name="Nurse Li")
    go(nurse, "patient", here.pages["patient"])
    expect(seen).to_have_attribute("data-seen", "true", timeout=15_000)
    expect(seen).to_contain_text("Your team sees you: Nurse Nurse Li, last seen")
    # What is not in front any more is seen by nobody.
    nurse.context.close()
    expect(seen).to_have_attribute("data-seen", "false", timeout=30_000)
    assert complaints == []
    page.context.close()


def test_help_is_a_call_that_a_nurse_takes_and_the_patient_reads_who(browser: Browser, here: Ward) -> None:
    nurse, _ = here.open(browser, Role.NURSE, name="Nurse Li")
    page, complaints = at_home(browser, here)
    page.locator('[data-action="help"]').click()
    expect(page.get_by_test_id("help")).to_have_attribute("data-state", "asking", timeout=10_000)
    alert = here.notifier.rows("SELECT max(alert_id) FROM alert WHERE rule = 'H01'")[0][0]
    nurse.evaluate("id => { location.hash = `/alerts/${id}`; }", str(alert))
    card = nurse.locator(f'#content [data-alert-id="{alert}"]').first
    expect(card).to_have_attribute("data-alert-priority", "high", timeout=10_000)
    expect(card.locator('[data-action="shelve"]')).to_have_count(0)
    card.locator('[data-action="acknowledge"]').first.click()
    expect(page.get_by_test_id("help")).to_contain_text("Nurse Li has your call.", timeout=10_000)
    card.locator('[data-action="end-help"]').click()
    expect(page.get_by_test_id("help")).to_have_attribute("data-state", "none", timeout=10_000)
    assert calls(here)[-1] == ("normal",)
    assert complaints == []
    nurse.context.close()
    page.context.close()


def test_without_a_line_it_says_that_nobody_knows_and_the_call_goes_once(browser: Browser, here: Ward) -> None:
    page, _ = at_home(browser, here)
    before = len(calls(here))
    page.context.set_offline(True)
    page.locator('[data-action="help"]').click()
    expect(page.get_by_test_id("help-unsent")).to_contain_text("Nobody knows that you need help")
    expect(page.get_by_test_id("help-unsent").locator('[data-action="call"]')).to_have_attribute(
        "href", "tel:+49301234567"
    )
    seen = page.get_by_test_id("seen")
    expect(seen).to_contain_text("Link lost", timeout=20_000)
    expect(seen).to_contain_text("Your machine still protects you")
    expect(page.get_by_test_id("machine-says")).to_contain_text("Nobody knows")
    assert len(calls(here)) == before
    page.context.set_offline(False)
    expect(page.get_by_test_id("help")).to_have_attribute("data-state", "asking", timeout=20_000)
    assert len(calls(here)) == before + 1
    page.locator('[data-action="helped"]').click()
    expect(page.get_by_test_id("help")).to_have_attribute("data-state", "ended", timeout=10_000)
    assert calls(here)[-1] == ("latched, clear",), "nobody has seen it yet"
    page.context.close()


def test_what_was_said_without_a_line_outlives_the_page(browser: Browser, here: Ward) -> None:
    page, _ = at_home(browser, here)
    page.route("**/api/home/symptoms", lambda route: route.abort())
    page.locator('input[name="symptom"][value="cramps"]').check(force=True)
    page.locator('textarea[name="words"]').fill("left calf <img src=x onerror=alert(1)>")
    page.locator('[data-action="tell-symptom"]').click()
    expect(page.get_by_test_id("symptoms")).to_contain_text("Not sent yet")
    page.unroute("**/api/home/symptoms")
    page.reload()
    said = "SELECT text FROM patient_event WHERE kind = 'symptom' AND user_id IS NULL"
    until(
        lambda: [row[0] for row in here.notifier.rows(said)][-1:] == ["cramps: left calf <img src=x onerror=alert(1)>"]
    )
    nurse, complaints = here.open(browser, Role.NURSE, name="Nurse Li")
    go(nurse, "patient", here.pages["patient"])
    expect(nurse.locator("#content")).to_contain_text("Cramps: left calf <img", timeout=10_000)
    assert complaints == []
    nurse.context.close()
    page.context.close()


def test_dealing_with_an_alert_is_told_to_the_nurse_and_silences_nothing(browser: Browser, here: Ward) -> None:
    nurse, _ = here.open(browser, Role.NURSE, name="Nurse Li")
    page, _ = at_home(browser, here)
    alert = here.alerts["high"]
    page.locator(f'[data-alert-id="{alert}"] [data-action="handle"]').click()
    nurse.evaluate("id => { location.hash = `/alerts/${id}`; }", alert)
    card = nurse.locator(f'#content [data-alert-id="{alert}"]').first
    expect(card.get_by_test_id("handled")).to_contain_text("I'm handling it", timeout=10_000)
    expect(card).to_have_attribute("data-alert-state", "active, unacknowledged")
    expect(page.locator(f'[data-alert-id="{alert}"]')).to_contain_text("You said at", timeout=10_000)
    nurse.context.close()
    page.context.close()


def test_a_machine_that_the_box_does_not_hear_is_no_calm(browser: Browser, here: Ward) -> None:
    page, _ = at_home(browser, here)
    box(here, MachineLink.SILENT)
    expect(page.get_by_test_id("seen")).to_contain_text("The box does not hear your machine", timeout=10_000)
    expect(page.get_by_test_id("machine-says")).to_contain_text("Nobody knows what the machine says now")
    box(here, MachineLink.CONNECTED)
    expect(page.get_by_test_id("machine-says")).not_to_contain_text("Nobody knows", timeout=10_000)
    expect(page.get_by_test_id("machine-says")).to_contain_text("machine alarm of a test")
    page.context.close()


@pytest.mark.parametrize("theme", THEMES)
def test_it_can_be_read_and_reached_by_everybody(browser: Browser, here: Ward, theme: str) -> None:
    axe = AXE.read_text("utf-8")
    options = PHONE if theme == "night" else TABLET
    page, complaints = at_home(browser, here, **options)
    page.locator('select[name="theme"]').select_option(theme)
    page.locator('input[name="symptom"][value="dizzy"]').check(force=True)
    assert violations(page, axe) == []
    wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    page.locator('input[name="language"][value="zh-Hans"]').evaluate("input => input.click()")
    expect(page.locator('[data-action="help"]').first).to_have_text("我需要帮助")
    said = page.locator("#content").inner_text()
    assert "Needle" not in said and "treatment" not in said.lower()
    assert violations(page, axe) == []
    assert complaints == []
    page.context.close()
