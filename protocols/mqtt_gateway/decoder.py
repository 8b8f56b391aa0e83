"""Messages to observations. Stateless: every message says all there is, so a lost one leaves nothing wrong behind."""

from __future__ import annotations

from protocols.events import Alarm, Delivery, Observation, Rejected
from protocols.mqtt_gateway.messages import (
    MAX_MESSAGE,
    Alive,
    ContractError,
    Cuff,
    Message,
    Readings,
    Scale,
    StandingAlarm,
    parse,
)
from protocols.mqtt_gateway.terms import CUFF, EVENT_OF, GENERAL_ALARM, READINGS, SCALE, SIGNAL_OF
from protocols.mqtt_gateway.values import Said, read
from telemetry.treatment import Phase


def observe(message: Readings | Cuff | Scale, offset: int = 0) -> Observation:
    """What a checked message shows."""
    match message:
        case Readings():
            said = read(message.values, READINGS)
            extras = {"alarms": "not told"} if message.alarms is None else {}
            alarms = frozenset(_alarm(standing) for standing in message.alarms or ())
            return _observation(message, said, offset, alarms=alarms, phase=Phase[message.phase.value], extras=extras)
        case Cuff():
            return _observation(message, read(message.values, CUFF), offset)
        case Scale():
            return _observation(message, read(message.values, SCALE), offset)


def delivery(message: Message) -> Delivery:
    """Which message this is. A broker keeps the order of one kind only: what it holds for a box that is away (cuff,
    scale) may come behind newer readings."""
    return Delivery(f"{message.source}/{message.__struct_config__.tag}", message.session, message.seq)


def _observation(
    message: Readings | Cuff | Scale,
    said: Said,
    offset: int,
    *,
    alarms: frozenset[Alarm] = frozenset(),
    phase: Phase | None = None,
    extras: dict[str, str] | None = None,
) -> Observation:
    kind = message.__struct_config__.tag
    extras = dict(extras or {})
    if message.time:
        extras[f"{kind}_time"] = message.time
    if said.unknown:
        extras["terms_not_known"] = " ".join(said.unknown)
    return Observation(
        offset=offset,
        values=said.values,
        invalid=said.invalid,
        alarms=alarms,
        phase=phase,
        phase_derived=False,
        extras=extras,
        delivery=delivery(message),
        beside=not isinstance(message, Readings),
    )


def _alarm(standing: StandingAlarm) -> Alarm:
    signal = SIGNAL_OF.get(standing.about or "")
    event = EVENT_OF.get(standing.event)
    if event is None:
        # Not in our vocabulary, and an alarm all the same.
        return Alarm(GENERAL_ALARM.name, GENERAL_ALARM.code, signal.name if signal else "", standing.event)
    return Alarm(event.name, event.code, signal.name if signal else "")


class GatewayDecoder:
    """See `protocols.events.Decoder`: one message a line, as `mosquitto_sub` writes them. `alive` gives nothing."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._offset = 0  # of the first byte of the line
        self._dropped = 0  # bytes of a line that is too long to keep

    @property
    def buffered(self) -> int:
        """Bytes held back, at most one message."""
        return len(self._line)

    def receive(self, data: bytes) -> list[Observation | Rejected]:
        """What the lines completed by `data` say, in order."""
        found: list[Observation | Rejected] = []
        *complete, rest = data.split(b"\n")
        for part in complete:
            self._keep(part)
            found += self._end(1)
        self._keep(rest)
        return found

    def idle(self) -> list[Rejected]:
        """Give up a half line."""
        length, offset = len(self._line) + self._dropped, self._offset
        blank = not self._line.strip() and not self._dropped
        self._next_line(0)
        return [] if blank else [Rejected(offset, length, "no line end")]

    def _keep(self, part: bytes) -> None:
        room = MAX_MESSAGE + 1 - len(self._line)
        self._line += part[:room]
        self._dropped += max(0, len(part) - room)

    def _end(self, line_end: int) -> list[Observation | Rejected]:
        line, offset, dropped = bytes(self._line), self._offset, self._dropped
        self._next_line(line_end)
        if not line.strip():
            return []
        try:
            message = parse(line)  # of a line that is too long, enough was kept to be refused
        except ContractError as error:
            return [Rejected(offset, len(line) + dropped, str(error))]
        return [] if isinstance(message, Alive) else [observe(message, offset)]

    def _next_line(self, line_end: int) -> None:
        self._offset += len(self._line) + self._dropped + line_end
        self._line.clear()
        self._dropped = 0
