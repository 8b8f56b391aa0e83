"""Pictures of every page, by day and by night, on a phone and on a wall: `./run pictures` writes docs/screens/pages/.

Pages are those of `dashboard/src/routes.ts`, each as somebody sees it whose it is, and what stands in place of a page.
Whoever changes how a page looks takes them anew and looks at them.
"""

from __future__ import annotations

import math
import shutil
import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, FloatRect, Page, expect, sync_playwright

from clinician_api.access import Role
from store.vital_signs import own_version
from telemetry.clock import SystemClock
from telemetry.treatment import Phase
from tests.integration.conftest import QUIET
from tests.integration.page_list import templates
from tests.integration.walkers import Walkers
from tests.integration.ward_world import Ward, go, ward
from tests.store.treated import HOUR, SECOND, put_rows

FOLDER: Final = Path(__file__).resolve().parents[1] / "docs" / "screens" / "pages"
SIZES: Final = {"phone": (390, 844), "wall": (1920, 1080)}
THEMES: Final = ("day", "night")
# Besides the pages: a notice by itself, and what is shown to nobody yet, to a screen on a wall, to another role.
BESIDES: Final = ("notice", "sign-in", "kiosk", "not-for-role")
# Level and sway of what the machine measures, in the catalogue's units.
COURSE: Final = {
    "arterial_pressure": (-180.0, 10.0), "venous_pressure": (142.0, 9.0), "blood_flow": (300.0, 0.0),
    "transmembrane_pressure": (62.0, 5.0), "ultrafiltration_rate": (500.0, 0.0),
    "ultrafiltration_target": (2000.0, 0.0), "dialysate_conductivity": (14.0, 0.02),
    "dialysate_temperature": (36.5, 0.05), "systolic": (128.0, 4.0), "diastolic": (74.0, 3.0),
}  # fmt: skip
SPOKEN: Final = {
    "patient": "Bo Example", "nurse": "Li Wei", "home": "Home u-3", "spare home": "Spare machine",
    "channel": "my telephone", "team": "East side", "author": "Dr Weber", "service": "notifier-1",
    "alert": "Ultrafiltration rate 14.2 mL/h/kg is above 13 for 5 min", "self-test": "channel 2 did not answer",
    "glass": "Her own team is at another home", "judgement": "Her team could have been called",
    "proposal": "Narrow graft, seen on ultrasound", "rejection": "First the ultrasound of May",
    "call": "Cramps in the last hour", "signature": "Called, feels well since", "note": "Ate before the treatment",
    "symptom": "Dizzy after standing up", "out of service": "Water treatment is being replaced",
    "settings": "A wider limit for the link", "machine alarm": "Blood leak", "alarm text": "",
    "refusal": "", "trouble": "", "profile": "5008", "protocol": "hl7",
    "version": "1.0.0", "release": own_version(), "folder": "/var/lib/postgresql",
}  # fmt: skip


def main(asked: list[str]) -> int:
    """Take them all, or those of the pages that are named."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("./run pictures: Chromium is wanted: apt-get install chromium", file=sys.stderr)
        return 1
    unknown = [name for name in asked if name not in names()]
    if unknown:
        print(f"./run pictures: no such page: {', '.join(unknown)}; there are: {', '.join(names())}", file=sys.stderr)
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, ward(Path(folder), SPOKEN.__getitem__) as here:
        put_course(here)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
            walkers = Walkers(browser, here, timezone_id="Europe/Berlin")
            for name in asked or names():
                take(browser, here, walkers, name)
            browser.close()
    return 0


def names() -> list[str]:
    """What there are pictures of."""
    return [*templates(), *BESIDES]


def files(name: str) -> dict[str, tuple[str, str]]:
    """The pictures of a page: file -> size and theme; the ward's theme where it hangs."""
    looks = [*product(SIZES, THEMES), *([("wall", "ward")] if name == "wall" else [])]
    return {f"{name}-{size}-{theme}.png": (size, theme) for size, theme in looks}


def take(browser: Browser, here: Ward, walkers: Walkers, name: str) -> None:
    """One page in every size and theme."""
    page = walkers.of(name) if name in here.pages else beside(browser, here, name)
    for file, (size, theme) in files(name).items():
        width, height = SIZES[size]
        page.set_viewport_size({"width": width, "height": height})
        page.locator('select[name="theme"]').select_option(theme)
        if name in here.pages:
            walkers.visit(name)
        page.evaluate("() => document.fonts.ready")
        page.wait_for_timeout(600)  # charts draw in the next frames, and nothing says when they have
        if size == "phone":
            # More of the page than the first screen, which what is asked takes up.
            clip = FloatRect(x=0, y=0, width=width, height=2 * height)
            page.screenshot(path=FOLDER / file, full_page=True, clip=clip)
        else:
            page.screenshot(path=FOLDER / file)


def beside(browser: Browser, here: Ward, name: str) -> Page:
    """What is no page of the list, on a screen of its own."""
    if name == "kiosk":
        return here.open(browser, Role.KIOSK, name="Ward 3", timezone_id="Europe/Berlin")[0]
    if name == "not-for-role":
        page, _ = here.open(browser, Role.NURSE, timezone_id="Europe/Berlin")
        go(page, "users", here.pages["users"])
        expect(page.get_by_test_id("not-for-role")).to_be_visible()
        return page
    page = browser.new_context(reduced_motion="reduce").new_page()
    page.goto(here.url)
    expect(page.locator(".sign-in-card").first).to_be_visible(timeout=15_000)
    return page


def put_course(here: Ward) -> None:
    """Three hours of treatment of the first home, once a second, and on for the minutes in which pictures are taken."""
    seconds = range(3 * 3600 + 900)
    start = SystemClock().now_us() - 3 * HOUR
    curves = {name: [level + sway * math.sin(second / 180 + level) for second in seconds]
              for name, (level, sway) in COURSE.items()}  # fmt: skip
    curves["ultrafiltration_volume"] = [second / 8 for second in seconds]
    with here.world.api.database() as conn:
        put_rows(conn, here.world.units["u-1"], start, SECOND, [Phase.TX] * len(seconds), **curves)
    here.world.ingest.values = {name: values[3 * 3600] for name, values in curves.items()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
