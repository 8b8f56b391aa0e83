"""A page whose network falls silent, whose tab is frozen, whose computer slept: it never shows old values as live."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from clinician_api.access import Role
from tests.black_hole import BlackHole
from tests.integration.ward_world import Ward, ward

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

TILE = '[data-unit="u-1"]'


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with ward(tmp_path_factory.mktemp("ward")) as running:
        yield running


def is_live(page: Page, within_s: float = 15) -> None:
    expect(page.locator("body")).to_have_attribute("data-connection", "live", timeout=within_s * 1000)
    expect(page.locator(TILE)).to_have_attribute("data-freshness", "live", timeout=15_000)


def test_a_network_that_falls_silent_is_told_within_ten_seconds_and_found_again(browser: Browser, here: Ward) -> None:
    way = BlackHole(here.url)
    page, _ = here.open(browser, Role.NURSE, through=way.url)
    try:
        is_live(page)
        way.swallows = True
        began = time.monotonic()
        expect(page.locator("body")).to_have_attribute("data-connection", "lost", timeout=11_000)
        assert time.monotonic() - began <= 10.9, "ten seconds, and what the look itself takes"
        expect(page.get_by_test_id("connection-banner")).to_contain_text("No connection")
        tile = page.locator(TILE)
        expect(tile).to_have_attribute("data-freshness", "stale")
        # The values stay, grey, and say how old they are.
        expect(tile.locator('[data-age="stale"]')).to_contain_text("s")
        grey, plain = page.evaluate(
            """() => {
              const number = document.querySelector('[data-unit="u-1"] .value .number');
              const probe = document.createElement('p');
              probe.style.color = 'var(--stale)';
              document.body.append(probe);
              const colours = [getComputedStyle(number).color, getComputedStyle(probe).color];
              probe.remove();
              return colours;
            }"""
        )
        assert grey == plain
        way.swallows = False
        is_live(page, 30)
    finally:
        page.context.close()
        way.close()


def test_a_frozen_tab_comes_back_and_shows_nothing_old_as_live_meanwhile(browser: Browser, here: Ward) -> None:
    page, _ = here.open(browser, Role.NURSE)
    is_live(page)
    session = page.context.new_cdp_session(page)
    session.send("Page.enable")
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    # As long as it takes until everything is stale: nothing on the page can be awaited while it is frozen.
    time.sleep(12)
    session.send("Page.setWebLifecycleState", {"state": "active"})
    is_live(page, 20)
    newest = page.locator(f'{TILE} [data-age="live"]').first
    expect(newest).to_be_visible(timeout=10_000)
    page.context.close()


def test_a_computer_that_slept_shows_nothing_as_live_from_its_first_second(browser: Browser, here: Ward) -> None:
    way = BlackHole(here.url)
    page, _ = here.open(browser, Role.NURSE, through=way.url)
    try:
        is_live(page)
        way.swallows = True
        # The wall clock jumps, the monotonic one does not: what a page sees of a sleep.
        page.evaluate("() => { const now = Date.now; Date.now = () => now() + 3_600_000; }")
        expect(page.locator("body")).to_have_attribute("data-connection", "lost", timeout=4_000)
        expect(page.locator(f'{TILE} [data-age="stale"]')).to_contain_text(re.compile("60 min|1 h"), timeout=4_000)
        way.swallows = False
        is_live(page, 30)
    finally:
        page.context.close()
        way.close()


def test_a_browser_that_says_it_is_offline_tries_at_once_and_the_answer_decides(browser: Browser, here: Ward) -> None:
    page, _ = here.open(browser, Role.NURSE)
    is_live(page)
    page.context.set_offline(True)
    expect(page.locator("body")).to_have_attribute("data-connection", "lost", timeout=11_000)
    page.context.set_offline(False)
    is_live(page, 20)
    page.context.close()
