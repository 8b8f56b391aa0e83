"""What is written from the code for others to read: `python -m clinician_api.openapi`. A test compares.

`openapi.json` (HTTP), `docs/websocket.schema.json` (the socket), `docs/access.md` (who may what) and `docs/errors.md`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from clinician_api.access import ACROSS_CLINICS, MAY, ROUTES, Action, Role
from clinician_api.app import create_app
from clinician_api.data import Data
from clinician_api.live.messages import ClientMessage, ServerMessage
from clinician_api.settings import ApiOptions
from clinician_api.web import problems
from telemetry.clock import ManualClock

HERE = Path(__file__).parent
OPENAPI = HERE / "openapi.json"
SOCKET_SCHEMA = HERE.parent / "docs" / "websocket.schema.json"
ACCESS = HERE.parent / "docs" / "access.md"
ERRORS = HERE.parent / "docs" / "errors.md"

_ACCESS_HEAD = """# Who may what

Written by `python -m clinician_api.openapi` from `clinician_api/access.py`, which the application itself asks; a test
walks every route and the socket with every role of two clinics and with nobody (`tests/clinician_api/test_app.py`).

Everything is bounded by the clinic of the account: what belongs to another clinic does not exist (404, or left out).
Teams, duty and opened access widen or narrow that by patient (decision 43).
An account without a clinic sees all clinics if its role works across them, and nothing otherwise. A route that is not
in this table is closed to everybody.
"""


def openapi_text() -> str:
    """The description of the HTTP side."""
    options = ApiOptions(database_url="postgresql://")
    return _text(create_app(options, ManualClock(), Data(options)).openapi())


def socket_schema_text() -> str:
    """JSON schema (draft 2020-12) of what goes over the socket: `$defs/ServerMessage`, `$defs/ClientMessage`."""
    server: TypeAdapter[Any] = TypeAdapter(ServerMessage)
    schema = server.json_schema(mode="serialization", ref_template="#/$defs/{model}")
    client = ClientMessage.model_json_schema(ref_template="#/$defs/{model}")
    definitions = {**schema.pop("$defs"), **client.pop("$defs"), "ServerMessage": schema, "ClientMessage": client}
    return _text(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "homehd /ws",
            "anyOf": [{"$ref": "#/$defs/ServerMessage"}, {"$ref": "#/$defs/ClientMessage"}],
            "$defs": dict(sorted(definitions.items())),
        }
    )


def access_text() -> str:
    """Both matrices as Markdown: role × action, and route → action."""
    roles = _table(["", *Role], [[a, *(_mark(a in MAY[r]) for r in Role)] for a in Action])
    across = ", ".join(role for role in Role if role in ACROSS_CLINICS)
    routes = _table(
        ["route", "needs"],
        [[f"`{method} {path}`", needed or "nothing: open to everybody"] for (method, path), needed in ROUTES.items()],
    )
    return f"{_ACCESS_HEAD}\n## Roles\n\n{roles}\nAcross clinics: {across}.\n\n## Routes\n\n{routes}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)


def _mark(allowed: bool) -> str:
    return "yes" if allowed else "–"


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    OPENAPI.write_text(openapi_text(), "utf-8")
    SOCKET_SCHEMA.write_text(socket_schema_text(), "utf-8")
    ACCESS.write_text(access_text(), "utf-8")
    ERRORS.write_text(problems.text(), "utf-8")
