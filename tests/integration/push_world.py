"""A clinic whose people are reached by browsers: the real API, notifier and Chromium, and a push service that is ours.

No push service of a browser's maker can be reached from here, so what a page asks its browser for (`PushManager`) is
answered by a script of the test, with the subscription of our push service. That one holds the notifier to the RFCs and
decrypts; what it got is brought to the browser by Chromium's own debugging protocol, which starts the worker as a real
push does.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from clinician_api.access import Role
from clinician_api.settings import STATIC_DIR, ApiOptions
from notifier import service
from notifier.channels import Channels
from notifier.channels.web_push import Sender
from notifier.page import Site
from store import heartbeat, notices
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import NOWHERE, PASSWORD, Api, start_api, until
from tests.clinician_api.devices import KEY, PRIVATE
from tests.notifier.pages import LOOPBACK
from tests.notifier.push_stand_in import Push, PushStandIn, push_stand_in

# In pages and in workers: the browser's part of subscribing, with what our push service gives.
STAND_IN: Final = """
(given => {
  let held = null;
  const storage = globalThis.localStorage;
  const read = () => (storage ? storage.getItem('push stand-in') : held);
  const write = text => {
    held = text;
    if (storage && text === null) storage.removeItem('push stand-in');
    else if (storage) storage.setItem('push stand-in', text);
  };
  const made = key => ({
    endpoint: given.endpoint,
    options: {userVisibleOnly: true, applicationServerKey: key.buffer},
    toJSON: () => given,
    unsubscribe: async () => { write(null); return true; },
  });
  PushManager.prototype.subscribe = async ({applicationServerKey}) => {
    write(btoa(String.fromCharCode(...applicationServerKey)));
    return made(applicationServerKey);
  };
  PushManager.prototype.getSubscription = async () => {
    const text = read();
    return text === null ? null : made(Uint8Array.from(atob(text), letter => letter.charCodeAt(0)));
  };
})(%s)
"""
SHOWN: Final = """
async () => {
  const registration = await navigator.serviceWorker.ready;
  return (await registration.getNotifications()).map(({title, body, tag, requireInteraction, data}) =>
    ({title, body, tag, requireInteraction, ...data}));
}
"""
TOUCH: Final = """
async () => {
  const [notification] = await self.registration.getNotifications();
  // Of an event that nobody's finger made a window may not be focused or opened; all else is as of a real one.
  self.dispatchEvent(new NotificationEvent('notificationclick', {notification}));
}
"""


@dataclass
class Device:
    """A person's browser, signed in, on the page of their channels. `complaints`: of its console."""

    context: BrowserContext
    page: Page
    cdp: CDPSession
    origin: str
    complaints: list[str]
    registrations: list[str] = field(default_factory=list)

    @property
    def here(self) -> Any:
        return self.page.get_by_test_id("this-browser")

    def switch_on(self) -> None:
        self.page.locator('[data-action="subscribe"]').click()
        expect(self.here).to_have_attribute("data-standing", "on", timeout=15_000)

    def push(self, payload: Push | str) -> None:
        """Something arrives for this browser."""
        if not self.registrations:
            self.cdp.on("ServiceWorker.workerRegistrationUpdated", self._registered)
            self.cdp.send("ServiceWorker.enable")
            # Playwright hears of events while it is asked for something.
            until(lambda: bool(self.page.evaluate("() => true") and self.registrations))
        text = payload if isinstance(payload, str) else json.dumps(payload.payload)
        arguments = {"origin": self.origin, "registrationId": self.registrations[-1], "data": text}
        self.cdp.send("ServiceWorker.deliverPushMessage", arguments)

    def _registered(self, event: dict[str, Any]) -> None:
        self.registrations += [one["registrationId"] for one in event["registrations"]]

    def shown(self) -> list[dict[str, Any]]:
        """The notifications that stand."""
        found: list[dict[str, Any]] = self.page.evaluate(SHOWN)
        return found

    def worker(self, script: str) -> Any:
        """Run something in the worker."""
        return self.context.service_workers[-1].evaluate(script)


@dataclass
class PushWorld:
    """`service` is the push service."""

    api: Api
    service: PushStandIn
    browser: Browser

    def device(self, who: str, *, granted: bool = True, page: str = "#/devices", **options: Any) -> Device:
        """A browser of a nurse of clinic 1."""
        context = self.browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        if granted:
            context.grant_permissions(["notifications"])
        else:
            context.add_init_script("Object.defineProperty(Notification, 'permission', {get: () => 'denied'})")
        context.add_init_script(STAND_IN % self.service.subscription)
        shown = context.new_page()
        complaints: list[str] = []
        shown.on("pageerror", lambda error: complaints.append(str(error)))
        shown.on(
            "console",
            lambda message: (
                complaints.append(f"{message.text} {message.location}") if message.type == "error" else None
            ),
        )
        shown.goto(f"{self.api.url}/{page}")
        shown.get_by_label("E-mail").fill(self.api.account(Role.NURSE, 1, who))
        shown.get_by_label("Password").fill(PASSWORD)
        shown.get_by_role("button", name="Sign in").click()
        # The page of signing in has a heading, too.
        expect(shown.locator(".account")).to_be_visible(timeout=15_000)
        # The browser itself logs the answers by which a page learns that nobody is signed in, and of no demonstration.
        complaints.clear()
        return Device(context, shown, context.new_cdp_session(shown), self.api.url, complaints)

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.api.database() as conn:
            return conn.execute(statement.encode(), values).fetchall()

    def next_push(self, number: int) -> Push:
        """The `number`-th that the notifier has brought, from 0 on."""
        until(lambda: len(self.service.pushes) > number)
        return self.service.pushes[number]


@contextmanager
def push_world(database_url: str, browser: Browser) -> Iterator[PushWorld]:
    """All running, until the end of the block."""
    clock, stop = SystemClock(), threading.Event()
    options = ApiOptions(
        database_url=database_url, broker_url=NOWHERE, port=0, metrics_port=None, static_dir=STATIC_DIR
    )
    with ExitStack() as stack:
        push_service = stack.enter_context(push_stand_in())
        push_service.wanted_key = KEY
        api = start_api(stack, options, Channels(LOOPBACK, clock))
        with api.database() as conn:
            heartbeat.beat(conn, "ingest", "i", notices.database_us(conn), {"shards": 64})
        carrier = Channels(LOOPBACK, clock, Sender(PRIVATE, "mailto:operations@example.org"))
        wanted = service.NotifyOptions(database_url, Site(url=api.url), push_key=KEY)
        thread = threading.Thread(target=service.run, args=(wanted, carrier, clock, stop), name="notifier under test")
        thread.start()
        stack.callback(thread.join, 20)
        stack.callback(stop.set)
        world = PushWorld(api, push_service, browser)
        until(lambda: world.rows("SELECT public_key FROM push_key") == [(KEY,)])
        yield world
