"""Our description, for programs and for people: made once, and sent as it is.

`openapi.json` is the file beside this package, which a test compares with what the routes say: working it out takes
seconds of the loop that tells the screens.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response

from clinician_api.web import reference
from clinician_api.web.conditional import tag_of

router = APIRouter(include_in_schema=False)

OPENAPI = Path(__file__).parents[1] / "openapi.json"


@dataclass(frozen=True, slots=True)
class Made:
    """An answer that is always the same."""

    content: bytes
    media: str
    tag: str


@cache
def made() -> tuple[Made, Made]:
    """The description as JSON and as a page. Asked for when the application starts, so that nobody waits for it."""
    document = json.loads(OPENAPI.read_bytes())
    compact = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    page = reference.page(document).encode()
    return (
        Made(compact, "application/json", tag_of(compact)),
        Made(page, "text/html; charset=utf-8", tag_of(page)),
    )


@router.get("/openapi.json")
async def openapi_json() -> Response:
    """The description, OpenAPI 3.1."""
    return _answer(made()[0])


@router.get("/docs")
async def docs_page() -> Response:
    """The same to read."""
    return _answer(made()[1])


def _answer(one: Made) -> Response:
    return Response(one.content, media_type=one.media, headers={"etag": one.tag})
