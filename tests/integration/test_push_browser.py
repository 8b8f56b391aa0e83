"""Web push as a person on call meets it, in a real Chromium (`push_world` says what in it is not real)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.clinician_api.conftest import until
from tests.integration.push_world import STAND_IN, TOUCH, PushWorld, push_world
from tests.notifier.http_sink import Behaviour

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def world(database_url: str, browser: Browser) -> Iterator[PushWorld]:
    with push_world(database_url, browser) as running:
        yield running


def last_delivery(world: PushWorld) -> tuple[str, str]:
    """(id, state) of the newest to a browser."""
    found = world.rows(
        """SELECT d.delivery_id::text, d.state FROM delivery AS d JOIN channel AS c USING (channel_id)
            WHERE c.kind = 'web push' ORDER BY d.delivery_id DESC LIMIT 1"""
    )
    return found[0][0], found[0][1]


def test_an_alert_reaches_a_browser_says_nothing_of_anybody_and_a_touch_opens_it(world: PushWorld) -> None:
    device = world.device("Nora")
    device.switch_on()
    unit = world.api.add_unit("unit-of-ada", "Clinic 1", "Ada Lindqvist", "Home of Ada, Garden Street")
    world.api.raise_alert(unit, reason="venous pressure fell to 12 mmHg")
    pushed = world.next_push(0)
    assert world.service.refused == [], "VAPID, encryption and headers as the RFCs want them"
    device.push(pushed)
    until(lambda: last_delivery(world)[1] == "delivered")
    number = last_delivery(world)[0]
    (shown,) = device.shown()
    assert shown["title"] == "High priority: somebody at home needs an answer"
    assert (shown["tag"], shown["requireInteraction"], shown["open"]) == (number, True, f"#/deliveries/{number}")
    for secret in ("Ada", "Lindqvist", "Garden", "unit-of", "venous", "12", "R07", "Clinic"):
        assert secret not in f"{shown['title']} {shown['body']} {json.dumps(pushed.payload).replace(number, '')[:260]}"
    # Anywhere in the dashboard: a touch shows what it is about, and what was live stays so.
    device.page.goto(f"{world.api.url}/#/alerts")
    device.worker(TOUCH)
    expect(device.page).to_have_url(f"{world.api.url}/#/deliveries/{number}")
    card = device.page.get_by_test_id("notice")
    expect(card).to_contain_text("Ada Lindqvist", timeout=10_000)
    until(lambda: last_delivery(world)[1] == "read")
    card.locator('[data-action="accept"]').click()
    until(lambda: last_delivery(world)[1] == "accepted")
    assert device.shown() == []
    assert device.complaints == [], "also of the Content-Security-Policy"


def test_what_could_not_be_shown_is_not_said_to_have_arrived(world: PushWorld) -> None:
    device = world.device("Nora")
    device.switch_on()
    card = device.page.locator('[data-testid="channel"]').nth(1)
    card.locator('[data-action="test"]').click()
    pushed = world.next_push(0)
    until(lambda: last_delivery(world)[1] == "sent")
    # The person has forbidden notifications meanwhile: Chromium refuses to show one.
    device.worker("""() => {
      self.asked = [];
      const real = self.fetch;
      self.fetch = (address, ...rest) => { self.asked.push(String(address)); return real(address, ...rest); };
      self.registration.showNotification = async () => { self.refused = true; throw new TypeError('denied'); };
    }""")
    device.push(pushed)
    until(lambda: device.worker("() => self.refused === true"))
    device.worker("() => { delete self.registration.showNotification; }")
    device.push(pushed)
    until(lambda: last_delivery(world)[1] == "delivered")
    assert device.worker("() => self.asked.length") == 1, "of the second, which stands; not of the first"


def test_switched_on_tried_gone_and_switched_on_again(world: PushWorld) -> None:
    device = world.device("Nora")
    page = device.page
    expect(device.here).to_have_attribute("data-standing", "off")
    page.get_by_label("What you call this device").fill("Nora's phone")
    device.switch_on()
    card = page.locator('[data-testid="channel"]', has_text="Nora's phone")
    expect(card).to_contain_text("push://127.0.0.1")
    expect(card).to_contain_text("never tested")
    result = card.get_by_test_id("test-result")

    card.locator('[data-action="test"]').click()
    expect(result).to_have_attribute("data-state", "sent", timeout=15_000)
    expect(result).to_contain_text("the device has not said so yet")
    pushed = world.next_push(0)
    assert (pushed.payload["title"], pushed.urgency) == ("Test: no answer is needed", "normal")
    device.push(pushed)
    expect(result).to_have_attribute("data-state", "delivered", timeout=10_000)
    expect(card).to_contain_text("last tested")
    (shown,) = device.shown()
    assert (shown["requireInteraction"], shown["open"]) == (False, "#/devices")

    world.service.behaviour = Behaviour(status=410)
    card.locator('[data-action="test"]').click()
    expect(card.get_by_test_id("gone")).to_contain_text("gone for good (HTTP 410)", timeout=15_000)
    expect(device.here).to_have_attribute("data-standing", "gone")
    expect(card.locator("button")).to_have_count(0)
    world.service.behaviour = Behaviour()
    expect(page.get_by_label("What you call this device")).to_have_value("Nora's phone")
    device.switch_on()
    expect(page.locator('[data-testid="channel"][data-gone="false"]')).to_have_count(2)  # and the screens
    assert device.complaints == []


def test_by_keyboard_alone_a_channel_is_taken_away(world: PushWorld) -> None:
    device = world.device("Nora", page="#/")
    page = device.page
    page.get_by_role("link", name="How I am reached").focus()
    page.keyboard.press("Enter")
    expect(device.here).to_have_attribute("data-standing", "off")
    page.get_by_label("What you call this device").focus()
    page.keyboard.press("Enter")
    expect(device.here).to_have_attribute("data-standing", "on", timeout=15_000)
    page.get_by_role("button", name="Remove").focus()
    page.keyboard.press("Enter")
    expect(page.locator('[data-action="remove"]')).to_be_focused()
    expect(page.get_by_text("your only way beside the screens")).to_be_visible()
    page.keyboard.press("Enter")
    expect(device.here).to_have_attribute("data-standing", "off", timeout=10_000)
    assert world.rows("SELECT disabled_why FROM channel WHERE kind = 'web push'") == [("removed by its owner",)]


def test_a_browser_shared_by_two_reaches_both_until_each_is_taken_away(world: PushWorld) -> None:
    first = world.device("Nora")
    first.switch_on()
    # The same browser: its subscription is there already, and is not this person's yet.
    second = world.device("Olga")
    held = first.page.evaluate("() => localStorage.getItem('push stand-in')")
    second.page.evaluate("async held => { localStorage.setItem('push stand-in', held); await navigator.serviceWorker"
                         ".register('./service-worker.js'); await navigator.serviceWorker.ready; }", held)  # fmt: skip
    second.page.reload()
    expect(second.here).to_have_attribute("data-standing", "unlisted", timeout=10_000)
    second.switch_on()
    second.page.locator('[data-action="unsubscribe"]').click()
    expect(second.here).to_have_attribute("data-standing", "unlisted", timeout=10_000)
    assert second.page.evaluate("() => localStorage.getItem('push stand-in')") is not None, "the other is reached by it"
    expect(first.here).to_have_attribute("data-standing", "on")


def test_what_stands_in_the_way_is_said_with_what_to_do(world: PushWorld) -> None:
    device = world.device("Nora", granted=False)
    expect(device.here).to_have_attribute("data-standing", "refused")
    expect(device.here).to_contain_text("allow notifications, then load the page again")
    expect(device.here.locator("button")).to_have_count(0)
    world.rows("DELETE FROM push_key RETURNING 1")
    other = world.device("Olga")
    expect(other.here).to_have_attribute("data-standing", "not-set-up")
    expect(other.here).to_contain_text("push_contact")


def test_a_push_service_that_cannot_be_reached_is_said_in_half_a_minute(world: PushWorld) -> None:
    device = world.device("Nora")
    # As Chromium does where nothing leads to its maker's (tried: no answer in 70 s).
    device.page.evaluate("() => { PushManager.prototype.subscribe = () => new Promise(() => {}); }")
    device.page.clock.install()
    device.page.locator('[data-action="subscribe"]').click()
    expect(device.page.get_by_text("Switching on…")).to_be_visible()
    until(lambda: bool(device.page.evaluate("async () => !!(await navigator.serviceWorker.getRegistration())?.active")))
    device.page.clock.run_for(31_000)
    expect(device.here.get_by_role("alert")).to_contain_text("push service did not answer", timeout=10_000)
    expect(device.here).to_have_attribute("data-standing", "off")


def test_a_key_that_changed_is_said_and_mended_in_one_step(world: PushWorld) -> None:
    device = world.device("Nora")
    device.switch_on()
    world.rows("UPDATE push_key SET public_key = %s RETURNING 1", world.service.wanted_key.replace("B", "C", 1))  # type: ignore[union-attr]
    device.page.reload()
    expect(device.here).to_have_attribute("data-standing", "other-key", timeout=10_000)
    world.rows("UPDATE push_key SET public_key = %s RETURNING 1", world.service.wanted_key)
    device.page.evaluate("() => localStorage.setItem('push stand-in', btoa('another key'))")
    device.page.reload()
    device.switch_on()
    assert len(world.rows("SELECT 1 FROM channel WHERE kind = 'web push' AND disabled_at IS NULL")) == 1


def test_the_worker_takes_of_a_push_only_what_it_may(world: PushWorld) -> None:
    device = world.device("Nora")
    device.switch_on()
    # The same key again takes the place of the first; what cannot be read is shown all the same.
    for key in ("7", "7", "8"):
        device.push(json.dumps({"key": key, "priority": "medium", "title": f"Title {key}", "body": "Body"}))
    until(lambda: sorted(one["tag"] for one in device.shown()) == ["7", "8"])
    assert [one["requireInteraction"] for one in device.shown()] == [False, False]
    evil = {
        "key": "9", "priority": "high", "title": "x", "body": "y", "link": "https://evil.example/deliveries/1/../x",
        "receipt": "https://evil.example/api/session",
    }  # fmt: skip
    device.push(json.dumps(evil))
    device.push("not JSON")
    until(lambda: len(device.shown()) == 4)
    found = {one["tag"]: one for one in device.shown()}
    assert (found["9"]["open"], found["9"]["receipt"]) == ("#/", "")
    assert found["unreadable"]["title"].startswith("Please open the page")


def test_without_a_connection_it_says_so_keeps_nothing_else_and_finds_back(world: PushWorld) -> None:
    device = world.device("Nora")
    device.switch_on()
    page = device.page
    kept = page.evaluate("""async () => (await Promise.all((await caches.keys()).map(async name =>
        (await (await caches.open(name)).keys()).map(({url}) => new URL(url).pathname)))).flat().sort()""")
    assert kept == ["/offline.css", "/offline.html"]
    device.context.set_offline(True)
    page.goto(f"{world.api.url}/deliveries/1")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible(timeout=10_000)
    background = page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    assert background in ("rgb(238, 241, 244)", "rgb(12, 16, 20)"), "in its own colours, under the page's policy"
    device.context.set_offline(False)
    # By itself, to where one wanted to go.
    expect(page).to_have_url(f"{world.api.url}/#/deliveries/1", timeout=15_000)
    expect(page.locator("header.header")).to_be_visible(timeout=10_000)


def test_a_subscription_that_is_given_up_is_made_anew_by_the_worker(world: PushWorld) -> None:
    device = world.device("Nora")
    device.page.get_by_label("What you call this device").fill("Nora's phone")
    device.switch_on()
    before = world.rows("SELECT channel_id FROM channel WHERE kind = 'web push' AND disabled_at IS NULL")
    old = json.loads(world.service.subscription)
    new = json.dumps(old | {"endpoint": f"{old['endpoint']}-new"})
    change = f"""
        () => {{
          {STAND_IN % new}
          const event = new ExtendableEvent('pushsubscriptionchange');
          Object.defineProperty(event, 'oldSubscription', {{value: {json.dumps(old)}}});
          self.dispatchEvent(event);
        }}"""
    device.worker(change)
    current = "SELECT channel_id, label, address FROM channel WHERE kind = 'web push' AND disabled_at IS NULL"
    until(lambda: [row[0] for row in world.rows(current)] not in ([], [before[0][0]]))
    ((_, label, address),) = world.rows(current)
    assert (label, json.loads(address)["endpoint"]) == ("Nora's phone", f"{old['endpoint']}-new")
    # Signed out it cannot: then its person is told, by a notification that says so.
    device.page.locator('[data-action="sign-out"]').click()
    expect(device.page.get_by_label("E-mail")).to_be_visible()
    device.worker(change)
    until(lambda: [one["tag"] for one in device.shown()] == ["unreached"])
