"""Puts the application together: services, guard, routes, and the tasks that live as long as it does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from argon2 import PasswordHasher
from fastapi import FastAPI

from clinician_api import description
from clinician_api.data import Data
from clinician_api.fhir.answers import Outcomes, Refusal, refused
from clinician_api.home.watch_board import WatchBoard
from clinician_api.live.feeds import Feeds
from clinician_api.live.hub import Hub
from clinician_api.live.messages import ClientMessage, ServerMessage
from clinician_api.live.pump import Pump
from clinician_api.live.room import Room
from clinician_api.live.screens import Screens
from clinician_api.live.sockets import SocketRegister
from clinician_api.metrics import Metrics
from clinician_api.people.looks import Looks
from clinician_api.people.refusals import Refusals
from clinician_api.people.sessions import ADDRESS_ATTEMPTS, WINDOW_S, Sessions
from clinician_api.routes import (
    alerts,
    audit,
    before,
    break_glass,
    channels,
    fhir,
    health,
    history,
    home,
    hospital,
    live,
    load,
    many_alerts,
    notes,
    notices,
    own_passkeys,
    own_sessions,
    pages,
    prescriptions,
    problems,
    proposals,
    receipts,
    reference,
    reviews,
    rota,
    rules,
    screens,
    second_step,
    selftest,
    session,
    shelves,
    sign_offs,
    signals,
    system,
    teams,
    timeline,
    treatments,
    trends,
    unit_admin,
    units,
    users,
    usual,
    what_if,
    who_looked,
)
from clinician_api.services import Services
from clinician_api.settings import ApiOptions
from clinician_api.signin.hospital import Hospital
from clinician_api.signin.second_factor import SecondFactor
from clinician_api.treatments.what_if import WhatIf
from clinician_api.web import errors
from clinician_api.web.addresses import Addresses
from clinician_api.web.conditional import Conditional
from clinician_api.web.guard import Guard
from clinician_api.web.rate_limit import SlidingWindow
from telemetry.clock import Clock

DESCRIPTION = (
    "What clinicians see and do. Sign in with `POST /api/session`; the cookie it sets is the session. A request that "
    "changes something must carry the `Origin` of our own page and a JSON body. Live data come over the WebSocket "
    "`/ws`, whose messages are the webhooks here. Times are UTC. An error is `application/problem+json` (RFC 9457); "
    "its kinds are in docs/errors.md. Below `/fhir` there is HL7 FHIR R4 to read, and errors are OperationOutcomes."
)


def create_app(
    options: ApiOptions,
    clock: Clock,
    data: Data,
    hasher: PasswordHasher | None = None,
    addresses: Addresses | None = None,
) -> FastAPI:
    """The application. Its lifespan opens `data` and starts the feeds.

    `hasher`: argon2 with other costs, for tests. `addresses`: judges those of channels; without it none is taken.
    """
    services = _services(options, clock, data, hasher, addresses)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        reference.made()
        async with Feeds(services):
            yield

    app = FastAPI(
        title="homehd clinician API", version="1", description=DESCRIPTION, lifespan=lifespan,
        # The framework's pages would load scripts from elsewhere, and it works the description out while screens wait.
        openapi_url=None, docs_url=None, redoc_url=None, generate_unique_id_function=lambda route: route.name,
    )  # fmt: skip
    app.state.services = services
    errors.install(app)
    app.add_exception_handler(Refusal, refused)
    app.add_middleware(Conditional)
    app.add_middleware(Guard, options=options)
    app.add_middleware(Outcomes)  # the outer one
    for part in (
        session, second_step, hospital, own_sessions, own_passkeys, units, history, timeline, treatments, usual, trends,
        reviews, sign_offs, what_if, prescriptions, proposals, who_looked, notes, alerts, many_alerts, before, shelves,
        notices, rota, load, screens, selftest, channels, teams, break_glass, users, audit, system, unit_admin, home,
        fhir, receipts, signals, rules, problems, reference, health, live, pages,
    ):  # fmt: skip
        app.include_router(part.router)
    _describe_socket(app)
    app.openapi = partial(_described, app)  # type: ignore[method-assign]
    return app


def _services(
    options: ApiOptions, clock: Clock, data: Data, hasher: PasswordHasher | None, addresses: Addresses | None
) -> Services:
    room = Room(clock.now_us())
    asked, taken = fhir.windows()
    hub, looks = Hub(room, options.heartbeat_s), Looks()
    return Services(
        options=options,
        clock=clock,
        data=data,
        sessions=Sessions(options, clock, data, hasher),
        second_factor=SecondFactor(frozenset(options.second_factor_roles), clock, data.sign_in),
        hospital=None
        if options.hospital is None
        else Hospital(options.hospital, clock, data.sign_in, hasher or PasswordHasher()),
        room=room,
        hub=hub,
        pump=Pump(hub),
        sockets=SocketRegister(),
        screens=Screens(),
        watch=WatchBoard(),
        # As many as wrong passwords.
        receipts=SlidingWindow(ADDRESS_ATTEMPTS, WINDOW_S),
        tests=SlidingWindow(channels.TESTS, channels.TESTS_WINDOW_S),
        glasses=SlidingWindow(break_glass.ATTEMPTS, break_glass.ATTEMPTS_WINDOW_S),
        homes=SlidingWindow(home.SAYINGS, home.SAYINGS_WINDOW_S),
        guests=SlidingWindow(teams.GUESSES, teams.GUESSES_WINDOW_S),
        fhir=asked,
        fhir_taken=taken,
        addresses=addresses,
        metrics=Metrics(),
        what_if=WhatIf(options.database_url),
        looks=looks,
        refusals=Refusals(looks.wait),
        hasher=hasher or PasswordHasher(),
    )


def _describe_socket(app: FastAPI) -> None:
    """The socket's messages as webhooks, so that the description and the types generated from it have them."""

    @app.webhooks.post("ws-from-server", tags=["live"], summary="Message from the server on /ws")
    def from_server(message: ServerMessage) -> None:
        """One of snapshot, readings, alert, status, page."""

    @app.webhooks.post("ws-from-client", tags=["live"], summary="Message from the client on /ws")
    def from_client(message: ClientMessage) -> None:
        """A subscription, or the receipt for a page."""


def _described(app: FastAPI) -> dict[str, Any]:
    """FastAPI's description, completed."""
    if app.openapi_schema is None:
        document = FastAPI.openapi(app)
        description.complete(document)
        app.openapi_schema = document
    return app.openapi_schema
