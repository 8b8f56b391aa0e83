"""The patient's own page: what it shows, and what is said from home.

It is asked for every few seconds rather than told over a socket: over a line that comes and goes a question starts anew
by itself, and each answer is whole (decision 68).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from fastapi import APIRouter

from clinician_api.home import models
from clinician_api.home.home_data import By
from clinician_api.home.views import home_view, nobodys
from clinician_api.live.views import microseconds, moment
from clinician_api.people.sessions import Session, SessionDep
from clinician_api.routes.alerts import AlertPath, check_saved, told
from clinician_api.routes.treatments import NumberPath
from clinician_api.services import Services, ServicesDep, learn_sights, shut_out
from clinician_api.web.errors import ApiError, responses
from clinician_api.web.rate_limit import admit
from telemetry.treatment import Phase

router = APIRouter(tags=["home"])

# Somebody who is afraid presses often; a script that presses in a loop does not get through.
SAYINGS, SAYINGS_WINDOW_S = 60, 300.0
BACK: Final = timedelta(hours=12)
SOON: Final = timedelta(minutes=5)
# What a reading says of the phase holds for so long; after that nobody knows it.
PHASE_HOLDS_S: Final = 60.0
_SPOKEN: Final = responses(401, 403, 408, 409, 413, 415, 422, 429, 503)


@router.get("/api/home", responses=responses(401, 403, 503))
async def get_home(session: SessionDep, services: ServicesDep) -> models.Home:
    """The patient's own treatment as it is now, who sees it, and whom to call."""
    home, alarms = await services.data.homes.home(session.user_id)
    clock = services.clock
    now_us, now_s = clock.now_us(), clock.monotonic_s()
    if home is None:
        return models.Home.model_validate(nobodys(now_us))
    watching = [] if home.unit is None else services.watch.watching(home.unit, now_s)
    view = home_view(home, services.room, session.scope, alarms, watching, (now_us, now_s))
    return models.Home.model_validate(view)


@router.post("/api/home/help", responses=_SPOKEN)
async def ask_for_help(request: models.AskForHelp, session: SessionDep, services: ServicesDep) -> models.HelpAsked:
    """Raise an alert of the patient's own, whose priority follows the machine's phase; people are asked as for any.

    While it stands a further press is the same call; one that somebody has seen already is asked about anew.
    """
    by = _by(request, session, services)
    number, done = await services.data.homes.ask_for_help(by, _phase(session, services))
    await told(str(number), session, services)
    return models.HelpAsked(alert_id=str(number), done=done)


@router.post("/api/home/helped", responses=_SPOKEN)
async def end_help(request: models.AskForHelp, session: SessionDep, services: ServicesDep) -> models.Heard:
    """The patient has had help, or needs none. A call that nobody has seen yet stays until somebody has."""
    return models.Heard(done=await services.data.homes.end_help(_by(request, session, services)))


@router.post("/api/home/alerts/{alert_id}/handling", responses=_SPOKEN)
async def handle_alert(
    alert_id: AlertPath, request: models.AskForHelp, session: SessionDep, services: ServicesDep
) -> models.Heard:
    """Somebody at home is dealing with it: clinicians see that. It silences nothing, and nobody is asked less."""
    by = _by(request, session, services)
    number = int(alert_id) if alert_id.isdigit() and len(alert_id) < 19 else -1
    return models.Heard(done=await services.data.homes.handle(by, number))


@router.post("/api/home/symptoms", responses=_SPOKEN)
async def tell_symptom(request: models.TellSymptom, session: SessionDep, services: ServicesDep) -> models.Heard:
    """How the patient feels: on the time line of their treatment, and for the rules that ask for it."""
    now = moment(services.clock.now_us())
    at = now if request.at is None else min(request.at, now)
    if at < now - BACK or (request.at is not None and request.at > now + SOON):
        hint = "not more than 12 hours ago, and nothing that is to come"
        raise ApiError(422, "no time to write about", where="body.at", hint=hint)
    words = request.words.strip()
    text = f"{request.what}: {words}" if words else request.what
    by = _by(request, session, services)
    return models.Heard(done=await services.data.homes.tell_symptom(by, microseconds(at), text))


@router.post("/api/alerts/{alert_id}/helped", responses=responses(401, 403, 404, 408, 409, 413, 415, 422, 503))
async def end_help_of_patient(alert_id: AlertPath, session: SessionDep, services: ServicesDep) -> models.Helped:
    """The patient who asked for help has had it: the call is over. 409 while nobody has seen it, or when it is none."""
    await check_saved(alert_id, session, services)
    done = await services.data.homes.helped(int(alert_id), session.user_id, services.clock.now_us())
    current = await told(alert_id, session, services)
    if not done:
        hint = "a call from home that somebody has accepted or acknowledged, and that lasts"
        raise ApiError(409, "no call that could be ended", where=alert_id, hint=hint, current=current)
    return models.Helped.model_validate({"alert": current})


@router.post("/api/users/{user_id}/patient", responses=responses(401, 403, 404, 408, 409, 413, 415, 422, 503))
async def open_home(
    user_id: NumberPath, request: models.OpenHome, session: SessionDep, services: ServicesDep
) -> models.HomeOpened:
    """Whose treatment the account of a person at home is shown, from now on; open pages go by it at once."""
    number = int(user_id) if len(user_id) < 10 else -1
    now_us = services.clock.now_us()
    patient = await services.data.homes.connect(session.user_id, session.scope.clinic_id, number, request.unit, now_us)
    await learn_sights(services)
    shut_out(services, number)
    return models.HomeOpened(patient=patient)


def _by(request: models.Said, session: Session, services: Services) -> By:
    admit(services.homes, str(session.user_id), services.clock.monotonic_s())
    return By(session.user_id, services.clock.now_us(), request.said)


def _phase(session: Session, services: Services) -> Phase:
    """In which phase the patient's machine is, by a reading that is not old; UNKNOWN where nobody can say."""
    (patient_id,) = session.scope.sight.patients or (None,)
    unit = None if patient_id is None else services.room.unit_of(patient_id)
    held = None if unit is None else services.room.readings.get(unit)
    if held is None or services.clock.now_us() - held.received_us > PHASE_HOLDS_S * 1e6:
        return Phase.UNKNOWN
    return Phase[held.view["phase"]]
