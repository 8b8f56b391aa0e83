"""The demo as a stranger runs it, watched in a browser. HOMEHD_SCREENS=1 takes the documents' pictures too."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from homehd.brokers import free_port
from tests import scratch

pytestmark = [pytest.mark.browser, pytest.mark.timeout(420)]

HOMES = 6
SCREENS = Path(__file__).resolve().parents[2] / "docs" / "screens"
TAKE_SCREENS = os.environ.get("HOMEHD_SCREENS") == "1"


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    """`homehd demo --homes 6` in an empty HOMEHD_HOME; its address, once demo_client has seen a reading."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HOMEHD_")}
    with scratch.folder("demo") as home, subprocess.Popen(
        [sys.executable, "-m", "homehd", "demo", "--homes", str(HOMES), "--port", str(free_port())],
        env={**environment, "HOMEHD_HOME": str(home)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        errors: list[str] = []
        drain = threading.Thread(target=lambda: errors.extend(process.stderr or ()), daemon=True)
        drain.start()
        assert process.stdout is not None
        url = ""
        for line in process.stdout:
            if line.startswith("READY "):
                url = line.split()[1]
                break
        assert url, f"no READY line: {''.join(errors)[-2000:]}"
        yield url
        process.send_signal(signal.SIGINT)
        assert process.wait(40) == 0, "".join(errors)[-2000:]
        drain.join(5)


def sign_in(
    browser: Browser, url: str, who: str = "Okafor", **options: object
) -> tuple[BrowserContext, Page, list[str]]:
    """A person's own browser, signed in, on the wall; and what its console complained of."""
    context = browser.new_context(**{"viewport": {"width": 1920, "height": 1080}, **options})  # type: ignore[arg-type]
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(url)
    page.get_by_role("button", name=re.compile(who)).click()
    expect(page.locator("[data-unit]").first).to_be_visible(timeout=15_000)
    # The browser itself logs the 401 by which the page learns that nobody is signed in yet.
    complaints[:] = [text for text in complaints if "401" not in text]
    return context, page, complaints


def test_six_patients_live_a_needle_slips_and_who_is_on_call_is_asked_by_name(browser: Browser, demo: str) -> None:
    first, one, one_complains = sign_in(browser, demo)
    second, two, two_complains = sign_in(browser, demo, "Wei Li")

    expect(one.locator("[data-unit]")).to_have_count(HOMES)
    expect(one.locator("body")).to_have_attribute("data-connection", "live")
    watch_values_change(one)

    high = one.locator(
        '[data-unit="demo-01"][data-alert-priority="high"], [data-unit="demo-01"] [data-alert-priority="high"]'
    )
    expect(high.first).to_be_visible(timeout=150_000)
    asked = one.locator('[data-testid="page-banner"][data-alert-priority="high"]').first
    expect(asked).to_be_visible(timeout=15_000)
    expect(one).to_have_title(re.compile("answer needed"))
    take_screens(one, browser, demo)

    notice = asked.get_attribute("data-notice")
    assert notice
    banner = f'[data-testid="page-banner"][data-notice="{notice}"]'
    two.goto(f"{demo.rstrip('/')}/#/notices/{notice}")
    card = two.locator(f'[data-testid="notice"][data-notice="{notice}"]')
    expect(card.locator('[data-answer="asking"]')).to_be_visible(timeout=10_000)
    # Who is on call first is asked, by name, and nobody else yet.
    expect(two.get_by_test_id("notice-deliveries")).to_contain_text("Okafor", timeout=5_000)
    expect(two.get_by_test_id("notice-deliveries")).not_to_contain_text("Wei Li")
    one.locator(f'{banner} [data-action="accept"]').click()
    for page in (one, two):
        expect(page.locator(banner)).to_have_count(0, timeout=5_000)
    expect(card.locator('[data-answer="accepted"]')).to_contain_text("Okafor", timeout=5_000)
    expect(card.locator('[data-action="take-over-ask"]')).to_be_visible()
    expect(two.get_by_test_id("notice-deliveries")).to_contain_text("accepted", timeout=5_000)

    assert one_complains == []
    assert two_complains == []
    first.close(), second.close()


def watch_values_change(page: Page) -> None:
    """Every tile shows numbers, and each tile's numbers change within half a minute."""
    tiles = page.locator("[data-unit]")
    units = [tiles.nth(index).get_attribute("data-unit") for index in range(HOMES)]
    before = {unit: numbers(page, unit) for unit in units}
    pause = threading.Event()
    waiting = set(units)
    for _ in range(30):
        waiting -= {unit for unit in waiting if numbers(page, unit) and numbers(page, unit) != before[unit]}
        if not waiting:
            return
        pause.wait(1)
    raise AssertionError(f"these tiles did not change: {waiting}")


def numbers(page: Page, unit: str | None) -> list[str]:
    return page.locator(f'[data-unit="{unit}"] [data-signal]').all_inner_texts()


def take_screens(page: Page, browser: Browser, url: str) -> None:
    """The pictures of the documentation."""
    if not TAKE_SCREENS:
        return
    SCREENS.mkdir(parents=True, exist_ok=True)
    sizes = {"wall": (1600, 900), "phone": (390, 844)}
    for name, (width, height) in sizes.items():
        for theme, scheme in (("night", "dark"), ("day", "light")):
            options = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
            context, other, _ = sign_in(browser, url, **options)
            other.evaluate("theme => localStorage.setItem('homehd.theme', theme)", theme)
            other.reload()
            expect(other.locator("[data-unit]").first).to_be_visible(timeout=15_000)
            other.wait_for_timeout(2_500)
            other.screenshot(path=str(SCREENS / f"{name}-{theme}.png"))
            if name == "wall":
                other.locator('[data-unit="demo-01"]').first.click()
                other.wait_for_timeout(2_500)
                other.screenshot(path=str(SCREENS / f"patient-{theme}.png"))
            context.close()
