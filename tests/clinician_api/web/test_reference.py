"""The page of the description: every operation with who may, every body, no script, and nothing invented."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest

from clinician_api.access import MAY, ROUTES, Role
from clinician_api.routes.reference import OPENAPI
from clinician_api.web import reference

DOCUMENT: dict[str, Any] = json.loads(OPENAPI.read_text("utf-8"))
PAGE = reference.page(DOCUMENT)
VOID = {"meta", "link"}


class Seen(HTMLParser):
    """What is in a page; AssertionError where tags do not nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.open += [] if tag in VOID else [tag]
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if "href" in given else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def seen() -> Seen:
    found = Seen()
    found.feed(PAGE)
    assert found.open == []
    return found


def test_every_operation_and_body_is_in_it_once_and_every_link_leads_somewhere(seen: Seen) -> None:
    operations = [one["operationId"] for path in DOCUMENT["paths"].values() for one in path.values()]
    assert set(operations) < set(seen.ids) and len(set(seen.ids)) == len(seen.ids)
    assert {f"body-{name}" for name in DOCUMENT["components"]["schemas"]} < set(seen.ids)
    inner = {link.removeprefix("#") for link in seen.links if link.startswith("#")}
    assert inner <= set(seen.ids)
    assert {link for link in seen.links if not link.startswith("#")} == {"openapi.json", "docs.css"}


def test_it_needs_no_script_and_no_style_of_its_own(seen: Seen) -> None:
    assert not seen.tags & {"script", "style", "img", "iframe"} and "style=" not in PAGE


def test_who_may_is_what_the_application_asks() -> None:
    assert reference.who_may("GET", "/healthz") == "everybody, without a session"
    for (method, path), needed in ROUTES.items():
        if needed is not None:
            said = reference.who_may(method, path).split(", ")
            assert [role for role in Role if needed in MAY[role]] == said, path


def test_what_is_said_is_escaped_and_bounds_are_told() -> None:
    assert reference.kind({"type": "string", "maxLength": 5, "pattern": "^<b>$"}) == (
        "string, at most <code>5</code> characters, as <code>^&lt;b&gt;$</code>"
    )
    assert reference.kind({"anyOf": [{"$ref": "#/components/schemas/Unit"}, {"type": "null"}]}) == (
        '<a href="#body-Unit">Unit</a> or null'
    )
    assert reference.kind({"type": "array", "items": {"enum": ["a", "b"]}}) == (
        "list of <code>a</code> | <code>b</code>"
    )
