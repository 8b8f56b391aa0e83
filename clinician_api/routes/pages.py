"""The built dashboard: files as they are, and its page for every path that is none of the API's."""

from __future__ import annotations

import re
from mimetypes import guess_type
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, PlainTextResponse, RedirectResponse, Response

from clinician_api.services import ServicesDep
from clinician_api.web.conditional import is_known
from clinician_api.web.errors import ApiError

router = APIRouter(include_in_schema=False)

NOT_BUILT: Final = (
    "The dashboard is not built, so there is no page to show; the API itself works (see /openapi.json).\n\n"
    "In a source checkout:   ./run setup   or   cd dashboard && npm ci && npm run build\n"
    "Installed with pip:     install the wheel again, it carries the pages.\n"
)
_REFUSED: Final = re.compile(r";q=0(\.0*)?$")
_DELIVERY: Final = re.compile(r"deliveries/[0-9]{1,18}")
_RESERVED: Final = ("api", "ws", "healthz", "metrics", "openapi.json", "problems", "fhir")


@router.get("/{path:path}")
async def page(path: str, request: Request, services: ServicesDep) -> Response:
    """A file of the build, or the page itself, whose own router shows what the path means."""
    if path.split("/", 1)[0] in _RESERVED:
        hint = "GET /openapi.json lists them"
        raise ApiError(404, "no such route", where="/" + path[:200], hint=hint, kind="no-such-route")
    # The link in a page to people, to the dashboard's own address of it; relative, for whatever path we are under.
    if delivery := _DELIVERY.fullmatch(path):
        return RedirectResponse(f"../#/{delivery[0]}", 303)
    root = services.options.static_dir
    file = _inside(root, path)
    if file is not None:
        # Vite puts a hash of the content into the names below assets/.
        forever = path.startswith("assets/")
        return _file(file, request, "public, max-age=31536000, immutable" if forever else "no-cache")
    index = _inside(root, "index.html")
    if index is None:
        return PlainTextResponse(NOT_BUILT, 503)
    if path.startswith("assets/"):
        raise ApiError(404, "no such file", where="/" + path[:200])
    return _file(index, request, "no-cache")


def _file(file: Path, request: Request, cached: str) -> Response:
    headers, sent = {"cache-control": cached}, file
    packed = file.with_name(file.name + ".gz")
    if packed.is_file():
        headers["vary"] = "accept-encoding"
        if _takes_gzip(request.headers.get("accept-encoding", "")):
            headers["content-encoding"], sent = "gzip", packed
    kind, _ = guess_type(file.name)
    found = FileResponse(sent, headers=headers, stat_result=sent.stat(), media_type=kind)
    if is_known(request.headers.get("if-none-match"), found.headers["etag"]):
        return Response(status_code=304, headers={"etag": found.headers["etag"], **headers})
    return found


def _takes_gzip(accepted: str) -> bool:
    words = [word.strip().lower().replace(" ", "") for word in accepted.split(",")]
    return any(word.partition(";")[0] == "gzip" and not _REFUSED.search(word) for word in words)


def _inside(root: Path, path: str) -> Path | None:
    """The file below `root`, or None: no way leads out of it."""
    if not path or "\0" in path:
        return None
    try:
        file = (root / path).resolve()
        return file if file.is_file() and file.is_relative_to(root.resolve()) else None
    except (OSError, ValueError):
        return None
