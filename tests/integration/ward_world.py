"""A clinic with something on every page, seen by everybody: the real API, database, broker and notifier's decisions.

Ingest is the one that speaks for the homes in `tests.clinician_api.outage`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from alerts.escalation import People
from alerts.rota.local_time import DAY_US
from clinician_api.access import Role
from clinician_api.settings import STATIC_DIR, ApiOptions
from store.selftests import Broken
from telemetry.alarms import ConditionState, Priority
from telemetry.clock import SystemClock
from telemetry.treatment import Phase
from tests.clinician_api.conftest import Api
from tests.clinician_api.notified import Notifier
from tests.clinician_api.outage import Outage, outage
from tests.clinician_api.rotas import Duty
from tests.clinician_api.routes.test_selftest import add_test_unit, ran
from tests.integration.page_list import addresses
from tests.integration.ward_people import Say, add_people
from tests.store.treated import MINUTE, add_treatment, put_minutes, summarise_all

# Chinese without a place to break, as long as a name may reasonably be.
LONG: Final = "超长的家庭血液透析患者姓名与诊所名称用于检验版面是否会被撑破"
SIZES: Final = {"phone": (390, 844), "laptop": (1280, 800), "desk": (1440, 900), "wall": (1920, 1080)}
THEMES: Final = ("day", "night", "ward")
CLINICAL: Final = "Dr Weber"


@dataclass
class Ward:
    """`pages`: page -> address after the URL. `alerts`: by priority; and a notice and a delivery."""

    world: Outage
    duty: Duty
    notifier: Notifier
    pages: dict[str, str]
    alerts: dict[str, str]

    @property
    def url(self) -> str:
        return self.world.api.url

    def open(self, browser: Browser, role: Role, **options: Any) -> tuple[Page, list[str]]:
        """A browser of somebody of that role, and what its console complains of."""
        return open_as(browser, self.world.api, role, **options)


def open_as(
    browser: Browser, api: Api, role: Role, *, name: str = "", through: str | None = None, **options: Any
) -> tuple[Page, list[str]]:  # fmt: skip
    """A browser of somebody of that role (and name), and what its console complains of; `through` another address."""
    name = name or (CLINICAL if role is Role.NEPHROLOGIST else "")
    clinic = None if role is Role.OPERATIONS else 1
    client = api.sign_in(role, clinic, name)
    options = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce", **options}
    context = browser.new_context(**options)
    own = through or api.url
    context.add_cookies([{"name": key, "value": value, "url": own} for key, value in client.cookies.items()])
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda told: complaints.append(_told(told)) if told.type == "error" else None)
    page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
    page.goto(own)
    expect(page.locator("#content")).to_be_visible(timeout=15_000)
    if role is not Role.PATIENT:
        expect(page.locator("body")).to_have_attribute("data-connection", "live", timeout=15_000)
    return page, complaints


def _told(message: ConsoleMessage) -> str:
    return f"{message.text} {message.location.get('url', '')}"


def go(page: Page, name: str, address: str) -> None:
    """To a page (`notice`: of the list's, one alone), and wait until it shows what it has."""
    name = "notices" if name == "notice" else name
    page.evaluate("address => { location.hash = address.slice(1); }", address)
    expect(page.locator("body")).to_have_attribute("data-page", name, timeout=10_000)
    expect(page.locator("#content")).to_be_visible()
    page.wait_for_function(
        "() => !/(Loading|Asking for the record)…/.test(document.querySelector('#content').textContent)", timeout=15_000
    )


def at_length(place: str) -> str:
    """As long as a name or a word may reasonably be."""
    return f"{place} {LONG}"


@contextmanager
def ward(folder: Path, say: Say = at_length) -> Iterator[Ward]:
    """Everything well, with `say` asked for all words that a device or a person may send."""
    options = ApiOptions(database_url="", port=0, metrics_port=None, static_dir=STATIC_DIR)
    with pytest.MonkeyPatch.context() as patch, outage(folder, options, patch) as world:
        duty = Duty(world.api)
        notifier = Notifier(world.api)
        filled = fill(world, duty, notifier, say)
        values = {
            "unit": "u-1", "id": filled["high"], "alert": filled["high"],
            "notice": filled["notice"], "delivery": filled["delivery"], "treatment": filled["treatment"],
        }  # fmt: skip
        pages = addresses(values)
        pages["notices"], pages["notice"] = "#/notices", f"#/notices/{filled['notice']}"
        yield Ward(world, duty, notifier, pages, filled)


def fill(world: Outage, duty: Duty, notifier: Notifier, say: Say) -> dict[str, str]:
    """Alerts of every priority and state, notices, a rota with a hole, a failed self-test, what people left behind."""
    api = world.api
    units = {**world.units, "u-3": api.add_unit("u-3", "Clinic 1", say("patient"), say("home"))}
    world.ingest.units = list(units)
    nurse = say("nurse")
    weber = duty.person(1, CLINICAL, Role.NEPHROLOGIST)
    other = duty.person(1, nurse)
    duty.weekly(1, CLINICAL, nurse)
    now = SystemClock().now_us()
    duty.override(duty.rotas[1], now + 3 * DAY_US, now + 4 * DAY_US, None)
    add_test_unit(api)
    ran(api, Broken.CHANNELS, say("self-test"))
    with api.database() as conn:
        for user in (weber, other):
            conn.execute(
                "INSERT INTO channel (user_id, kind, address, host, label, tier, language, created_at, tested_at)"
                " VALUES (%s, 'apprise', 'json://localhost', 'localhost', %s, 1, 'en', from_us(%s), from_us(%s))",
                (user, say("channel")[:60], now, now),
            )
    notifier.people = People((weber,))
    with api.database() as conn:
        start = now - DAY_US - now % MINUTE
        conn.execute("UPDATE binding SET since = from_us(%s)", (start - DAY_US,))
        # The last ten of its minutes were not seen.
        put_minutes(conn, units["u-1"], start, [Phase.TX] * 230, venous_pressure=[140.0] * 230, systolic=[120.0] * 230)
        add_treatment(conn, units["u-1"], start, 240)
        summarise_all(conn, now)
        number = conn.execute("SELECT max(treatment_id) FROM treatment").fetchall()[0][0]
    add_people(api, units["u-1"], weber, other, number, say)
    found = {"high": api.raise_alert(units["u-1"], reason=say("alert")), "treatment": str(number)}
    found["medium"] = api.raise_alert(units["u-3"], priority=Priority.MEDIUM, reason=say("alert"))
    found["low"] = api.raise_alert(units["u-3"], priority=Priority.LOW, reason=say("alert"))
    over = api.raise_alert(units["u-1"], priority=Priority.LOW, reason=say("alert"))
    notifier.settle()
    api.raise_alert(units["u-1"], ConditionState.NORMAL, int(over), priority=Priority.LOW, reason=say("alert"))
    notifier.trouble("ingest")
    notifier.settle()
    of_unit = notifier.rows("SELECT min(notice_id) FROM notice WHERE unit_id = %s", units["u-1"].unit_id)
    found["notice"] = str(of_unit[0][0])
    found["delivery"] = str(notifier.rows("SELECT min(delivery_id) FROM delivery")[0][0])
    return found


def violations(page: Page, axe: str) -> list[str]:
    """What axe-core finds against WCAG 2.2 A and AA: rule, and where.

    A stretch of the coverage lane is as wide as it lasted, which is essential to it (2.5.8), and zooming widens it.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(axe)
    told = page.evaluate(
        """async () => {
          const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
          const rules = {'target-size': {enabled: true}};
          const only = {runOnly: {type: 'tag', values: tags}, rules, resultTypes: ['violations']};
          const {violations} = await axe.run(document, only);
          const counts = (id, node) => id !== 'target-size' || !node.html.includes('class="segment"');
          const found = violations.map(({id, impact, nodes}) =>
            ({id, impact, nodes: nodes.filter(one => counts(id, one))}));
          return JSON.stringify(found.filter(({nodes}) => nodes.length > 0).map(({id, impact, nodes}) =>
            ({id, impact, where: nodes.slice(0, 3).map(node => node.html.slice(0, 160) + ' | ' +
              node.any.concat(node.all).map(one => one.message).join('; ').slice(0, 160))})));
        }"""
    )  # fmt: skip
    return [f"{one['id']} ({one['impact']}): {' ;; '.join(one['where'])}" for one in json.loads(told)]
