"""The dashboard's pages, by its own lists of addresses and of what a page needs: one that is added is looked at."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from clinician_api.access import MAY, Action, Role

SOURCE: Final = Path(__file__).resolve().parents[2] / "dashboard" / "src"
ROUTES: Final = SOURCE / "routes.ts"
NEEDS: Final = SOURCE / "pages" / "not-for-role.tsx"
# Pages that nothing in the dashboard links to, because their links are sent to people.
SENT: Final = {"delivery": "#/deliveries/{delivery}"}
# Who walks the pages: each is walked by the first of them who sees it.
WALKERS: Final = (Role.NEPHROLOGIST, Role.TECHNICIAN, Role.ADMINISTRATOR)
# Where a later one sees more of it.
FULLER_TO: Final = {"unit": Role.ADMINISTRATOR}


def templates(source: str | None = None) -> dict[str, str]:
    """Page -> its address with {names} to be filled; AssertionError for a page whose address is found nowhere."""
    text = source if source is not None else ROUTES.read_text("utf-8")
    pages = re.findall(r'\{ readonly page: "([a-z-]+)"', text)
    links = text[text.index("export const link") : text.index("as const", text.index("export const link"))]
    found: dict[str, str] = {}
    for name, address in re.findall(r'^\s*(?:"?)([\w-]+)(?:"?):[^"`]*["`](#[^"`]*)["`]', links, re.M):
        found[name] = re.sub(r"\$\{(?:encodeURIComponent\()?(\w+)\)?\}", r"{\1}", address)
    lacking = [page for page in pages if page not in found and page not in SENT]
    assert not lacking, f"{lacking}: name them in `link` of {ROUTES.name}, or in SENT of {Path(__file__).name}"
    return {page: SENT.get(page) or found[page] for page in pages}


def addresses(values: dict[str, str]) -> dict[str, str]:
    """Page -> an address of it, filled from `values`; AssertionError tells what is to be added to them."""
    result: dict[str, str] = {}
    for page, template in templates().items():
        lacking = [name for name in re.findall(r"\{(\w+)\}", template) if name not in values]
        assert not lacking, f"page {page} wants {lacking}: add what the world of the test has"
        result[page] = template.format(**values)
    return result


def is_shown(page: str, role: Role) -> bool:
    """Whether somebody of that role sees the page, and not that it is not for them."""
    needed = _needs().get(page)
    return needed is None or needed in MAY[role]


def reader(page: str) -> Role:
    """Who walks it; AssertionError where none of the walkers sees it."""
    readers = [role for role in (FULLER_TO.get(page), *WALKERS) if role is not None and is_shown(page, role)]
    assert readers, f"nobody of {WALKERS} sees {page}: add to them somebody who does"
    return readers[0]


def _needs() -> dict[str, Action]:
    """Page -> what its reader must be allowed; a page that decides by itself is not in it."""
    text = NEEDS.read_text("utf-8")
    rows = text[text.index("const NEEDS") : text.index("};", text.index("const NEEDS"))]
    return {page: Action(needed) for page, needed in re.findall(r'^\s*"?([a-z-]+)"?: "([a-z -]+)",$', rows, re.M)}
