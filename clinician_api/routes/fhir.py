"""`/fhir`: what is on record of a patient as HL7 FHIR R4, to read. Without names unless they are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response, StreamingResponse

from clinician_api.access import Action
from clinician_api.fhir.answers import (
    JSON,
    NDJSON,
    Refusal,
    base_of,
    check_format,
    declared,
    is_strict,
    tagged,
    written,
)
from clinician_api.fhir.fhir_data import NEEDS, SOURCES
from clinician_api.fhir.looking import MAX_NUMBER, Key, Looking, number
from clinician_api.live.views import microseconds
from clinician_api.people.looks import What
from clinician_api.people.sessions import Session, SessionDep
from clinician_api.services import Services, ServicesDep, note_look
from clinician_api.web import cursors
from clinician_api.web.errors import ApiError
from clinician_api.web.rate_limit import SlidingWindow, admit
from interop.fhir import bundle
from interop.fhir.capability import capability_statement
from interop.fhir.datatypes import Json, instant
from interop.fhir.outcomes import joined, outcome
from interop.fhir.parameters import COUNT, NAMES, OF_NOBODY, OF_THE_ANSWER, PAGE, PARAMETERS, Parameter
from interop.fhir.search import Asked, Misread, read

router = APIRouter(tags=["fhir"])

COUNT_DEFAULT, COUNT_MOST = 20, 100
# A program that follows pages asks a few times a second; a record taken away whole is read from end to end for it.
ASKED, TAKEN, WINDOW_S = 1200, 60, 300.0

_DESCRIBED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {JSON: {"schema": {"$ref": "#/components/schemas/FhirResource"}}}},
    **{status: declared(status) for status in (400, 401, 403, 404, 406, 422, 429, 503)},
}
_NAMES_PARAMETER: Final = {
    "name": NAMES, "in": "query", "required": False, "schema": {"type": "boolean"},
    "description": "Names of the patient and of staff, and what staff typed; on record as such",
}  # fmt: skip
Kind = Annotated[
    str, Path(description="A type of resource", json_schema_extra={"enum": list(PARAMETERS)}, examples=["Patient"])
]
Id = Annotated[str, Path(description="`[A-Za-z0-9.-]{1,64}`; anything else is nothing's", examples=["1"])]


def _described() -> list[dict[str, Any]]:
    """The parameters of a search, of all types, for the description."""
    by_name: dict[str, list[str]] = {}
    sorts: dict[str, Parameter] = {}
    for kind, some in PARAMETERS.items():
        for one in some:
            by_name.setdefault(one.name, []).append(kind)
            sorts[one.name] = one
    found: list[dict[str, Any]] = [
        {
            "name": name, "in": "query", "required": False, "schema": {"type": "string"},
            "description": f"{sorts[name].sort}; of {', '.join(kinds)}",
        }
        for name, kinds in by_name.items()
    ]  # fmt: skip
    count = {"type": "integer", "minimum": 1, "default": COUNT_DEFAULT}
    return [
        *found,
        {
            "name": COUNT, "in": "query", "required": False, "schema": count,
            "description": f"At most so many, and {COUNT_MOST}",
        },
        _NAMES_PARAMETER,
    ]  # fmt: skip


def windows() -> tuple[SlidingWindow, SlidingWindow]:
    """How often a person may ask, and take a whole record away."""
    return SlidingWindow(ASKED, WINDOW_S), SlidingWindow(TAKEN, WINDOW_S)


@router.get("/fhir/metadata", responses={200: _DESCRIBED[200], 406: declared(406)})
async def fhir_metadata(request: Request, services: ServicesDep) -> Response:
    """The CapabilityStatement: which types there are, and what can be asked of them."""
    check_format(request)
    made = capability_statement(base_of(request, services.options), version("homehd"))
    return tagged(bundle.stamped(made), request)


@router.get("/fhir/Procedure/{treatment_id}/$export", response_class=StreamingResponse, responses={
    **_DESCRIBED, 200: {"content": {NDJSON: {"schema": {"type": "string"}}}},
}, openapi_extra={"parameters": [_NAMES_PARAMETER]})  # fmt: skip
async def fhir_export(treatment_id: Id, request: Request, session: SessionDep, services: ServicesDep) -> Response:
    """Everything of a treatment, one resource a line, as `homehd export fhir` has it."""
    admit(services.fhir_taken, session.actor, services.clock.monotonic_s())
    looking = _looking(Asked("Procedure", ()), request, session, services)
    which = number(treatment_id)
    found = None if which is None else await services.data.fhir.treatment(looking, which)
    if found is None:
        raise _nothing()
    made, patient_id = found
    _note(services, session, looking, [patient_id])
    headers = {"content-disposition": f'attachment; filename="treatment-{which}.ndjson"'}
    return StreamingResponse(bundle.lines(made), media_type=NDJSON, headers=headers)


@router.get(
    "/fhir/Patient/{patient_id}/$summary", responses=_DESCRIBED, openapi_extra={"parameters": [_NAMES_PARAMETER]}
)
async def fhir_summary(patient_id: Id, request: Request, session: SessionDep, services: ServicesDep) -> Response:
    """A referral: a document with prescription, last treatments and alerts, in codes and in words."""
    check_format(request)
    admit(services.fhir_taken, session.actor, services.clock.monotonic_s())
    looking = _looking(Asked("Patient", ()), request, session, services)
    whose = number(patient_id, MAX_NUMBER)
    made = None if whose is None else await services.data.fhir.referral(looking, whose, uuid4())
    if made is None:
        raise _nothing()
    _note(services, session, looking, [whose])
    return written(made)


@router.get("/fhir/{kind}", responses=_DESCRIBED, openapi_extra={"parameters": _described()})
async def fhir_search(kind: Kind, request: Request, session: SessionDep, services: ServicesDep) -> Response:
    """A search: a Bundle of type searchset, newest first. Unknown parameters: see its `self` link."""
    check_format(request)
    admit(services.fhir, session.actor, services.clock.monotonic_s())
    _check(kind, session)
    asked = _read(kind, request)
    looking = _looking(asked, request, session, services)
    page = await services.data.fhir.page(looking, _count(request), services.clock)
    # Who asked about somebody has looked, also where nothing was found; of whom they see.
    about = [one for text in looking.places("Patient", "patient", "subject") if (one := number(text, MAX_NUMBER))]
    seen = await services.data.fhir.seen(looking, about)
    _note(services, session, looking, [*page.patients, *seen])
    base = base_of(request, services.options)
    understood = [(name, value) for name, value in request.query_params.multi_items() if name not in asked.unknown]
    following = None if page.following is None else _link(base, kind, understood, page.following)
    said = joined([*_left_aside(asked), *_missing(kind, services)])
    return written(bundle.searchset(base, page.resources, _link(base, kind, understood), following, said))


@router.get(
    "/fhir/{kind}/{resource_id}", responses={**_DESCRIBED, 304: {"description": "As it was"}},
    openapi_extra={"parameters": [_NAMES_PARAMETER]},
)  # fmt: skip
async def fhir_read(
    kind: Kind, resource_id: Id, request: Request, session: SessionDep, services: ServicesDep
) -> Response:
    """One resource. Its `ETag` is of its content; 304 to who has it (`If-None-Match`, `If-Modified-Since`)."""
    check_format(request)
    admit(services.fhir, session.actor, services.clock.monotonic_s())
    _check(kind, session)
    if "," in resource_id or not resource_id:
        raise _nothing()
    try:
        looking = _looking(read(kind, [("_id", resource_id)]), request, session, services)
    except Misread:
        raise _nothing() from None
    page = await services.data.fhir.page(looking, 1, services.clock)
    if not page.resources:
        raise _nothing()
    _note(services, session, looking, page.patients)
    return tagged(page.resources[0], request)


def _looking(asked: Asked, request: Request, session: Session, services: Services) -> Looking:
    return Looking(
        asked, session.scope, _names(request, session), _after(request), services.clock.now_us(), services.data.title,
        version("homehd"),
    )  # fmt: skip


def _check(kind: str, session: Session) -> None:
    if kind not in SOURCES:
        raise Refusal(404, f"no such type here; GET /fhir/metadata lists {', '.join(SOURCES)}", code="not-supported")
    if not session.scope.may(NEEDS[kind]):
        raise Refusal(403, f"not for this role: {session.role}")


def _read(kind: str, request: Request) -> Asked:
    pairs = [pair for pair in request.query_params.multi_items() if pair[0] not in OF_THE_ANSWER]
    try:
        asked = read(kind, pairs)
    except Misread as error:
        raise Refusal(400, f"{error.parameter}: {error}", error.parameter) from error
    if asked.unknown and is_strict(request):
        raise Refusal(400, f"not known here: {', '.join(asked.unknown[:10])}", asked.unknown[0], "not-supported")
    return asked


def _left_aside(asked: Asked) -> list[Json]:
    left = ", ".join(asked.unknown[:10])
    return [outcome("warning", "not-supported", f"not known here and left aside: {left}")] if left else []


def _missing(kind: str, services: Services) -> list[Json]:
    """That nothing new is stored: whoever finds no alert then has not found that there is none."""
    ingest = services.room.links()["ingest"]
    if kind in OF_NOBODY or ingest["alive"]:
        return []
    since = instant(microseconds(ingest["since"]))
    return [outcome("warning", "incomplete", f"what happened since {since} may be missing: ingest {ingest['reason']}")]


def _names(request: Request, session: Session) -> bool:
    asked = request.query_params.get(NAMES, "false")
    if asked not in ("true", "false"):
        raise Refusal(400, "names: true or false", NAMES)
    if asked == "true" and not session.scope.may(Action.SEE_PATIENTS):
        raise Refusal(403, "names are not for this role", NAMES)
    return asked == "true"


def _count(request: Request) -> int:
    asked = number(request.query_params.get(COUNT, str(COUNT_DEFAULT)))
    if not asked:
        raise Refusal(400, f"{COUNT}: a number from 1 on; nothing is counted without being looked for", COUNT)
    return min(asked, COUNT_MOST)


def _after(request: Request) -> Key | None:
    cursor = request.query_params.get(PAGE)
    try:
        if cursor is not None and len(cursor) > cursors.MAX_CURSOR:
            raise Refusal(400, f"{PAGE}: take the next link of the answer before", PAGE)
        found = cursors.read(cursor, int, int, int)
    except ApiError as error:
        raise Refusal(400, f"{PAGE}: take the next link of the answer before", PAGE) from error
    return None if found is None else (int(found[0]), int(found[1]), int(found[2]))


def _link(base: str, kind: str, understood: Iterable[tuple[str, str]], following: Key | None = None) -> str:
    pairs = [pair for pair in understood if following is None or pair[0] != PAGE]
    pairs += [] if following is None else [(PAGE, cursors.written(following))]
    # What no text can hold arrives as lone surrogates.
    query = urlencode(pairs, errors="replace")
    return f"{base}/{kind}" + (f"?{query}" if query else "")


def _nothing() -> Refusal:
    return Refusal(404, "nothing of that id, or nothing that this account may see")


def _note(services: Services, session: Session, looking: Looking, patients: Iterable[int | None]) -> None:
    note_look(services, session, What.FHIR_NAMES if looking.names else What.FHIR, patients=patients)
