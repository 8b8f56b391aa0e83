"""Who asks for what, and where each type of resource is looked for: what the sources of `clinician_api.fhir` share."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from clinician_api.access import Scope
from interop.fhir.datatypes import Json
from interop.fhir.search import FOR_EVER, Asked

Key = tuple[int, int, int]
_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
MAX_NUMBER: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Looking:
    """One search on its way through the store.

    Attributes:
        asked: what has to fit. after: the place after which the page begins; None: from the beginning.
        scope: of who asks. names: whether names and typed text go out.
    """

    asked: Asked
    scope: Scope
    names: bool
    after: Key | None
    now_us: int
    title: Callable[[str], str]
    version: str

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids asked for; empty: any."""
        return self.asked.texts("_id")

    def places(self, kind: str, *names: str) -> list[str]:
        """Ids of the resources of a type that one of these parameters names."""
        prefix = kind + "/"
        return [place.removeprefix(prefix) for place in self.asked.places(*names) if place.startswith(prefix)]

    def below(self) -> int:
        """Where things go by one number, the highest first: the number below which the page begins."""
        return FOR_EVER if self.after is None else self.after[0]

    def above(self) -> int:
        """Where they go by one number, the lowest first: the number above which the page begins."""
        return -1 if self.after is None else self.after[0]


@dataclass(frozen=True, slots=True)
class Found:
    """A place in the order of a search, and what is there; None: nothing that fits.

    Attributes:
        patient_id: whom the resource shows; None: nobody.
    """

    key: Key
    resource: Json | None = None
    patient_id: int | None = None


# In the order of the keys, each once; what does not fit may be left out or told as a place without a resource.
Source = AsyncIterator[Found]


def number(text: str, most: int = 2**63 - 1) -> int | None:
    """A number as it is in ids; None where it can be none."""
    found = int(text) if _NUMBER.fullmatch(text) else None
    return found if found is not None and found <= most else None


def numbers(texts: Sequence[str], most: int = 2**63 - 1) -> list[int]:
    """Those of the texts that can be numbers, each once."""
    return sorted({found for text in texts if (found := number(text, most)) is not None})
