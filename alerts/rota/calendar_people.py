"""Of whom a calendar's event is: by an attendee's address, else by an address in its title."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from alerts.rota.calendar_text import RawEvent
from telemetry.rota import Person

_ADDRESS: Final = re.compile(r"[^\s<>()\[\],;:\"\\]+@[^\s<>()\[\],;:\"\\]+")


def by_address(people: Iterable[Person]) -> dict[str, Person]:
    """People by their e-mail; its case does not matter."""
    return {person.email.casefold(): person for person in people}


def people_of(event: RawEvent, known: Mapping[str, Person]) -> list[Person]:
    """Those with an account whom an event names: attendees who did not decline; if none, those in its title."""
    attending = [
        line.value.strip().casefold().removeprefix("mailto:")
        for line in event.lines
        if line.name == "ATTENDEE" and line.parameter("PARTSTAT").upper() != "DECLINED"
    ]
    title = event.first("SUMMARY")
    titled = [found.strip(".").casefold() for found in _ADDRESS.findall(title.value if title else "")]
    named = [known[one] for one in attending if one in known] or [known[one] for one in titled if one in known]
    return list({person.user_id: person for person in named}.values())
