"""What the routes share: one record, made by `create_app`, held on the application's state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from clinician_api.addresses import Addresses
from clinician_api.data import Data
from clinician_api.live import Hub
from clinician_api.metrics import Metrics
from clinician_api.pump import Pump
from clinician_api.rate_limit import SlidingWindow
from clinician_api.room import Room
from clinician_api.screens import Screens
from clinician_api.sessions import Sessions
from clinician_api.settings import ApiOptions
from clinician_api.sockets import SocketRegister
from clinician_api.what_if import WhatIf
from telemetry.clock import Clock


@dataclass(frozen=True, slots=True)
class Services:
    """Everything behind the routes. `receipts`: of words that are nobody's, by the address they come from.

    `tests`: of one's own channels, by person. `addresses`: None where nobody can judge any, so none is taken.
    """

    options: ApiOptions
    clock: Clock
    data: Data
    sessions: Sessions
    room: Room
    hub: Hub
    pump: Pump
    sockets: SocketRegister
    screens: Screens
    receipts: SlidingWindow
    tests: SlidingWindow
    addresses: Addresses | None
    metrics: Metrics
    what_if: WhatIf


def services_of(connection: HTTPConnection) -> Services:
    """The services of the application that serves this request or socket."""
    services: Services = connection.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(services_of)]
