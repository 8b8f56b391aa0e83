"""One's own channels: by what am I reached, add this browser, try one, take one away. Never another person's."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path

from clinician_api.duty import channel_models as models
from clinician_api.duty.channel_data import MOST, Refused
from clinician_api.duty.channel_views import address, channel_view
from clinician_api.live.views import moment
from clinician_api.people.sessions import SessionDep
from clinician_api.services import Services, ServicesDep
from clinician_api.web.errors import ApiError, responses
from telemetry.errors import HomehdError

router = APIRouter(tags=["channels"])

# Enough to try every device a few times; nobody is to ring somebody's phone all day through us.
TESTS: Final = 20
TESTS_WINDOW_S: Final = 600.0
NOT_SET_UP: Final = "an administrator sets push_contact, and `homehd notify` tells the key: docs/operations/channels.md"
ChannelPath = Annotated[str, Path(pattern=r"^[0-9]{1,9}$", description="Channel id")]
_REFUSALS: Final[dict[Refused, tuple[int, str]]] = {
    Refused.UNKNOWN: (404, "GET /api/me/channels lists your own"),
    Refused.SCREEN: (409, "nothing to try or take away: they show what there is to whoever is signed in"),
    Refused.BUSY: (409, "wait for what comes of it"),
    Refused.TOO_MANY: (409, f"{MOST} at most: take away one that is not used any more"),
    Refused.OTHER_KEY: (409, "switch notifications off and on again in this browser"),
    Refused.NOT_SET_UP: (409, NOT_SET_UP),
}


@router.get("/api/me/channels", responses=responses(401, 403, 503))
async def list_channels(session: SessionDep, services: ServicesDep) -> models.OwnChannels:
    """By what I am reached, and how the newest test of each stands."""
    now_us, found = await services.data.channels.all(session.user_id)
    views = [channel_view(one) for one in found]
    return models.OwnChannels.model_validate({"server_time": moment(now_us), "channels": views})


@router.post("/api/me/language", status_code=204, responses=responses(401, 403, 408, 413, 415, 422, 503))
async def set_language(request: models.SpeakTo, session: SessionDep, services: ServicesDep) -> None:
    """Speak to me in this language: by every channel I have now, and on pages where a browser has chosen no other."""
    await services.data.channels.speak(session.user_id, request.language)


@router.get("/api/me/push-key", responses=responses(401, 403, 503))
async def get_push_key(session: SessionDep, services: ServicesDep) -> models.PushKey:  # noqa: ARG001
    """To which key this browser subscribes; null where web push is not set up."""
    key = await services.data.channels.push_key()
    return models.PushKey(key=key or None, hint="" if key else NOT_SET_UP)


@router.post("/api/me/channels", responses=responses(401, 403, 408, 409, 413, 415, 422, 503))
async def add_channel(
    request: models.AddChannel, session: SessionDep, services: ServicesDep
) -> models.AddedChannel:  # fmt: skip
    """Reach me by this browser. The same subscription again is the same channel.

    422 says what is wrong with the subscription; 409 that there are too many, or that it is for another key than ours.
    """
    keys = {"p256dh": request.keys.p256dh, "auth": request.keys.auth}
    text = address(request.endpoint, keys)
    host = _judged(text, services)
    found = await services.data.channels.add_push(
        session.user_id, text, host, key=request.push_key, label=(request.label or "").strip(),
        language=request.language, replaces=request.replaces,
    )  # fmt: skip
    if isinstance(found, Refused):
        raise _refusal(found)
    return models.AddedChannel.model_validate({"channel": channel_view(found)})


@router.post(
    "/api/me/channels/{channel_id}/test",
    status_code=202,
    responses=responses(401, 403, 404, 408, 409, 413, 415, 422, 429, 503),
)
async def test_channel(channel_id: ChannelPath, session: SessionDep, services: ServicesDep) -> None:
    """Send a test page there, the way real ones go; what comes of it is in the list. 409 while one is on its way."""
    wait_s = services.tests.attempt(str(session.user_id), services.clock.monotonic_s())
    if wait_s > 0:
        seconds = str(int(wait_s) + 1)
        raise ApiError(429, "too many tests", hint=f"wait {seconds} s", headers={"Retry-After": seconds})
    refused = await services.data.channels.test(session.user_id, int(channel_id))
    if refused is not None:
        services.tests.give_back(str(session.user_id))
        raise _refusal(refused, channel_id)


@router.delete("/api/me/channels/{channel_id}", responses=responses(401, 403, 404, 408, 409, 413, 415, 422, 503))
async def remove_channel(
    channel_id: ChannelPath, session: SessionDep, services: ServicesDep
) -> models.RemovedChannel:  # fmt: skip
    """Reach me by this no more."""
    outcome = await services.data.channels.remove(session.user_id, int(channel_id))
    if isinstance(outcome, Refused):
        raise _refusal(outcome, channel_id)
    return models.RemovedChannel(others=outcome)


def _judged(text: str, services: Services) -> str:
    """The receiver of an address that may be used."""
    if services.addresses is None:
        raise _refusal(Refused.NOT_SET_UP)
    try:
        services.addresses.check(text)
    except HomehdError as error:
        raise ApiError(422, "no usable subscription", where="endpoint, keys", hint=error.hint or "") from error
    return services.addresses.host(text)


def _refusal(refused: Refused, where: str = "") -> ApiError:
    status, hint = _REFUSALS[refused]
    return ApiError(status, str(refused), where=where, hint=hint)
