"""What a machine is told: ACK^R01 for readings, ORA^R41 for alarms, with the reason in ERR when it is not "accepted".

`kept` is the only thing that makes an "accepted": the observation is in the outbox, on disk. The answer speaks with the
sender's own delimiters, so that what is echoed (its name, the control id) needs no translation.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from protocols.hl7_dialysis.header import ALARMS, Header, Refusal
from protocols.hl7_dialysis.mllp import wrap

OUR_NAME: Final = "homehd"
NOT_KEPT: Final = Refusal(207, "Application internal error", 0, "not on disk yet, send it again")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WORD: Final = {True: "A", False: "E", None: "R"}


def answer(header: Header, *, kept: bool, now_us: int) -> bytes:
    """Every acknowledgement the sender asked for, in MLLP; empty when it asked for none.

    Original mode (MSH-15 and MSH-16 empty): one, the application's. Enhanced mode: the accept acknowledgement that
    MSH-15 asks for and the application's that MSH-16 asks for, with the same verdict: "received" means "on disk" here.
    """
    verdict = None if header.refusal else kept
    why = header.refusal or (None if kept else NOT_KEPT)
    answers = []
    if header.enhanced and _wanted(header.accept_ack, good=why is None):
        answers.append(_message(header, "C", verdict, why, now_us))
    if not header.enhanced or _wanted(header.application_ack, good=why is None):
        answers.append(_message(header, "A", verdict, why, now_us))
    return b"".join(answers)


def _wanted(when: str, *, good: bool) -> bool:
    """HL7 table 0155; a word that is not in it is taken for "always", because silence is what harms."""
    return {"AL": True, "NE": False, "": False, "SU": good, "ER": not good}.get(when, True)


def _message(header: Header, level: Literal["A", "C"], verdict: bool | None, why: Refusal | None, now_us: int) -> bytes:
    block, marks = header.block, header.block.delimiters
    component = marks.component
    kind = ("ORA", "R41", "ORA_R41") if level == "A" and header.trigger == ALARMS else ("ACK", header.trigger, "ACK")
    encoding = component + marks.repetition + marks.escape + marks.subcomponent
    version = block.field(12).partition(component)[0]
    mode = block.field(11) or "P"
    time = (_EPOCH + timedelta(microseconds=now_us)).strftime("%Y%m%d%H%M%S+0000")
    segments = [
        ("MSH", encoding, OUR_NAME, "", block.field(3), block.field(4), time, "", component.join(filter(None, kind)),
         f"{now_us}{level}", mode, version),
        ("MSA", level + _WORD[verdict], header.control_id),
    ]  # fmt: skip
    if why is not None:
        segments.append(_error(why, component))
    lines = [marks.field.join(segment) + "\r" for segment in segments]
    return wrap("".join(lines).encode("latin-1"))


def _error(why: Refusal, component: str) -> tuple[str, ...]:
    where = component.join(("MSH", "1", str(why.field))) if why.field else ""
    return "ERR", "", where, component.join((str(why.code), why.name, "HL70357")), "E", "", "", "", why.words
