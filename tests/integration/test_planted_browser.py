"""Text that a device or a person sent is text on every page: no element is made of it, and no script of it runs.

Each text names the place where it was planted, so that it is known which of them a page shows. What the API refuses to
take (an e-mail with brackets, a rota's reason longer than it needs) is planted in the store.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page

from clinician_api.access import Role
from store import audit
from store.audit import Deed
from tests.clinician_api.outage import now_us
from tests.integration.page_list import WALKERS, is_shown, templates
from tests.integration.ward_world import Ward, go, ward

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PLANTED: Final = "<img src=x onerror=\"document.title='planted'\">"
WATCH = """
() => {
  window.violated = [];
  document.addEventListener('securitypolicyviolation', event => window.violated.push(event.violatedDirective));
}
"""
UNFOLD = "() => document.querySelectorAll('#content details:not([open]) > summary').forEach(fold => fold.click())"
SETTLED = "() => !document.querySelector('#content').textContent.includes('Loading…')"
# Page -> what must be seen there as text, or it was not planted there and nothing was tried.
SEEN_ON: Final[dict[str, set[str]]] = {
    "wall": {"patient", "home", "spare home"},
    "patient": {
        "patient", "home", "alert", "note", "symptom", "answer", "profile", "protocol", "trouble", "kiosk",
        "box event",
    },
    "treatments": {"patient"},
    "trends": {"patient"},
    "reviews": {"patient"},
    "report": {
        "patient", "home", "clinic", "call", "signature", "machine alarm", "nurse", "profile", "protocol",
    },
    "prescription": {"patient", "proposal", "rejection", "nurse"},
    "signatures": {"patient", "proposal", "nurse"},
    "alerts": {"patient", "alert", "answer", "shelf", "channel", "nurse", "service's words"},
    "notices": {"patient", "answer", "channel", "nurse", "service's words"},
    "devices": {"channel", "passkey"},
    "delivery": {"patient", "answer", "channel", "nurse", "service's words"},
    "rota": {"clinic", "nurse"},
    "handover": {"patient", "home", "clinic", "answer", "shelf", "out of service", "nurse", "service"},
    "load": {"home"},
    "units": {"patient", "home", "spare home", "trouble", "refusal", "version"},
    "unit": {"patient", "home", "trouble", "refusal", "version", "settings", "author"},
    "users": {"clinic", "e-mail", "nurse"},
    "audit": {"actor", "deed", "kiosk", "nurse"},
    "system": {"service", "release", "folder"},
    "teams": {"team", "clinic", "nurse", "patient"},
    "opened": {"patient", "glass", "judgement", "clinic", "nurse"},
    "break-glass": set(),  # a form: whoever is not seen is not named on it
}  # fmt: skip
# Planted, and shown on no page; why.
NOWHERE: Final = {
    "browser": "of what a browser calls itself only words are shown that are known",
    "alarm text": "an alarm is shown by its name",
    "acknowledgement": "is in the record of the alert, which GET /api/alerts/{id} tells",
    "detail": "is in the record's export",
    "subject": "words that name nothing of a clinic are shown to nobody of one",
    "self-test": "is told to operations by GET /api/selftest",
    "override": "the rota says who is written over it; why is on its record",
    "swap": "as of an override",
    "decline": "as of an override",
    "rota's author": "as of an override",
}


class Planter:
    """Says a text for a place, and remembers for which."""

    def __init__(self) -> None:
        self.places: set[str] = set()

    def __call__(self, place: str) -> str:
        self.places.add(place)
        return f"{place} {PLANTED}"


def test_no_planted_text_becomes_an_element_on_any_page(browser: Browser, tmp_path: Path) -> None:
    say = Planter()
    with ward(tmp_path, say) as here:
        answer(here, say)
        rename(here, say)
        seen: dict[str, set[str]] = {name: set() for name in templates()}
        for role in WALKERS:
            page, complaints = here.open(browser, role)
            keep(here, role, say)
            page.evaluate(WATCH)
            # The record first: every page that is opened puts more on top of it.
            for name, address in sorted(here.pages.items(), key=lambda page: page[0] != "audit"):
                if not is_shown(of := "notices" if name == "notice" else name, role):
                    continue
                go(page, name, address)
                text = all_of(page)
                seen[of] |= {place for place in say.places if say(place) in text}
                assert page.locator('img[src="x"], [onerror]').count() == 0, name
                assert "planted" not in page.title()
            assert page.evaluate("() => window.violated") == []
            # What is not theirs to see is not there for them, and the browser itself logs that.
            rest = [line for line in complaints if not re.search(r"404 .*/api/(notices|deliveries)/", line)]
            assert not rest, "\n".join(rest)
            page.context.close()
    assert seen.keys() == SEEN_ON.keys(), "name for every page what is planted there"
    lacking = {name: wanted - seen[name] for name, wanted in SEEN_ON.items() if wanted - seen[name]}
    assert not lacking, f"planted, and not seen: {lacking}"
    assert say.places - set().union(*seen.values()) == NOWHERE.keys()


def all_of(page: Page) -> str:
    """What a page says, with all that can be unfolded."""
    if page.locator('#content input[name="names"]').count():
        page.locator('#content input[name="names"]').check()
    for _ in range(2):  # what is unfolded may bring further folds
        page.evaluate(UNFOLD)
        page.wait_for_function(SETTLED, timeout=15_000)
    return page.locator("#content").inner_text()


def answer(here: Ward, say: Planter) -> None:
    """What a nurse says to alerts and notices."""
    nurse = here.world.api.sign_in(Role.NURSE, 1, say("nurse"))
    shelf = {"kind": "timed", "minutes": 10, "reason": say("shelf")}
    said = [
        nurse.post(f"/api/alerts/{here.alerts['medium']}/shelve", json=shelf),
        nurse.post(f"/api/alerts/{here.alerts['low']}/acknowledge", json={"note": say("acknowledgement")}),
        nurse.post(f"/api/notices/{here.alerts['notice']}/reject", json={"note": say("answer")}),
    ]
    assert [one.status_code for one in said] == [200] * 3, [one.text for one in said]
    kiosk = here.world.api.kiosk(1, say("kiosk"))
    here.world.api.open_socket(kiosk).subscribe()


def keep(here: Ward, role: Role, say: Planter) -> None:
    """What those who are signed in keep of their own. A passkey would be asked for, so nobody has one sooner."""
    with here.world.api.database() as conn:
        ((nurse,),) = conn.execute("SELECT min(user_id) FROM user_account WHERE role = 'nurse'").fetchall()
        for subject in (audit.person(nurse), say("subject")):
            audit.append(conn, Deed(now_us(), say("actor"), say("deed"), subject, {"said": say("detail")}))
        conn.execute("UPDATE session SET browser = %s", (say("browser"),))
        conn.execute(
            "INSERT INTO passkey (user_id, credential_id, public_key, sign_count, label, added_at)"
            " SELECT user_id, %s, 'key', 0, %s, now() FROM user_account WHERE role = %s",
            (str(role).encode(), say("passkey"), str(role)),
        )


def rename(here: Ward, say: Planter) -> None:
    """Names of whom and what there is already; an account as an identity provider would name it."""
    now = now_us()
    with here.world.api.database() as conn:
        conn.execute("UPDATE patient SET display_name = %s", (say("patient"),))
        conn.execute("UPDATE unit SET label = %s WHERE name = 'u-1'", (say("home"),))
        conn.execute("UPDATE clinic SET name = %s WHERE clinic_id = 1", (say("clinic"),))
        conn.execute("UPDATE user_account SET email = user_id || '@' || %s WHERE role = 'nurse'", (say("e-mail"),))
        conn.execute(
            "INSERT INTO delivery_event (delivery_id, at, state, attempt, detail)"
            " SELECT delivery_id, from_us(%s), 'failed', 1, %s FROM delivery WHERE notice_id = %s",
            (now, say("service's words"), int(here.alerts["notice"])),
        )
        conn.execute("UPDATE delivery SET state = 'failed' WHERE notice_id = %s", (int(here.alerts["notice"]),))
        for source in ("override", "swap"):
            conn.execute(
                "INSERT INTO rota_override (rota_id, source, user_id, start_at, end_at, author, reason, recorded_at)"
                " SELECT rota_id, %s, NULL, from_us(%s), from_us(%s), %s, %s, from_us(%s) FROM rota",
                (source, now, now + 1_000_000, say("rota's author"), say(source), now),
            )
        conn.execute(
            "INSERT INTO rota_acceptance (rota_id, user_id, start_at, end_at, accepted, author, reason, recorded_at)"
            " SELECT rota_id, min(user_id), from_us(%s), from_us(%s), false, %s, %s, from_us(%s)"
            " FROM rota, user_account GROUP BY 1",
            (now, now + 1_000_000, say("rota's author"), say("decline"), now),
        )
    here.world.api.refresh()
