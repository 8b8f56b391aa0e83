"""The record of deeds, for administrators: browse it, take it away, and have its chain walked."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from clinician_api.administration import models
from clinician_api.administration.audit_data import row_view
from clinician_api.live.views import microseconds
from clinician_api.people.sessions import SessionDep
from clinician_api.services import ServicesDep
from clinician_api.web.cursors import CursorQuery, LimitQuery, read, written
from clinician_api.web.errors import responses
from clinician_api.web.times import Moment
from store.audit_browse import Wanted

router = APIRouter(tags=["record"])

_PATIENT: Final = re.compile(r"patient:([0-9]{1,9})", re.ASCII)
Word = Annotated[str | None, Query(max_length=200)]
Start = Annotated[Moment | None, Query(description="From then on, with zone")]
End = Annotated[Moment | None, Query(description="Before then, with zone")]
Kind = Annotated[
    Literal["all", "looks", "sign-ins", "deeds"],
    Query(description="Looks at patients, coming in and out, or the rest"),
]


def wanted(
    session: SessionDep, actor: Word = None, action: Word = None, subject: Word = None, kind: Kind = "all",
    start: Start = None, end: End = None,
) -> Wanted:  # fmt: skip
    """Which rows: always of the asker's clinic. `subject=patient:N` also finds rows that list them among others."""
    patient = _PATIENT.fullmatch(subject or "")
    number = min(int(patient[1]), 2**31 - 1) if patient else None
    return Wanted(
        session.scope.clinic_id if not session.scope.all_clinics else None, actor or None, action or None,
        None if patient else subject or None, number, None if kind == "all" else kind,
        None if start is None else microseconds(start), None if end is None else microseconds(end),
    )  # fmt: skip


WantedDep = Annotated[Wanted, Depends(wanted)]


@router.get("/api/audit", responses=responses(401, 403, 422, 503))
async def list_deeds(
    _session: SessionDep, services: ServicesDep, which: WantedDep, limit: LimitQuery = 100, cursor: CursorQuery = None
) -> models.Deeds:
    """Who did what, newest first: rows about something of the administrator's clinic, or all."""
    after = read(cursor, int)
    found = await services.data.audit.page(which, None if after is None else int(after[0]), limit + 1)
    rows = [row_view(row, which.clinic_id) for row in found[:limit]]
    more = written((found[limit - 1].event_id,)) if len(found) > limit else None
    return models.Deeds.model_validate({"rows": rows, "next": more})


@router.get("/api/audit/actions", responses=responses(401, 403, 503))
async def list_kinds_of_deeds(_session: SessionDep, services: ServicesDep) -> models.DeedKinds:
    """Every kind of deed there is in the record, for `action`."""
    return models.DeedKinds(actions=await services.data.audit.actions())


@router.get("/api/audit/export", response_class=StreamingResponse, responses={
    **responses(401, 403, 422, 503), 200: {"content": {
        "text/csv": {"schema": {"type": "string"}}, "application/x-ndjson": {"schema": {"type": "string"}},
    }},
})  # fmt: skip
async def export_deeds(
    session: SessionDep, services: ServicesDep, which: WantedDep,
    file: Annotated[Literal["csv", "ndjson"], Query(alias="format")] = "ndjson",
) -> StreamingResponse:  # fmt: skip
    """All those rows as a file, newest first, sent as they are read. That somebody took them is on record itself."""
    await services.data.audit.note_export(session.actor, services.clock.now_us())
    media = "text/csv; charset=utf-8" if file == "csv" else "application/x-ndjson"
    headers = {"content-disposition": f'attachment; filename="audit.{file}"'}
    return StreamingResponse(services.data.audit.export(which, as_csv=file == "csv"), media_type=media, headers=headers)


@router.get("/api/audit/chain", responses=responses(401, 403, 503))
async def get_chain(_session: SessionDep, services: ServicesDep) -> models.ChainView:
    """Up to which row, and when, the chain was last found whole; and how far a walk is that goes on."""
    return models.ChainView.model_validate(await services.data.audit.chain())


@router.post("/api/audit/verify", responses=responses(401, 403, 408, 413, 415, 503))
async def verify_chain(session: SessionDep, services: ServicesDep) -> models.ChainView:
    """Begin to walk the whole chain, unless somebody has; `GET /api/audit/chain` tells what came of it."""
    services.data.audit.walk(session.actor, services.clock)
    return models.ChainView.model_validate(await services.data.audit.chain())
