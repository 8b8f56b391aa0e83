"""Pictures of every page, by day and by night, on a phone and on a wall: `./run pictures` writes docs/screens/pages/.

Pages are those of `dashboard/src/routes.ts`. Whoever changes how a page looks takes them anew and looks at them.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, sync_playwright

from clinician_api.access import Role
from tests.integration.conftest import QUIET
from tests.integration.ward_world import Names, Ward, go, ward

FOLDER: Final = Path(__file__).resolve().parents[1] / "docs" / "screens" / "pages"
SIZES: Final = {"phone": (390, 844), "wall": (1920, 1080)}
THEMES: Final = ("day", "night", "ward")
NAMES: Final = Names("Bo Example", "Li Wei", "Home u-3", "my telephone")
REASON: Final = "Ultrafiltration rate 14.2 mL/h/kg is above 13 for 5 min"
VALUES: Final = {
    "arterial_pressure": -180.0, "venous_pressure": 142.0, "blood_flow": 300.0, "transmembrane_pressure": 62.0,
    "ultrafiltration_rate": 500.0, "ultrafiltration_volume": 1240.0, "ultrafiltration_target": 2000.0,
    "systolic": 128.0, "diastolic": 74.0,
}  # fmt: skip


def main() -> int:
    """Take them all, or the pages that are named."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("./run pictures: Chromium is wanted: apt-get install chromium", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, ward(Path(folder), text=REASON, names=NAMES) as here:
        here.world.ingest.values = VALUES
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
            page, _ = here.open(browser, Role.NEPHROLOGIST, timezone_id="Europe/Berlin")
            for name in sys.argv[1:] or here.pages:
                take(page, here, name)
            browser.close()
    return 0


def take(page: Page, here: Ward, name: str) -> None:
    """One page in every size and theme; the ward's theme where it hangs, on the wall."""
    for (size, (width, height)), theme in product(SIZES.items(), THEMES):
        if theme == "ward" and (name, size) != ("wall", "wall"):
            continue
        page.set_viewport_size({"width": width, "height": height})
        page.locator('select[name="theme"]').select_option(theme)
        go(page, "notices" if name == "notice" else name, here.pages[name])
        page.evaluate("() => document.fonts.ready")
        page.wait_for_timeout(600)  # charts draw in the next frames, and nothing says when they have
        path = str(FOLDER / f"{name}-{size}-{theme}.png")
        if size == "phone":
            # More of the page than the first screen, which what is asked takes up.
            page.screenshot(path=path, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": 2 * height})
        else:
            page.screenshot(path=path)


if __name__ == "__main__":
    sys.exit(main())
