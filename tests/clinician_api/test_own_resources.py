"""No page loads anything from elsewhere: a clinic's network may reach nothing but this server.

The built files are walked, and those they are built from. That a browser would not load it either is the policy's
business (`default-src 'self'`, tests/clinician_api/web/test_guard.py).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clinician_api.settings import STATIC_DIR
from tests.clinician_api.conftest import Api
from tests.conftest import require

ROOT = Path(__file__).parents[2]
SOURCES = [ROOT / "dashboard" / "index.html", *sorted((ROOT / "dashboard" / "public").rglob("*"))]
SOURCES += [path for path in sorted((ROOT / "dashboard" / "src").rglob("*")) if path.name != "api-types.ts"]
# Names, which nobody loads.
NAMESPACES = {
    "http://www.w3.org/1998/Math/MathML", "http://www.w3.org/1999/xhtml", "http://www.w3.org/1999/xlink",
    "http://www.w3.org/2000/svg", "http://www.w3.org/XML/1998/namespace",
}  # fmt: skip
ELSEWHERE = (
    re.compile(r"""\b(?:https?|wss?|ftp):(?:\\?/){2}(?!…)[^\s"'`<>)\\;,]+""", re.IGNORECASE),
    # Of whatever scheme the page has: src="//cdn…", url(//cdn…), import "//cdn…".
    re.compile(r"""["'`(=]\s*(//[a-z0-9-]+(?:\.[a-z0-9-]+)+[^\s"'`<>)]*)""", re.IGNORECASE),
)


def elsewhere(text: str) -> list[str]:
    """Every address in a file that is not ours."""
    found = [match[match.lastindex or 0] for pattern in ELSEWHERE for match in pattern.finditer(text)]
    return [address for address in found if address not in NAMESPACES]


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://cdn.example/x.js">', "<img src=//cdn.example/x.png>", "@import url(//fonts.example/css)",
        'fetch("HTTP://x.example")', "new WebSocket(`wss://x.example`)", '{"u":"https:\\/\\/x.example"}',
        'import("//cdn.example/x.js")',
    ],
)  # fmt: skip
def test_what_would_be_found(text: str) -> None:
    assert elsewhere(text)


def test_what_is_ours_is_not() -> None:
    assert not elsewhere('<script src="./assets/x.js"> // see. <svg xmlns="http://www.w3.org/2000/svg"> a //b.c')


def test_nothing_that_is_built_or_built_from_names_another_server() -> None:
    built = [path for path in sorted(STATIC_DIR.rglob("*")) if path.is_file()]
    require(built, "the built dashboard", "python dashboard/hatch_build.py")
    assert {path.suffix for path in built} >= {".html", ".js", ".css"}
    for path in [*built, *(path for path in SOURCES if path.is_file())]:
        assert not elsewhere(path.read_text("utf-8", "replace")), path


def test_there_are_no_pages_but_ours(api: Api) -> None:
    client = api.client()
    # The framework's pages of documentation load scripts from elsewhere; here is our own page, not built.
    for path in ("/redoc", "/docs/oauth2-redirect"):
        assert client.get(path).text.startswith("The dashboard is not built"), path
    for path in ("/openapi.json", "/docs"):
        assert not elsewhere(client.get(path).text)
