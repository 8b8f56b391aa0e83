"""What the routes share: one record, made by `create_app`, held on the application's state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

from argon2 import PasswordHasher
from fastapi import Depends
from starlette.requests import HTTPConnection

from clinician_api.access import Action, Scope, scope_of
from clinician_api.data import Data
from clinician_api.home.watch_board import WatchBoard
from clinician_api.live.hub import Hub
from clinician_api.live.pump import Pump
from clinician_api.live.room import Room
from clinician_api.live.screens import Screens
from clinician_api.live.sockets import SocketRegister
from clinician_api.metrics import Metrics
from clinician_api.people import whose
from clinician_api.people.looks import Looks, What
from clinician_api.people.refusals import Refusals, RefusedSignIn, Why
from clinician_api.people.sessions import Session, Sessions
from clinician_api.people.whose import ALL_SEEN, Seen, Whose
from clinician_api.settings import ApiOptions
from clinician_api.signin.hospital import Hospital
from clinician_api.signin.second_factor import SecondFactor
from clinician_api.teams.sight import Basis
from clinician_api.treatments.what_if import WhatIf
from clinician_api.web.addresses import Addresses
from clinician_api.web.rate_limit import SlidingWindow
from store.tenures import Tenure
from store.values import LATEST_US
from telemetry.clock import Clock


@dataclass(frozen=True, slots=True)
class Services:
    """Everything behind the routes. `receipts`: of words that are nobody's, by the address they come from.

    `tests`: of one's own channels, by person; `glasses`: that they break; `guests`: accounts they name for a team;
    `homes`: what they say from home; `fhir`: what they ask for there; `fhir_taken`: whole records.
    `addresses`: None where nobody can judge any, so none is taken. `hospital`: None where no provider is set up.
    """

    options: ApiOptions
    clock: Clock
    data: Data
    sessions: Sessions
    second_factor: SecondFactor
    hospital: Hospital | None
    room: Room
    hub: Hub
    pump: Pump
    sockets: SocketRegister
    screens: Screens
    watch: WatchBoard
    receipts: SlidingWindow
    tests: SlidingWindow
    glasses: SlidingWindow
    homes: SlidingWindow
    guests: SlidingWindow
    fhir: SlidingWindow
    fhir_taken: SlidingWindow
    addresses: Addresses | None
    metrics: Metrics
    what_if: WhatIf
    looks: Looks
    refusals: Refusals
    hasher: PasswordHasher


def services_of(connection: HTTPConnection) -> Services:
    """The services of the application that serves this request or socket."""
    services: Services = connection.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(services_of)]


@contextmanager
def noting_refusals(services: Services, address: str) -> Iterator[None]:
    """What is refused to somebody at this address who wants to come in will be on record."""
    try:
        yield
    except RefusedSignIn as refused:
        note_refusal(services, refused.why, refused.user_id, address)
        raise


def note_refusal(services: Services, why: Why, user_id: int | None, address: str) -> None:
    """Nobody was signed in, and why: it will be on record. `user_id`: whose account was asked for; None: nobody's."""
    clock = services.clock
    services.refusals.note(why, user_id, address, clock.now_us(), clock.monotonic_s())


def shut_out(services: Services, user_id: int) -> None:
    """A person's sessions have ended: nobody here trusts them, and their screens close now, not at the next look."""
    services.sockets.close_sessions(services.sessions.forget_person(user_id), "session ended")


async def learn_sights(services: Services) -> None:
    """Learn who sees whom now, and let open sockets tell it: a patient who came or went shows at once."""
    if not await services.data.teams.read_sights(services.clock.now_us()):
        return
    for token_hash in services.sockets.sessions():
        session = services.sessions.trusted(token_hash)
        if session is not None:
            services.sockets.see(token_hash, session.scope)


def scope_by(services: Services, session: Session, basis: Basis) -> Scope:
    """What a person would see by this alone: for what they may hand on or put their name to, not for what is shown."""
    book, now_us = services.data.teams.book, services.clock.now_us()
    sight = book.of_person(session.user_id, session.role, session.clinic_id, now_us, basis)
    return scope_of(session.role, session.clinic_id, sight)


async def seen_of_unit(
    services: Services, session: Session, unit: str, start_us: int, end_us: int
) -> tuple[int, Seen] | None:
    """The unit's number, and what of a span of it the session may be shown; None: nothing, or there is no such unit."""
    past = await services.data.past(unit)
    if past is None:
        return None
    home = services.room.entry(session.scope, unit) is not None
    found = whose.seen(past, start_us, end_us, home=home, sees=_sees(services, session, unit, stands=home))
    return (past.unit_id, found) if home or found.patients else None


async def seen_of_alert(services: Services, session: Session, unit: str) -> Seen:
    """Of an alert or a notice of a unit that the session is shown, what of its life may be told: nothing of the time in
    which the unit served somebody else before.
    """
    past = await services.data.past(unit)
    if past is None:
        return ALL_SEEN
    return whose.seen(past, 0, LATEST_US, home=True, sees=_sees(services, session, unit, stands=True))


def _sees(services: Services, session: Session, unit: str, *, stands: bool) -> Callable[[Tenure], bool]:
    def sees(tenure: Tenure) -> bool:
        owner = Whose(tenure.patient_id, tenure.clinic_id)
        return stands if tenure.stands else services.room.sees(session.scope, unit, owner)

    return sees


def note_owners(services: Services, session: Session, what: What, owners: Iterable[tuple[str, Whose]]) -> None:
    """As `note_look`, of things of units: those whose they are, where they are somebody's and the session sees them."""
    patients, units = [], []
    for unit, one in owners:
        if one.patient_id is not None and services.room.sees(session.scope, unit, one):
            patients.append(one.patient_id)
        else:
            # What is nobody's, and what lasts and was found before, is shown of whom the unit serves now.
            units.append(unit)
    note_look(services, session, what, units=units, patients=patients)


def note_seen(services: Services, session: Session, what: What, unit: str, seen: Seen) -> None:
    """As `note_look`, of a span of a unit: whose it is, and whom the unit serves now where some of it is nobody's."""
    note_look(services, session, what, units=[unit] if seen.of_nobody else [], patients=seen.patients)


def note_look(
    services: Services, session: Session, what: What, *, units: Iterable[str] = (), patients: Iterable[int | None] = ()
) -> None:
    """The session is shown these patients, and those whom these units serve now: it will be on record.

    Who is not told whom a unit serves has not looked at a patient.
    """
    if not session.scope.may(Action.SEE_PATIENTS):
        return
    entries = (services.room.entry(session.scope, unit) for unit in units)
    found = [*patients, *(entry.patient_id for entry in entries if entry is not None)]
    clock = services.clock
    services.looks.note(session.token_hash, session.actor, what, found, clock.now_us(), clock.monotonic_s())
