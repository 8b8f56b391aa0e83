"""The page on the phone of whoever is on call: installed, held in one hand, on a network that is slow or goes away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from clinician_api.access import Role
from tests.black_hole import BlackHole
from tests.integration.ward_world import Ward, go, ward

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SMALL_PHONE: dict[str, Any] = {**PHONE, "viewport": {"width": 320, "height": 568}}
# WCAG 2.2 asks for 24 CSS pixels; a thumb in a hurry for 44 (2.5.5).
THUMB_PX = 44.0


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with ward(tmp_path_factory.mktemp("ward")) as running:
        yield running


def accept(page: Page, here: Ward) -> Locator:
    """The button of the notice that a page to this person is about, as the link in the page opens it."""
    go(page, "delivery", here.pages["delivery"])
    return page.locator("#content").locator('[data-action="accept"]')


def answered(here: Ward) -> list[tuple[Any, ...]]:
    rows = here.notifier.rows("SELECT accepted_by IS NOT NULL FROM notice WHERE notice_id = %s", here.alerts["notice"])
    return [tuple(row) for row in rows]


def test_it_can_be_installed_and_says_so_when_it_is_opened_without_a_network(browser: Browser, here: Ward) -> None:
    page, complaints = here.open(browser, Role.NEPHROLOGIST, **PHONE)
    session = page.context.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"].endswith("/manifest.webmanifest")
    # A context of a test is a private window, in which nothing can be installed: that one word is not about us.
    errors = [error["errorId"] for error in session.send("Page.getInstallabilityErrors")["installabilityErrors"]]
    assert set(errors) <= {"in-incognito"}
    page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    assert complaints == []
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_test_id("offline")).to_be_visible()
    page.context.close()


def test_a_wall_has_no_worker(browser: Browser, here: Ward) -> None:
    page, _ = here.open(browser, Role.NEPHROLOGIST)
    assert page.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length") == 0
    page.context.close()


@pytest.mark.parametrize("phone", [PHONE, SMALL_PHONE], ids=["usual", "small"])
def test_what_is_asked_for_and_where_to_go_lie_under_one_thumb(browser: Browser, here: Ward, phone: Any) -> None:
    page, _ = here.open(browser, Role.NEPHROLOGIST, **phone)
    height = page.viewport_size["height"]  # type: ignore[index]
    for button in (accept(page, here), page.locator(".nav > a").first, page.locator(".nav summary").first):
        box = button.bounding_box()
        assert box is not None
        assert box["y"] > height / 2, "in the lower half"
        assert box["y"] + box["height"] <= height, "on the screen"
        assert box["height"] >= THUMB_PX
    # It stays there however far the record is scrolled, and covers nothing of its end.
    page.evaluate("() => window.scrollTo(0, document.body.scrollHeight)")
    row = page.locator(".one-notice .alert-card > .answer-row").bounding_box()
    last = page.locator(".one-notice .alert-card > :last-child").bounding_box()
    assert row is not None
    assert last is not None
    assert last["y"] + last["height"] <= row["y"]
    page.locator(".nav summary").first.click()
    places = page.locator(".menu-places")
    expect(places).to_be_in_viewport(ratio=1)
    page.context.close()


def test_an_answer_given_without_a_network_is_told_as_not_sent_and_comes_through(browser: Browser, here: Ward) -> None:
    way = BlackHole(here.url)
    page, _ = here.open(browser, Role.NEPHROLOGIST, through=way.url, **PHONE)
    try:
        button = accept(page, here)
        way.swallows = True
        button.click()
        unheard = page.locator("#content").get_by_test_id("unheard")
        expect(unheard).to_contain_text("Not sent yet", timeout=12_000)
        assert answered(here) == [(False,)]
        way.swallows = False
        expect(unheard).to_have_count(0, timeout=30_000)
        expect(page.locator("#content").get_by_test_id("answer-line")).to_have_attribute("data-answer", "accepted")
        assert answered(here) == [(True,)]
        page.locator("#content").locator('[data-action="release"]').click()
        expect(button).to_be_visible()
    finally:
        page.context.close()
        way.close()


def test_an_answer_whose_answer_is_lost_is_taken_once_and_is_one_s_own(browser: Browser, here: Ward) -> None:
    page, _ = here.open(browser, Role.NEPHROLOGIST, **PHONE)
    lost: list[int] = []

    def lose_the_first(route: Route) -> None:
        response = route.fetch()
        if not lost:
            lost.append(response.status)
            route.abort("connectionreset")
        else:
            route.fulfill(response=response)

    button = accept(page, here)
    taken = "SELECT count(*) FROM notice_event WHERE notice_id = %s AND move = 'accept'"
    before = here.notifier.rows(taken, here.alerts["notice"])[0][0]
    page.route("**/api/notices/*/accept", lose_the_first)
    button.click()
    expect(page.locator("#content").get_by_test_id("answer-line")).to_have_attribute("data-answer", "accepted")
    expect(page.locator("#content").get_by_test_id("refusal")).to_have_count(0)
    expect(page.locator("#content").get_by_test_id("unheard")).to_have_count(0, timeout=10_000)
    assert lost == [200]
    assert here.notifier.rows(taken, here.alerts["notice"]) == [(before + 1,)]
    page.locator("#content").locator('[data-action="release"]').click()
    expect(button).to_be_visible()
    page.context.close()


def test_over_a_slow_line_an_alert_comes_in_time(browser: Browser, here: Ward) -> None:
    """50 kB/s, as the edge of a cell has it."""
    way = BlackHole(here.url, bytes_per_s=50_000)
    page, _ = here.open(browser, Role.NURSE, through=way.url, **PHONE)
    try:
        go(page, "alerts", here.pages["alerts"])
        began = time.monotonic()
        alert = here.world.api.raise_alert(here.world.units["u-1"], reason="Slow but here")
        expect(page.locator(f'#content [data-alert-id="{alert}"]').first).to_be_visible(timeout=10_000)
        assert time.monotonic() - began < 10
    finally:
        page.context.close()
        way.close()
