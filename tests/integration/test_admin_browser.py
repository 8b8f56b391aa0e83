"""The pages for those who run the system, as each role. HOMEHD_SCREENS=1 takes pictures too."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from clinician_api.access import Role
from clinician_api.settings import STATIC_DIR, ApiOptions
from store import data_disk, heartbeat
from store.data_disk import Disk
from store.vital_signs import own_version
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import NOWHERE, PASSWORD, Api, start_api

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SCREENS = Path(__file__).resolve().parents[2] / "docs" / "screens"
PAGES = {"users": {Role.ADMINISTRATOR}, "audit": {Role.ADMINISTRATOR},
         "system": {Role.ADMINISTRATOR, Role.OPERATIONS, Role.TECHNICIAN}}  # fmt: skip


@pytest.fixture
def api(database_url: str) -> Iterator[Api]:
    options = ApiOptions(
        database_url=database_url, broker_url=NOWHERE, port=0, metrics_port=None, static_dir=STATIC_DIR, recheck_s=0.3
    )
    with ExitStack() as stack:
        yield start_api(stack, options)


def signed_in(browser: Browser, api: Api, role: Role, theme: str = "day", width: int = 1440) -> Page:
    page = browser.new_context(viewport={"width": width, "height": 900}).new_page()
    page.goto(api.url)
    page.evaluate("theme => localStorage.setItem('homehd.theme', theme)", theme)
    page.reload()
    sign_in(page, api.account(role, 1), PASSWORD)
    return page


def sign_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".account")).to_be_visible(timeout=15_000)


def test_whoever_may_not_has_no_link_and_a_clear_page(browser: Browser, api: Api) -> None:
    for role in (Role.ADMINISTRATOR, Role.OPERATIONS, Role.TECHNICIAN, Role.NURSE, Role.NEPHROLOGIST):
        page = signed_in(browser, api, role)
        for name, roles in PAGES.items():
            expect(page.locator(f'.nav a[href="#/{name}"]')).to_have_count(1 if role in roles else 0)
            page.goto(f"{api.url}/#/{name}")
            expect(page.get_by_test_id(f"{name}-page" if role in roles else "not-for-role")).to_be_visible()
        page.context.close()


def test_an_account_from_its_making_to_its_end(browser: Browser, api: Api) -> None:
    admin = signed_in(browser, api, Role.ADMINISTRATOR)
    admin.goto(admin.url.split("#")[0] + "#/users")
    admin.locator('[data-action="add-user"]').click()
    form = admin.get_by_test_id("user-form")
    assert form.locator('select[name="role"] option[value="operations"]').count() == 0
    assert form.locator('select[name="clinic"] option').all_inner_texts() == ["Clinic 1"]
    form.locator('[name="new-email"]').fill("li@example.org")
    form.locator('[name="new-name"]').fill("Li <b>Wei</b>")
    form.locator('[name="new-name"]').press("Enter")
    password = admin.locator(".once").inner_text()
    account = admin.locator('[data-user="li@example.org"]')
    expect(account.locator("h2")).to_contain_text("Li <b>Wei</b>")

    nurse = browser.new_context().new_page()
    nurse.goto(api.url)
    sign_in(nurse, "li@example.org", password)
    admin.get_by_role("button", name="I have noted it").click()
    expect(admin.locator(".once")).to_have_count(0)
    account.locator('[data-action="disable"]').click()
    account.locator('[data-action="sure"]').click()
    expect(account).to_contain_text("disabled")
    expect(nurse.get_by_role("button", name="Sign in")).to_be_visible(timeout=10_000)

    own = admin.locator(f'[data-user="{api.account(Role.ADMINISTRATOR, 1)}"]')
    own.locator('[data-action="disable"]').click()
    own.locator('[data-action="sure"]').click()
    expect(admin.get_by_role("alert").filter(has_text="lock yourself out")).to_be_visible()
    pictures(admin, "users")

    admin.goto(admin.url.split("#")[0] + "#/audit")
    expect(admin.get_by_test_id("chain")).to_have_attribute("data-state", "never")
    admin.locator('[data-action="verify"]').click()
    expect(admin.get_by_test_id("chain")).to_have_attribute("data-state", "intact", timeout=10_000)
    rows, kind = admin.locator("tbody tr"), admin.get_by_label("Which")
    kind.select_option("sign-ins")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("Session ended: the account was disabled")
    expect(rows.nth(1)).to_contain_text("Signed in with the password alone, from 127.0.0.1")
    kind.select_option("deeds")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("disable user")
    rows.nth(1).locator('[data-only="subject"]').click()
    expect(admin.get_by_role("button", name=re.compile("Only user:"))).to_be_visible()
    with admin.expect_download() as taken:
        admin.get_by_role("link", name="As CSV").click()
    assert "add user" in taken.value.path().read_text("utf-8")
    pictures(admin, "audit")

    with api.database() as conn:
        conn.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only")
        conn.execute("UPDATE audit_event SET actor = 'user:99' WHERE event_id = 1")
    admin.locator('[data-action="verify"]').click()
    expect(admin.get_by_test_id("chain").get_by_role("alert")).to_contain_text("BROKEN at row 1", timeout=10_000)


def test_what_is_wrong_stands_first_and_unknown_is_not_good(browser: Browser, api: Api) -> None:
    page = signed_in(browser, api, Role.TECHNICIAN)
    page.goto(page.url.split("#")[0] + "#/system")
    expect(page.locator('[data-part="ingest"]')).to_have_attribute("data-standing", "unknown", timeout=10_000)
    expect(page.locator(".part").first).to_have_attribute("data-standing", "bad")
    expect(page.locator('[data-part="ingest"]')).to_contain_text("Nothing is known about it.")
    expect(page.locator('[data-part="api"]')).to_have_attribute("data-standing", "good", timeout=10_000)
    expect(page.locator('[data-part="api"]')).to_contain_text(f"Version {own_version()}.")
    expect(page.locator('[data-part="versions"]')).to_have_attribute("data-standing", "good")
    expect(page.locator('[data-part="disk"]')).to_contain_text("Nothing is known about it. When it is low make room")
    with api.database() as conn:
        detail = {"version": "0.0.9", "disk": data_disk.said(Disk("/var/lib/postgresql", 4e9, 1e11))}
        heartbeat.beat(conn, "notifier", "beside the database", SystemClock().now_us(), detail)
    expect(page.locator('[data-part="versions"]')).to_have_attribute("data-standing", "attention", timeout=15_000)
    expect(page.locator('[data-part="versions"]')).to_contain_text(f"0.0.9, {own_version()}, of 2 running.")
    expect(page.locator('[data-part="disk"]')).to_have_attribute("data-standing", "bad")
    expect(page.locator('[data-part="disk"]')).to_contain_text("4.0 GB free of 100.0 (4 %): /var/lib/postgresql")
    page.locator('input[name="language"]').nth(1).check(force=True)
    expect(page.locator('[data-part="ingest"]')).to_contain_text("未知")
    expect(page.locator('[data-part="disk"]')).to_contain_text("100.0 GB 中剩余 4.0 GB（4 %）：/var/lib/postgresql")
    page.locator('input[name="language"]').nth(0).check(force=True)
    pictures(page, "system")


def pictures(page: Page, name: str) -> None:
    """Nothing is wider than a phone; with HOMEHD_SCREENS=1 the picture is kept."""
    for kind, width, theme in (("day", 1440, "day"), ("night", 1440, "night"), ("phone", 390, "day")):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, kind)
        if os.environ.get("HOMEHD_SCREENS"):
            page.screenshot(path=SCREENS / f"{name}-{kind}.png")
    page.set_viewport_size({"width": 1440, "height": 900})
