"""Every page of `dashboard/src/routes.ts` for everybody: WCAG 2.2 AA by axe-core, in each theme, size and role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from clinician_api.access import Role
from tests.clinician_api.outage import unsaved_now
from tests.integration import page_list
from tests.integration.walkers import Walkers
from tests.integration.ward_world import LONG, SIZES, THEMES, Ward, go, violations, ward

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

AXE = Path(__file__).resolve().parents[2] / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
# Somebody at home has one page and no address of another (test_home_browser.py).
OTHERS: list[Role] = [role for role in Role if role not in (Role.NEPHROLOGIST, Role.PATIENT)]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with ward(tmp_path_factory.mktemp("ward")) as running:
        yield running


@pytest.fixture(scope="module")
def axe() -> str:
    assert AXE.is_file(), "npm ci in dashboard/ brings axe-core"
    return AXE.read_text("utf-8")


def show(page: Page, size: str, theme: str) -> None:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.locator('select[name="theme"]').select_option(theme)
    expect(page.locator("html")).to_have_attribute("data-theme", theme)


def test_a_page_that_is_added_is_found_and_one_without_an_address_is_told() -> None:
    source = page_list.ROUTES.read_text("utf-8")
    assert {"wall", "patient", "alerts", "load"} <= set(page_list.templates(source))
    assert page_list.templates(source)["patient"] == "#/patients/{unit}"
    readers = {page: page_list.reader(page) for page in page_list.templates(source)}
    assert (readers["wall"], readers["system"]) == (Role.NEPHROLOGIST, Role.TECHNICIAN)
    assert readers["users"] is readers["audit"] is readers["unit"] is Role.ADMINISTRATOR
    more = source.replace('| { readonly page: "rota" }', '| { readonly page: "rota" }\n  | { readonly page: "new" }')
    assert more != source
    with pytest.raises(AssertionError, match="new"):
        page_list.templates(more)


@pytest.mark.parametrize("size", SIZES)
def test_every_page_in_every_size_has_no_finding(browser: Browser, here: Ward, axe: str, size: str) -> None:
    """Where things are depends on the size, their colours on the theme: each page is seen in every size, and over the
    sizes in every theme, not in each of each.
    """
    walkers = Walkers(browser, here)
    found: list[str] = []
    for number, name in enumerate(here.pages):
        theme = THEMES[(number + list(SIZES).index(size)) % len(THEMES)]
        show(walkers.of(name), size, theme)
        page = walkers.visit(name)
        found += [f"{name} {size} {theme}: {line}" for line in violations(page, axe)]
        wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            found.append(f"{name} {size}: {wide} px wider than the screen")
        assert page.evaluate("() => document.getAnimations().length") == 0, "nothing moves for whoever asked for that"
    assert not found, "\n".join(found)
    complaints = walkers.close()
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("role", OTHERS)
def test_every_role_sees_a_page_or_that_it_is_not_for_it(browser: Browser, here: Ward, axe: str, role: Role) -> None:
    page, complaints = here.open(browser, role)
    looks = list(product(SIZES, THEMES))
    found: list[str] = []
    told_off = False
    for number, (name, address) in enumerate(here.pages.items()):
        # Each page another size and theme, so that together they see all of them.
        show(page, *looks[(number + OTHERS.index(role)) % len(looks)])
        go(page, name, address)
        theirs = page_list.is_shown("notices" if name == "notice" else name, role)
        expect(page.get_by_test_id("not-for-role")).to_have_count(0 if theirs else 1)
        said = page.locator("#content").inner_text().strip()
        assert len(said) > 10, f"{name} is blank for {role}"
        # That it is not theirs looks the same wherever it stands.
        if theirs or not told_off:
            found += [f"{name} {role}: {line}" for line in violations(page, axe)]
        told_off |= not theirs
    assert not found, "\n".join(found)
    # What is not theirs to see is not there for them, and the browser itself logs that.
    rest = [line for line in complaints if not re.search(r"404 .*/api/(notices|deliveries)/", line)]
    assert not rest, "\n".join(rest)
    page.context.close()


def test_before_anybody_signs_in_and_while_the_database_is_away(browser: Browser, axe: str, tmp_path: Path) -> None:
    with ward(tmp_path) as own:
        page, _ = own.open(browser, Role.NEPHROLOGIST)
        own.world.stop_database()
        own.world.ingest.fail(unsaved_now("u-1", "R10", reason=LONG))
        expect(page.get_by_test_id("unsaved-banner")).to_be_visible(timeout=20_000)
        found: list[str] = []
        for name, size, theme in (("wall", "wall", "ward"), ("alerts", "phone", "night"), ("patient", "desk", "day")):
            show(page, size, theme)
            go(page, name, own.pages[name])
            found += [f"{name} {size} {theme} in an outage: {line}" for line in violations(page, axe)]
        own.world.start_database()
        own.world.ingest.recover()
        expect(page.get_by_test_id("unsaved-banner")).to_have_count(0, timeout=30_000)
        show(page, "desk", "day")
        page.locator('input[name="language"][value="zh-Hans"]').evaluate("input => input.click()")
        go(page, "alerts", own.pages["alerts"])
        page.get_by_test_id("sound").click()
        page.locator('[data-action="keys"]').click()
        expect(page.get_by_test_id("keys")).to_be_visible()
        found += [f"keys: {line}" for line in violations(page, axe)]
        page.keyboard.press("Escape")
        page.get_by_role("button", name="退出").click()
        expect(page.locator(".sign-in-card").first).to_be_visible()
        found += [f"sign-in: {line}" for line in violations(page, axe)]
        assert not found, "\n".join(found)
        page.context.close()
