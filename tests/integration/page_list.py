"""The dashboard's pages, read from its own list of addresses: a page that is added there is looked at here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

ROUTES: Final = Path(__file__).resolve().parents[2] / "dashboard" / "src" / "routes.ts"
# Pages that nothing in the dashboard links to, because their links are sent to people.
SENT: Final = {"delivery": "#/deliveries/{delivery}"}


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
