"""A screen on a wall says whether it would be heard, in a browser that wants a press first and in one that does not."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from clinician_api.access import Role
from tests.clinician_api.conftest import until
from tests.integration.conftest import QUIET
from tests.integration.ward_world import Ward, ward

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with ward(tmp_path_factory.mktemp("ward")) as running:
        yield running


def counted(client: httpx.Client) -> tuple[int, list[str]]:
    told = client.get("/api/screens").json()
    return told["armed"], [one["sound"] for one in told["screens"] if one["name"]]


def arm(page: Page) -> None:
    page.locator('[data-action="arm-sound"]').click()
    page.locator('[data-action="heard"]').click()
    expect(page.get_by_test_id("sound")).to_have_attribute("data-sound", "armed")
    expect(page.get_by_test_id("sound-line")).to_have_count(0)


def test_it_says_so_until_a_person_has_heard_it_and_again_after_a_restart(browser: Browser, here: Ward) -> None:
    nurse = here.world.api.sign_in(Role.NURSE)
    page, complaints = here.open(browser, Role.KIOSK)
    line = page.get_by_test_id("sound-line")
    expect(line).to_contain_text("Sound off – tap to arm")
    until(lambda: counted(nurse) == (0, ["off"]))
    page.locator('[data-action="arm-sound"]').click()
    page.locator('[data-action="unheard"]').click()
    expect(line).to_contain_text("Sound off")
    arm(page)
    until(lambda: counted(nurse) == (1, ["armed"]))
    expect(page.get_by_test_id("sound")).to_have_attribute("data-played", "1", timeout=10_000)
    here.world.api.raise_alert(here.world.units["u-1"], reason="new")
    expect(page.get_by_test_id("sound")).to_have_attribute("data-played", "2", timeout=10_000)
    page.get_by_test_id("sound").click()
    expect(line).to_contain_text("Sound paused")
    until(lambda: counted(nurse) == (0, ["paused"]))
    page.locator('[data-action="resume-sound"]').click()
    until(lambda: counted(nurse) == (1, ["armed"]))
    # The browser starts anew: nobody has pressed anything, so it would stay silent, and says so.
    page.reload()
    expect(line).to_contain_text("tap to arm", timeout=15_000)
    expect(page.get_by_test_id("sound")).to_have_attribute("data-sound", "blocked")
    until(lambda: counted(nurse) == (0, ["blocked"]))
    assert not [one for one in complaints if "AudioContext" not in one], complaints
    page.context.close()
    until(lambda: counted(nurse) == (0, []))


def test_a_kiosk_whose_browser_allows_sound_is_armed_again_by_itself(
    browser: Browser, chromium: str, here: Ward
) -> None:
    flags = [*QUIET, "--autoplay-policy=no-user-gesture-required"]
    free = browser.browser_type.launch(executable_path=chromium, args=flags)
    try:
        page, _ = here.open(free, Role.KIOSK)
        arm(page)
        page.reload()
        expect(page.get_by_test_id("sound")).to_have_attribute("data-sound", "armed", timeout=15_000)
    finally:
        free.close()


def test_a_phone_is_silent_until_it_is_asked_for_and_shows_no_line(browser: Browser, here: Ward) -> None:
    page, _ = here.open(browser, Role.NURSE, viewport={"width": 390, "height": 844})
    expect(page.get_by_test_id("sound")).to_have_attribute("data-sound", "off")
    expect(page.get_by_test_id("sound-line")).to_have_count(0)
    page.context.close()
