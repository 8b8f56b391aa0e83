"""Text that a device or a person sent is text on every page: no element is made of it, and no script of it runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from clinician_api.access import Role
from telemetry.messages import MachineLink, Status
from tests.clinician_api.outage import now_us
from tests.integration.ward_world import PLANTED, go, ward

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

WATCH = """
() => {
  window.violated = [];
  document.addEventListener('securitypolicyviolation', event => window.violated.push(event.violatedDirective));
}
"""
# Where it must be seen, or it was not planted there and nothing was tried.
SEEN_ON = {"wall", "alerts", "notices", "rota", "devices", "handover", "patient", "load"}


def test_no_planted_text_becomes_an_element_on_any_page(browser: Browser, tmp_path: Path) -> None:
    with ward(tmp_path, text=PLANTED) as here:
        nurse = here.world.api.sign_in(Role.NURSE, 1, f"N {PLANTED}"[:190])
        shelf = {"kind": "timed", "minutes": 10, "reason": f"R {PLANTED}"}
        assert nurse.post(f"/api/alerts/{here.alerts['medium']}/shelve", json=shelf).status_code == 200
        note = {"note": f"A {PLANTED}"}
        assert nurse.post(f"/api/alerts/{here.alerts['low']}/acknowledge", json=note).status_code == 200
        status = Status(
            1, "u-1", True, now_us(), machine=MachineLink.CONNECTED, config_trouble=PLANTED, trouble=PLANTED,
            profile=PLANTED, protocol=PLANTED, agent_version=PLANTED,
        )  # fmt: skip
        here.world.api.do(lambda services: services.room.put_heard(status, now_us()))
        page, complaints = here.open(browser, Role.NEPHROLOGIST)
        page.evaluate(WATCH)
        seen = set()
        for name, address in here.pages.items():
            go(page, name if name != "notice" else "notices", address)
            for fold in page.locator("#content summary").all():
                fold.click()
            if name == "alerts":
                expect(page.locator(".steps").first).to_be_visible(timeout=10_000)
            if PLANTED[:12] in page.locator("body").inner_text():
                seen.add(name)
            assert page.locator('img[src="x"], [onerror]').count() == 0, name
            assert "planted" not in page.title()
        assert seen >= SEEN_ON, f"not seen on {SEEN_ON - seen}"
        assert page.evaluate("() => window.violated") == []
        assert not complaints, "\n".join(complaints)
        page.context.close()
