"""The HTTPS door: a box fetches the authority's certificate, checks its fingerprint, and enrols with its code.

Nothing of a request is ever logged or echoed: a code is a secret until it is used.
"""

from __future__ import annotations

import logging
import math
from typing import Final

import msgspec
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, Response
from starlette.requests import ClientDisconnect

from registrar.attempts import NONSENSE_LIMIT, NONSENSE_WINDOW_S, Attempts, in_words
from registrar.decisions import TEXTS, Refusal
from registrar.desk import Desk
from registrar.issuing import Refused
from registrar.metrics import Metrics
from telemetry import enrolment
from telemetry.clock import Clock
from telemetry.enrolment import EnrolmentAnswer, EnrolmentRefusal, EnrolmentRequest
from telemetry.errors import HomehdError

log = logging.getLogger(__name__)

# A code of 80 characters and a request of 0.3 kB.
MAX_BODY: Final = 8 * 1024
STATUS: Final[dict[Refusal, int]] = {
    Refusal.UNKNOWN_CODE: 403,
    Refusal.EXPIRED_CODE: 410,
    Refusal.USED_CODE: 409,
    Refusal.WITHDRAWN_CODE: 410,
    Refusal.REVOKED: 403,
    Refusal.KEY_USED: 409,
    Refusal.TOO_MANY: 429,
    Refusal.BAD_REQUEST: 422,
}
# What a stranger may send; somebody who has a code has shown that he is none.
_STRANGERS: Final = frozenset({Refusal.UNKNOWN_CODE, Refusal.BAD_REQUEST})
_decoder: Final = msgspec.json.Decoder(EnrolmentRequest)


def create_app(desk: Desk, clock: Clock, metrics: Metrics) -> FastAPI:
    """The application: two paths, no documentation pages."""
    app = FastAPI(title="homehd registrar", docs_url=None, redoc_url=None, openapi_url=None)
    wrong = Attempts()
    nonsense = Attempts(NONSENSE_LIMIT, NONSENSE_WINDOW_S)

    @app.get(enrolment.AUTHORITY_PATH)
    async def authority() -> PlainTextResponse:
        """The root certificate; public, and of use only to somebody who knows its fingerprint."""
        return PlainTextResponse(desk.authority.pem)

    @app.post(enrolment.ENROL_PATH)
    async def enrol(request: Request) -> Response:
        """A certificate for a code and a request."""
        address = request.client.host if request.client else ""
        wait_s = wrong.wait_s(address, clock.monotonic_s())
        if wait_s > 0:
            return _held_off(metrics, "too many wrong codes from this address", wait_s)
        try:
            asked = _asked(await _body(request))
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        answer = Refusal.BAD_REQUEST if asked is None else await run_in_threadpool(_enrol, desk, metrics, asked)
        if isinstance(answer, Response):
            return answer
        now_s = clock.monotonic_s()
        # Nonsense holds off nonsense only: behind the same address somebody may have a good code.
        if answer is Refusal.BAD_REQUEST and (wait_s := nonsense.wait_s(address, now_s)) > 0:
            return _held_off(metrics, TEXTS[answer], wait_s)
        if answer in _STRANGERS:
            (nonsense if answer is Refusal.BAD_REQUEST else wrong).failed(address, now_s)
        if asked is not None:
            _log_refusal(answer, asked, address)
        return _refused(metrics, answer, TEXTS[answer])

    return app


async def _body(request: Request) -> bytes | None:
    """The body, None when it is too large."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            return None
    return bytes(body)


def _asked(body: bytes | None) -> EnrolmentRequest | None:
    """What was asked, None when it is nonsense."""
    try:
        return _decoder.decode(body) if body is not None else None
    except msgspec.MsgspecError:
        return None


def _log_refusal(reason: Refusal, asked: EnrolmentRequest, address: str) -> None:
    # Of somebody with a real code we know the unit, of a stranger the address; never both.
    who = {"address": address} if reason in _STRANGERS else {"unit": asked.code.partition(".")[0]}
    log.warning("enrolment refused", extra={"fields": {"reason": reason.value, **who}})


def _enrol(desk: Desk, metrics: Metrics, asked: EnrolmentRequest) -> Refusal | Response:
    try:
        granted = desk.enrol(asked.code, asked.request)
    except Refused as refused:
        return refused.reason
    except HomehdError as error:
        metrics.failed.inc()
        log.error("enrolment failed", extra={"fields": {"error": error.line()}})
        return _json(
            503,
            EnrolmentRefusal("unavailable", "the registrar cannot answer now: try again in a minute"),
            retry_after="5",
        )
    certificate = granted.certificate
    metrics.granted.labels("enrolment again" if granted.again else "enrolment").inc()
    fields = {"unit": certificate.name, "serial": certificate.serial, "again": granted.again}
    log.info("unit enrolled", extra={"fields": fields})
    answer = EnrolmentAnswer(
        certificate.name, certificate.pem, desk.authority.pem, certificate.until_us, granted.settings
    )
    return _json(200, answer)


def _held_off(metrics: Metrics, why: str, wait_s: float) -> Response:
    seconds = math.ceil(wait_s)
    text = f"{why}: try again in {in_words(wait_s)}"
    return _refused(metrics, Refusal.TOO_MANY, text, retry_after=str(seconds))


def _refused(metrics: Metrics, reason: Refusal, text: str, **headers: str) -> Response:
    metrics.refused.labels(reason.value).inc()
    return _json(STATUS[reason], EnrolmentRefusal(reason.value, text), **headers)


def _json(status: int, content: msgspec.Struct, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named["Cache-Control"] = "no-store"
    return Response(msgspec.json.encode(content), status, named, media_type="application/json")
