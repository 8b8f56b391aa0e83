"""Prescription and limits as two people see them: one proposes, another signs. HOMEHD_SCREENS=1 takes pictures too."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from clinician_api.access import Role
from clinician_api.settings import STATIC_DIR, ApiOptions
from evaluation import contexts
from store import registry
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import NOWHERE, PASSWORD, Api, start_api
from tests.clinician_api.prescribed import add_patient

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SCREENS = Path(__file__).resolve().parents[2] / "docs" / "screens"
FIELD = '[data-field="limits.R13.high"]'


@pytest.fixture
def api(database_url: str) -> Iterator[Api]:
    options = ApiOptions(
        database_url=database_url, broker_url=NOWHERE, port=0, metrics_port=None, static_dir=STATIC_DIR, recheck_s=0.3
    )
    with ExitStack() as stack:
        yield start_api(stack, options)


def signed_in(
    browser: Browser, api: Api, name: str, role: Role = Role.NEPHROLOGIST, theme: str = "day", width: int = 1440
) -> tuple[Page, list[str]]:
    context = browser.new_context(viewport={"width": width, "height": 900}, timezone_id="Europe/Berlin")
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


def open_page(page: Page, api: Api) -> None:
    page.goto(f"{api.url}/#/patients/u-1/prescription")
    expect(page.locator(FIELD)).to_be_visible(timeout=15_000)


def picture(page: Page, name: str) -> None:
    if os.environ.get("HOMEHD_SCREENS") == "1":
        page.wait_for_timeout(300)
        page.screenshot(path=str(SCREENS / f"prescription-{name}.png"), full_page=False)


def own_limits(api: Api) -> dict[str, float]:
    """As the rules will have it."""
    with api.database() as conn:
        unit = registry.unit_by_name(conn, "u-1").unit_id
        return dict(contexts.contexts(conn, [unit], SystemClock().now_us())[unit].limits)


def test_one_proposes_and_another_signs(browser: Browser, api: Api) -> None:
    add_patient(api)
    one, complaints = signed_in(browser, api, "Dr One")
    one.locator('[data-unit="u-1"]').first.click()
    one.get_by_role("link", name="Prescription and limits").click()
    field = one.locator(f"{FIELD} input")

    field.fill("abc")
    expect(one.locator(FIELD)).to_contain_text("This is no number.")
    field.fill("900")
    expect(one.locator(FIELD)).to_contain_text("It can be 150 to 500.")
    expect(one.locator('[data-action="look"]')).to_be_disabled()
    # Only the server knows that the medium one has to come before.
    field.fill("240")
    one.locator('[data-action="look"]').click()
    expect(one.locator(FIELD)).to_contain_text("medium has to be at most high")

    field.fill("320")
    expect(one.locator('[data-action="save"]')).to_have_count(0)
    one.locator('[data-action="look"]').click()
    expect(one.get_by_test_id("missed-high")).to_have_text(
        "1 high alert would not have been told as such", timeout=60_000
    )
    expect(one.get_by_test_id("verdict")).to_have_text("Dangerous: second signature")
    # Another value has not been looked at.
    field.fill("321")
    expect(one.locator('[data-action="save"]')).to_have_count(0)
    field.fill("320")
    save = one.locator('[data-action="save"]')
    expect(save).to_be_disabled()
    one.get_by_label("Reason, for those").fill("narrow graft, seen on ultrasound")
    picture(one, "day")
    save.press("Enter")
    expect(one.get_by_test_id("said")).to_contain_text("The old limits hold")
    expect(one.get_by_test_id("proposal")).to_contain_text("You have proposed it")
    expect(one.locator('[data-action="sign"]')).to_have_count(0)
    assert own_limits(api) == {}

    two, others = signed_in(browser, api, "Dr Two", theme="night", width=390)
    open_page(two, api)
    # On a phone it is under the one word, and counted on it.
    more = two.locator(".nav summary")
    expect(more.get_by_test_id("menu-count")).to_be_visible()
    expect(two.locator(f"{FIELD} input")).to_have_value("")
    picture(two, "phone")
    more.click()
    expect(two.locator('.menu-places a[href="#/signatures"]').get_by_test_id("place-count")).to_have_text("1")
    two.locator('.menu-places a[href="#/signatures"]').click()
    expect(two.get_by_test_id("proposal")).to_contain_text("narrow graft")
    # Begun before the other signs: a page on which nobody types would read anew what holds.
    one.locator('[data-field="limits.R13.medium"] input').fill("270")
    two.locator('[data-action="sign"]').press("Enter")
    expect(two.get_by_text("Nothing waits for a signature.")).to_be_visible()
    assert own_limits(api) == {"R13 high": 320.0}

    open_page(two, api)
    expect(two.locator(f"{FIELD} input")).to_have_value("320")
    expect(two.get_by_test_id("history")).to_contain_text("Dr One, signed by Dr Two")
    # The first one's page is an older one now: nothing of it gets saved over the new one.
    one.locator('[data-action="look"]').click()
    one.get_by_label("Reason, for those").fill("narrow graft, seen on ultrasound", timeout=60_000)
    one.locator('[data-action="save"]').click()
    expect(one.get_by_test_id("change")).to_contain_text("Somebody has changed this meanwhile")
    expect(field).to_have_value("320")
    assert own_limits(api) == {"R13 high": 320.0}

    nurse, theirs = signed_in(browser, api, "Nora", Role.NURSE, theme="night")
    open_page(nurse, api)
    expect(nurse.locator(f"{FIELD} input")).to_have_count(0)
    expect(nurse.locator(FIELD)).to_contain_text("320 mmHg")
    expect(nurse.get_by_test_id("change")).to_have_count(0)
    expect(nurse.get_by_role("link", name="Signatures")).to_have_count(0)
    picture(nurse, "night")
    assert (complaints, others, theirs) == ([], [], [])
