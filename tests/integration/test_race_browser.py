"""Two people press the same button before either is answered: one has it, the other reads who, both screens agree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from clinician_api.access import Role
from clinician_api.settings import STATIC_DIR, ApiOptions
from homehd.brokers import Broker
from store import pool
from tests.clinician_api.conftest import Api, start_api, until
from tests.clinician_api.notified import Notifier
from tests.clinician_api.outage import Ingest
from tests.integration.ward_world import go, open_as

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

NAMES = ("Nora", "Olaf")
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
OUTCOMES = """
SELECT name, detail ->> 'outcome' FROM audit_event JOIN user_account ON actor = 'user:' || user_id
WHERE action = %s AND subject = %s
"""


@pytest.fixture
def api(database_url: str, tmp_path: Path) -> Iterator[Api]:
    with ExitStack() as stack:
        broker = Broker("nats", tmp_path / "broker")
        broker.start()
        stack.callback(broker.stop)
        options = ApiOptions(
            database_url=database_url, broker_url=broker.url, port=0, metrics_port=None, static_dir=STATIC_DIR
        )
        running = start_api(stack, options)
        ingest = Ingest(broker, database_url)
        stack.callback(ingest.close)
        ingest.units = ["u-1"]
        until(lambda: running.do(lambda services: services.room.all_alive()))
        yield running


def test_two_who_press_at_once_have_one_outcome_and_both_screens_say_whose(browser: Browser, api: Api) -> None:
    notifier = Notifier(api)
    unit = api.add_unit("u-1", "Clinic 1", "Ada Example")
    first_alert = api.raise_alert(unit)
    notifier.settle()
    screens = {name: open_as(browser, api, Role.NURSE, name=name)[0] for name in NAMES}
    accept_a_notice(notifier, screens, first_alert)
    # Of another home, so that it is not told with the first.
    acknowledge_an_alert(notifier, screens, api.raise_alert(api.add_unit("u-2", "Clinic 1", "Bo Example")))
    for page in screens.values():
        page.context.close()


def accept_a_notice(notifier: Notifier, screens: dict[str, Page], alert: str) -> None:
    notice = notice_of(notifier, alert)
    card = f'[data-testid="notice"][data-notice="{notice}"]'
    for page in screens.values():
        go(page, "notices", "#/notices")
    press_at_once(notifier, screens, f'{card} [data-action="accept"]', f"**/notices/{notice}/accept", notice)

    for page in screens.values():
        expect(page.locator(f'{card} [data-answer="accepted"]')).to_be_visible(timeout=10_000)
    late = "somebody else has accepted"
    first, second = order(notifier, "accept notice", f"notice:{notice}", "done", late)
    told = screens[second].locator(f"{card} .failure")
    expect(told).to_have_text(f"Somebody else has accepted: accepted by {first}.")
    expect(screens[first].locator(f"{card} .failure")).to_have_count(0)
    expect(screens[first].locator(f'{card} [data-action="release"]')).to_be_visible()
    expect(screens[second].locator(f'{card} [data-action="take-over-ask"]')).to_be_visible()
    assert_agree(screens, f"{card} .answer-line", first)

    said = "SELECT name, move FROM notice_event JOIN user_account ON actor = user_id WHERE notice_id = %s"
    assert sorted(notifier.rows(said, notice)) == sorted([(first, "accept"), (second, "")])
    assert owner(notifier, notice) == first


def acknowledge_an_alert(notifier: Notifier, screens: dict[str, Page], alert: str) -> None:
    notifier.settle()
    notice = notice_of(notifier, alert)
    card = f"#alert-{alert}"
    for page in screens.values():
        go(page, "alerts", "#/alerts")
    press_at_once(notifier, screens, f'{card} [data-action="acknowledge"]', f"**/alerts/{alert}/acknowledge", notice)

    for page in screens.values():
        expect(page.locator(f"{card} .acknowledged")).to_be_visible(timeout=10_000)
    late = "already acknowledged"
    first, second = order(notifier, "acknowledge alert", f"alert:{alert}", "acknowledged", late)
    expect(screens[second].locator(f"{card} .acknowledged")).to_contain_text(f"{first} was first")
    expect(screens[first].locator(f"{card} .acknowledged")).not_to_contain_text("was first")
    assert_agree(screens, f"{card} .answer-line", first)

    steps = "SELECT name FROM alert_event JOIN user_account ON actor = user_id WHERE alert_id = %s"
    assert notifier.rows(steps, int(alert)) == [(first,)]
    # To acknowledge an alert is to accept its notice.
    assert owner(notifier, notice) == first


def press_at_once(notifier: Notifier, screens: dict[str, Page], button: str, request: str, notice: int) -> None:
    """Everybody presses before anybody's request goes out, and the store has all of them before it answers one."""
    held: list[Route] = []
    for page in screens.values():
        page.route(request, lambda route: held.append(route))
        page.locator(button).click()
        expect(page.locator(button)).to_have_attribute("aria-disabled", "true")
    while len(held) < len(screens):
        page.wait_for_timeout(20)
    with notifier.api.database() as conn, pool.transaction(conn):
        # Whoever moves a notice, or an alert of it, locks it first.
        conn.execute("SELECT FROM notice WHERE notice_id = %s FOR UPDATE", (notice,))
        for route in held:
            route.continue_()
        until(lambda: notifier.rows(WAITING) == [(len(screens),)])
    for page in screens.values():
        page.unroute(request)


def order(notifier: Notifier, deed: str, subject: str, done: str, late: str) -> tuple[str, str]:
    """Who was first and who was second by the record, which has what each of them wanted and what came of it."""
    (first, said), (second, other) = sorted(notifier.rows(OUTCOMES, deed, subject), key=lambda row: row[1] != done)
    assert ({first, second}, said, other) == (set(NAMES), done, late)
    return first, second


def assert_agree(screens: dict[str, Page], place: str, name: str) -> None:
    """Both say the same there, and name that person."""
    for page in screens.values():
        expect(page.locator(place)).to_contain_text(name, timeout=10_000)
    assert len({page.locator(place).inner_text() for page in screens.values()}) == 1


def notice_of(notifier: Notifier, alert: str) -> int:
    ((notice,),) = notifier.rows("SELECT notice_id FROM notice_alert WHERE alert_id = %s", int(alert))
    return int(notice)


def owner(notifier: Notifier, notice: int) -> str:
    """Whose it is."""
    accepted = "SELECT name FROM notice JOIN user_account ON accepted_by = user_id WHERE notice_id = %s"
    ((name,),) = notifier.rows(accepted, notice)
    return str(name)
