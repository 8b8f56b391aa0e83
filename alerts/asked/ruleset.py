"""The rules of what a person at home asks for, from files: which priority a press has, and why it is an alert."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from alerts.rationalisation import Rationalisation
from telemetry import settings
from telemetry.alarms import Priority
from telemetry.errors import SettingsError
from telemetry.treatment import Phase

SHIPPED: Final = Path(__file__).parent.parent / "rules_asked"
HELP: Final = "H01"


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a rule file says.

    Attributes:
        cause: cause group. priority: by the machine's phase when it was asked for, every phase of them.
        action: what the person who is told is asked to do. source, mark: where the priorities come from.
        rationalisation: why it is an alert at all, and within which time somebody has to act.
    """

    id: str
    version: str
    title: str
    cause: str
    source: str
    mark: str
    action: str
    priority: dict[str, Priority]
    rationalisation: Rationalisation

    def __post_init__(self) -> None:
        """ValueError where something is left out."""
        if not re.fullmatch(r"H\d\d", self.id):
            raise ValueError("id: H and two digits")
        if set(self.priority) != {phase.name for phase in Phase}:
            raise ValueError(f"priority: of every phase, {', '.join(phase.name for phase in Phase)}")
        self.rationalisation.check(set(self.priority.values()))


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, checked. `version`: the file's semantic version + 8 hex digits of its content's SHA-256."""

    spec: Head
    version: str

    @property
    def id(self) -> str:
        """Short name, "H01"."""
        return self.spec.id

    def priority(self, phase: Phase) -> Priority:
        """Of a press in that phase; one that nobody knows is UNKNOWN."""
        return self.spec.priority[phase.name]


def load(folder: Path | None = None) -> tuple[Rule, ...]:
    """The rules in a folder's `*.toml`, or those that ship, by id; SettingsError names file and line."""
    return _load(folder or SHIPPED)


@cache
def _load(where: Path) -> tuple[Rule, ...]:
    found: dict[str, Rule] = {}
    for path in sorted(where.glob("*.toml")):
        spec = settings.load(Head, path)
        version = f"{spec.version}+{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"
        if spec.id in found:
            raise SettingsError("load rules", str(path), hint=f"{spec.id} is there twice")
        found[spec.id] = Rule(spec, version)
    if not found:
        raise SettingsError("load rules", str(where), hint="no *.toml there")
    return tuple(found[rule_id] for rule_id in sorted(found))


def help_rule() -> Rule:
    """The one of the button for help."""
    return next(rule for rule in load() if rule.id == HELP)
