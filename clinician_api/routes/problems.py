"""What the type of an error says when it is asked for."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from clinician_api.web import models
from clinician_api.web.errors import ApiError, responses
from clinician_api.web.problems import BY_NAME

router = APIRouter(tags=["errors"])

NamePath = Annotated[str, Path(pattern=r"^[a-z][a-z-]{1,39}$", description="Kind of error", examples=["not-found"])]


@router.get("/problems/{name}", responses=responses(404, 422))
async def get_problem_kind(name: NamePath) -> models.ProblemKind:
    """One kind of error: when it is answered, and what to do about it. All of them are in docs/errors.md."""
    kind = BY_NAME.get(name)
    if kind is None:
        raise ApiError(404, "no such kind of error", where=name, hint="docs/errors.md lists them")
    return models.ProblemKind(
        type=kind.type, title=kind.title, status=kind.status, meaning=kind.meaning, remedy=kind.remedy
    )
