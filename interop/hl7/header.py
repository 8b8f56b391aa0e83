"""MSH, PID and PV1: who speaks to whom, about whom, and where that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from interop.hl7.er7 import ENCODING, components, segment, stamp, text

VERSION: Final = "2.6"
# Words of ours for which no published code system has a code (HL7: local ones begin with 99).
OURS: Final = "99HOMEHD"


@dataclass(frozen=True, slots=True)
class Route:
    """What a receiver tells messages by.

    Attributes:
        sender: who we are (MSH-3), the components of an HD. application, facility: the receiver (MSH-5, MSH-6).
    """

    sender: tuple[str, ...] = ("homehd",)
    application: str = ""
    facility: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """Of one message.

    Attributes:
        control_id: MSH-10, the same whenever this message is sent again; 1…20 characters. time_us: when it was written.
    """

    route: Route
    control_id: str
    time_us: int


@dataclass(frozen=True, slots=True)
class Whose:
    """Whom a message is about; `patient_id` None: nobody was served, and the home stands in the patient's place.

    Attributes:
        unit: the home. name: of the patient; None: pseudonymous, and the message says so.
    """

    unit: str
    patient_id: int | None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """What sort of message: MSH-9, how it is to be acknowledged (MSH-15, MSH-16) and its profile (MSH-21)."""

    event: str
    accept: str
    application: str
    profile: tuple[str, ...]

    @property
    def type(self) -> str:
        """MSH-9."""
        return components("ORU", self.event, f"ORU_{self.event}")


# PCD-01 is answered by the receiver's application, PCD-04 by whoever takes it (its outcome would be a PCD-05).
PCD_01: Final = Kind("R01", "NE", "AL", ("IHE_PCD_001", "IHE PCD", "1.3.6.1.4.1.19376.1.6.1.1.1", "ISO"))
PCD_04: Final = Kind("R40", "AL", "NE", ("IHE_PCD_ACM_001", "IHE PCD", "1.3.6.1.4.1.19376.1.6.1.4.1", "ISO"))


def opening(kind: Kind, head: Head, whose: Whose) -> list[str]:
    """The first segments. A pseudonym is of identifier type ANON and name type S, as HL7 has them for that."""
    route = head.route
    return [
        segment(
            "MSH", ENCODING, components(*route.sender), "", text(route.application), text(route.facility),
            stamp(head.time_us), "", kind.type, text(head.control_id), "P", VERSION, "", "", kind.accept,
            kind.application, "", "UNICODE UTF-8", "", "", components(*kind.profile),
        ),
        segment("PID", "", "", _identifier(route, whose), "", _name(whose)),
        # U: patient class unknown; H: a home. The home's name says nothing about anybody.
        segment("PV1", "", "U", components(whose.unit, "", "", "", "", "H")),
    ]  # fmt: skip


def entity(of: str, route: Route) -> str:
    """EI: something of ours, by the name we call it."""
    return components(of, *route.sender)


def _identifier(route: Route, whose: Whose) -> str:
    if whose.patient_id is None:
        return components(whose.unit, "", "", route.sender[0], "U")
    return components(str(whose.patient_id), "", "", route.sender[0], "ANON" if whose.name is None else "PI")


def _name(whose: Whose) -> str:
    return components(whose.name or "", "", "", "", "", "", "S" if whose.name is None else "U")
