"""By keyboard alone: every page is walked with Tab, nothing it stops at is hidden, and an alert can be answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from clinician_api.access import Role
from store.selftests import Broken
from telemetry.alarms import Priority
from tests.clinician_api.routes.test_selftest import ran
from tests.integration.walkers import Walkers
from tests.integration.ward_world import SIZES, Ward, go, ward

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

MOST_STOPS = 150
# Where the keyboard is, whether it is seen there, and whether a ring is drawn round it.
STOP = """
() => {
  const at = document.activeElement;
  if (at === null || at === document.body) return null;
  const drawn = at.matches('.segments input') ? at.nextElementSibling : at;
  const box = drawn.getClientRects()[0] ?? drawn.getBoundingClientRect();
  const x = box.left + Math.min(box.width / 2, 30), y = box.top + Math.min(box.height / 2, 12);
  const seen = document.elementFromPoint(x, y);
  // Of a link that stands for a whole tile the ring is the tile's.
  const rings = [getComputedStyle(drawn), getComputedStyle(drawn, '::after')];
  return {
    what: at.outerHTML.slice(0, 120) + ' under ' + seen?.outerHTML.slice(0, 60),
    hidden: seen === null || !(seen === at || drawn.contains(seen) || seen.contains(drawn)),
    ring: rings.some(ring => ring.outlineStyle !== 'none' && parseFloat(ring.outlineWidth) >= 2),
    first: at === window.firstStop,
  };
}
"""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with ward(tmp_path_factory.mktemp("ward")) as running:
        yield running


def stops(page: Page) -> list[dict[str, Any]]:
    """Every place that Tab comes to on a page, once round."""
    page.evaluate("() => { document.activeElement?.blur(); window.scrollTo(0, 0); window.firstStop = null; }")
    found: list[dict[str, Any]] = []
    while len(found) < MOST_STOPS:
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None or stop["first"]:
            return found
        if not found:
            page.evaluate("() => { window.firstStop = document.activeElement; }")
        found.append(stop)
    return found


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_tab_comes_to_everything_and_what_it_comes_to_is_seen(browser: Browser, here: Ward, size: str) -> None:
    width, height = SIZES[size]
    walkers = Walkers(browser, here, viewport={"width": width, "height": height})
    wrong: list[str] = []
    for name in here.pages:
        found = stops(walkers.visit(name))
        assert len(found) >= 8, f"{name}: only {len(found)} stops"
        wrong += [f"{name}: hidden: {stop['what']}" for stop in found if stop["hidden"]]
        wrong += [f"{name}: no ring: {stop['what']}" for stop in found if not stop["ring"]]
    assert not wrong, "\n".join(wrong)
    walkers.close()


def tab_to(page: Page, selector: str) -> None:
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
    raise AssertionError(f"Tab never comes to {selector}")


def test_an_alert_is_set_aside_accepted_and_its_patient_opened_without_a_mouse(browser: Browser, here: Ward) -> None:
    page, _ = here.open(browser, Role.NEPHROLOGIST)
    go(page, "alerts", here.pages["alerts"])
    card = f"#alert-{here.alerts['medium']}"
    tab_to(page, f'{card} [data-action="shelve"]')
    page.keyboard.press("Enter")
    tab_to(page, f'{card} .shelf-form input[name="long"]')
    tab_to(page, f'{card} .shelf-form input[name="reason"]')
    page.keyboard.type("cuff is being changed")
    page.keyboard.press("Enter")
    expect(page.locator(f'{card} [data-action="bring-back"]')).to_be_visible(timeout=10_000)
    low = f'[data-tick="{here.alerts["low"]}"]'
    page.keyboard.press("l")
    page.locator(f"#alert-{here.alerts['low']} h3 a").focus()
    page.keyboard.press("x")
    expect(page.locator(low)).to_be_checked()
    page.keyboard.press("x")
    expect(page.locator(low)).not_to_be_checked()
    page.keyboard.press("j")
    page.keyboard.press("?")
    expect(page.get_by_test_id("keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("keys")).to_be_hidden()
    page.locator(f"#alert-{here.alerts['high']} h3 a").focus()
    page.keyboard.press("a")
    expect(page.locator(f'#alert-{here.alerts["high"]} [data-answer="accepted"]')).to_be_visible(timeout=10_000)
    tab_to(page, f"#alert-{here.alerts['high']} .alert-patient")
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_have_attribute("data-page", "patient")
    page.context.close()


def test_many_low_alerts_are_ticked_and_acknowledged_and_the_others_are_left(browser: Browser, here: Ward) -> None:
    page, _ = here.open(browser, Role.NEPHROLOGIST)
    unit = here.world.units["u-1"]
    many = [here.world.api.raise_alert(unit, priority=Priority.LOW) for _ in range(3)]
    go(page, "alerts", "#/alerts")
    page.locator('select[name="priority"]').select_option("low")
    page.locator('input[name="patient"]').fill("ada")
    expect(page.locator('[data-testid="open-alerts"] .alert-card')).to_have_count(3, timeout=10_000)
    tab_to(page, '[data-action="tick-all"]')
    page.keyboard.press("Enter")
    tab_to(page, '[data-action="acknowledge-low"]')
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("bulk-told")).to_contain_text("3 of 3 acknowledged", timeout=10_000)
    with here.world.api.database() as conn:
        done = conn.execute("SELECT count(*) FROM alert WHERE acknowledged_by IS NOT NULL AND alert_id = ANY(%s)", (
            [int(one) for one in many],
        )).fetchall()  # fmt: skip
    assert done == [(3,)]
    page.context.close()


def test_a_new_high_alert_is_announced_at_once_and_a_page_in_calm_announces_nothing(
    browser: Browser, here: Ward
) -> None:
    ran(here.world.api, Broken.NOTHING, "")
    page, _ = here.open(browser, Role.ADMINISTRATOR)
    go(page, "wall", "#/")
    page.evaluate(
        """() => {
          window.announced = [];
          const live = node => (node.nodeType === 1 ? node : node.parentElement)?.closest('[role=alert]');
          new MutationObserver(changes => {
            for (const change of changes)
              for (const node of [change.target, ...change.addedNodes]) {
                const inner = node.nodeType === 1 ? [...node.querySelectorAll('[role=alert]')] : [];
                for (const region of [live(node), ...inner]) if (region) window.announced.push(region.textContent);
              }
          }).observe(document.body, {childList: true, characterData: true, subtree: true});
        }"""
    )  # fmt: skip
    page.wait_for_timeout(2_500)
    assert page.evaluate("() => window.announced") == [], "nothing that only grows older is read out"
    here.world.api.raise_alert(here.world.units["u-1"], reason="new")
    page.wait_for_function("() => window.announced.some(text => text.includes('Ada Example'))", timeout=10_000)
    page.context.close()
