"""What devices say of messages they got: no session, the word in the message is the permission."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request

from alerts.delivery import DeliveryState
from clinician_api.alerting import models
from clinician_api.services import ServicesDep
from clinician_api.web.errors import ApiError, responses
from clinician_api.web.guard import client_address
from clinician_api.web.rate_limit import admit

router = APIRouter(tags=["notices"])

ReceiptPath = Annotated[
    str, Path(pattern=r"^[0-9a-f]{32}$", description="The word that came with the message", examples=["0" * 32])
]


@router.post("/api/receipts/{receipt}", status_code=204, responses=responses(403, 404, 408, 413, 415, 422, 429, 503))
async def receive(receipt: ReceiptPath, said: models.ReceiptState, request: Request, services: ServicesDep) -> None:
    """A device has a message, or somebody opened it there. Said again, or out of order, it changes nothing.

    It accepts nothing: that takes a session. 404 for a word that is nobody's; 429 after many of those.
    """
    address, now_s = client_address(request, services.options.proxies), services.clock.monotonic_s()
    admit(services.receipts, address, now_s)
    if not await services.data.notices.device_said(receipt, DeliveryState(said.state)):
        raise ApiError(404, "no such message", hint="the receipt is nobody's")
    services.receipts.give_back(address)
