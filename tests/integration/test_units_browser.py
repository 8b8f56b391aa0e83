"""The pages Units as an administrator and a technician see them. HOMEHD_SCREENS=1 takes pictures too."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from clinician_api.access import Role
from store import treatments
from store.treatments import Treatment
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import Api
from tests.integration import test_admin_browser
from tests.integration.test_admin_browser import pictures, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

api = test_admin_browser.api


def test_a_patient_comes_to_a_unit_and_leaves_it_and_the_unit_is_retired(browser: Browser, api: Api) -> None:
    api.add_unit("u-1", "Clinic 1", label="Home of the Lake")
    two = api.add_unit("u-2", "Clinic 1", "Grace Example")
    now_us = SystemClock().now_us()
    with api.database() as conn:
        treatments.add(conn, [(two.unit_id, Treatment(now_us))], now_us, now_us)

    page = signed_in(browser, api, Role.ADMINISTRATOR)
    page.goto(f"{api.url}/#/units")
    expect(page.locator('[data-unit="u-2"]')).to_contain_text("Grace Example")
    expect(page.locator('[data-unit="u-1"] .part-standing')).to_have_text("Never heard")
    pictures(page, "units")
    page.get_by_role("link", name="Home of the Lake").click()
    page.locator('[name="new-patient"]').fill("Ada <b>Example</b>")
    page.locator('[data-action="add-patient"]').click()
    expect(page.locator('select[name="patient"] option')).to_have_text(["Ada <b>Example</b>"])
    page.locator('[data-action="bind"]').click()
    page.locator('[data-action="sure"]').click()
    expect(page.get_by_test_id("unit-page").locator(".unit-figures")).to_contain_text("Ada <b>Example</b>")
    pictures(page, "unit")
    page.locator('[data-action="retire"]').click()
    page.locator('[data-action="sure"]').click()
    expect(page.locator(".part-standing")).to_have_text("Retired")
    page.locator('[data-action="unbind"]').click()
    page.locator('[data-action="sure"]').click()
    expect(page.locator('[data-action="unbind"]')).to_have_count(0)

    page.goto(f"{api.url}/#/units/u-2/technical")
    page.locator('[data-action="unbind"]').click()
    page.locator('[data-action="sure"]').click()
    # Not without the tick: the browser asks for it, and the server would refuse.
    expect(page.get_by_test_id("sure")).to_be_visible()
    page.locator('[name="confirmed"]').check()
    page.locator('[data-action="sure"]').click()
    expect(page.locator(".unit-figures")).to_contain_text("nobody")


def test_a_technician_reads_without_names_in_chinese_too_and_a_nurse_has_no_link(browser: Browser, api: Api) -> None:
    api.add_unit("u-1", "Clinic 1", "Ada Example")
    page = signed_in(browser, api, Role.TECHNICIAN)
    page.goto(f"{api.url}/#/units/u-1/technical")
    expect(page.locator(".unit-figures")).to_contain_text("a patient")
    expect(page.locator("[data-action=unbind], [data-action=retire]")).to_have_count(0)
    assert "Ada" not in page.content()
    page.locator('input[name="language"]').nth(1).check(force=True)
    expect(page.locator(".part-standing")).to_have_text("从未联系")

    nurse = signed_in(browser, api, Role.NURSE)
    expect(nurse.locator('.nav a[href="#/units"]')).to_have_count(0)
    nurse.goto(f"{api.url}/#/units")
    expect(nurse.get_by_test_id("not-for-role")).to_be_visible()
