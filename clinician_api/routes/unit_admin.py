"""Units for those who run them: how each box is, whom it serves, retire it; and new patients."""

from __future__ import annotations

from fastapi import APIRouter, Response

from clinician_api.access import Action
from clinician_api.administration import unit_models as models
from clinician_api.administration import unit_view
from clinician_api.administration.unit_data import Whole
from clinician_api.administration.user_data import By
from clinician_api.live.views import moment
from clinician_api.people.looks import What
from clinician_api.people.sessions import Session, SessionDep
from clinician_api.routes.units import UnitPath
from clinician_api.services import Services, ServicesDep, note_look
from clinician_api.web import cursors
from clinician_api.web.conditional import IfMatch
from clinician_api.web.cursors import CursorQuery, LimitQuery, read
from clinician_api.web.errors import responses
from store.unit_admin import MOST

router = APIRouter(tags=["installations"], prefix="/api/administration")

_CHANGES = responses(401, 403, 404, 408, 409, 412, 413, 415, 422, 503)


@router.get("/units", responses=responses(401, 403, 422, 503))
async def list_installations(
    session: SessionDep, services: ServicesDep, limit: LimitQuery = 100, cursor: CursorQuery = None
) -> models.Installations:
    """Units with how their boxes are, the worst first; retired ones last."""
    now_us = services.clock.now_us()
    found = await services.data.installations.listed(session.scope, now_us)
    some, more = cursors.part(
        found, lambda unit: (unit_view.rank(unit, now_us), unit.name), read(cursor, int, str), limit
    )
    note_look(services, session, What.WALL, patients=[unit.patient_id for unit in some])
    names = session.scope.may(Action.SEE_PATIENTS)
    views = [unit_view.view(unit, now_us, names=names) for unit in some]
    return models.Installations.model_validate({"server_time": moment(now_us), "units": views, "next": more})


@router.get("/units/{unit}", responses=responses(401, 403, 404, 422, 503))
async def get_installation(
    unit: UnitPath, session: SessionDep, services: ServicesDep, response: Response
) -> models.InstallationAnswer:
    """One unit, whom it served, its settings; 404 also when it is of another clinic."""
    found = await services.data.installations.whole(session.scope, unit, services.clock.now_us())
    return _answer(found, session, services, response)


@router.post("/units/{unit}/bind", responses=_CHANGES)
async def bind_patient(
    unit: UnitPath, request: models.BindPatient, session: SessionDep, services: ServicesDep, response: Response,
    if_match: IfMatch = None,
) -> models.InstallationAnswer:  # fmt: skip
    """The unit serves this patient from now on. 409 while either is bound, and during a treatment unless confirmed."""
    by, number = _by(session, services, if_match), int(request.patient_id)
    found = await services.data.installations.bind(by, unit, number, confirmed=request.confirmed)
    return _answer(found, session, services, response)


@router.post("/units/{unit}/unbind", responses=_CHANGES)
async def unbind_patient(
    unit: UnitPath, request: models.Confirmed, session: SessionDep, services: ServicesDep, response: Response,
    if_match: IfMatch = None,
) -> models.InstallationAnswer:  # fmt: skip
    """The unit serves nobody from now on; 409 during a treatment, unless confirmed."""
    by = _by(session, services, if_match)
    found = await services.data.installations.unbind(by, unit, confirmed=request.confirmed)
    return _answer(found, session, services, response)


@router.post("/units/{unit}/retire", responses=_CHANGES)
async def retire_unit(
    unit: UnitPath, request: models.Confirmed, session: SessionDep, services: ServicesDep, response: Response,
    if_match: IfMatch = None,
) -> models.InstallationAnswer:  # fmt: skip
    """Nothing of the unit is taken any more, for good, as by `homehd units revoke`; 409 during a treatment, too."""
    by = _by(session, services, if_match)
    found = await services.data.installations.retire(by, unit, confirmed=request.confirmed)
    return _answer(found, session, services, response)


@router.post("/patients", responses=responses(401, 403, 408, 413, 415, 422, 503))
async def make_patient(request: models.NewPatient, session: SessionDep, services: ServicesDep) -> models.PatientAdded:
    """A new patient, whom no unit serves yet and for whom nothing is prescribed."""
    made = await services.data.installations.add_patient(_by(session, services), request.name, request.clinic)
    body = {"patient_id": str(made), "name": request.name, "clinic": request.clinic}
    return models.PatientAdded.model_validate(body)


def _by(session: Session, services: Services, if_match: str | None = None) -> By:
    return By(session.user_id, services.clock.now_us(), if_match)


def _answer(found: Whole, session: Session, services: Services, response: Response) -> models.InstallationAnswer:
    now_us = services.clock.now_us()
    names = session.scope.may(Action.SEE_PATIENTS)
    changes = session.scope.may(Action.CHANGE_INSTALLATIONS)
    # Whoever is not shown names picks nobody by one.
    free = found.free if changes and names else []
    bindings, some = found.bindings[:MOST], free[:MOST]
    shown = [found.unit.patient_id, *(one.patient_id for one in bindings), *(number for number, _ in some)]
    note_look(services, session, What.PAGE, patients=shown)
    response.headers["ETag"] = unit_view.tag(found.unit)
    return models.InstallationAnswer.model_validate({
        "server_time": moment(now_us),
        "unit": unit_view.view(found.unit, now_us, names=names),
        "bindings": [unit_view.binding_view(one, names=names) for one in bindings],
        "bindings_beyond": len(found.bindings) > MOST,
        "settings": [unit_view.settings_view(one) for one in found.settings],
        "free_patients": [{"patient_id": str(number), "name": name} for number, name in some],
        "free_beyond": len(free) > MOST,
        "changeable": changes,
    })  # fmt: skip
