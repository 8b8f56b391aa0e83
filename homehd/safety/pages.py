"""The pages of the safety file in a checkout: made, written, and held against what they are made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from alerts import ruleset
from alerts.asked import ruleset as asked_rules
from alerts.between import ruleset as between_rules
from homehd.safety import alarms_page, hazards, kinds, trace_page
from homehd.safety.alert import Alert, in_treatment
from homehd.safety.asked import asked_for
from homehd.safety.between import between_treatments
from homehd.safety.evidence import Evidence
from homehd.safety.hazards import Log
from homehd.safety.kinds import Cases
from telemetry import settings
from telemetry.errors import SettingsError

RULES = "alerts/rules"
RULES_BETWEEN = "alerts/rules_between"
RULES_ASKED = "alerts/rules_asked"


@dataclass(frozen=True, slots=True)
class Checkout:
    """What the pages are made from.

    Attributes:
        root: the folder with `alerts/`, `docs/` and `tests/`.
    """

    root: Path
    alerts: tuple[Alert, ...]
    cases: tuple[Cases, ...]
    log: Log
    evidence: Evidence

    def document_exists(self, path: str) -> bool:
        """Whether a document that the hazard log names by a relative path is there."""
        return (self.root / hazards.PATH).parent.joinpath(path).exists()


def read(root: Path) -> Checkout:
    """Everything from a checkout; SettingsError where the folder is none, or a file in it cannot be used."""
    log = root / hazards.PATH
    if not log.is_file() or not (root / RULES).is_dir():
        hint = f"no {hazards.PATH} and {RULES} there: give the folder of the source code as --root DIR"
        raise SettingsError("read the safety file", str(root), hint=hint)
    alerts = (
        *map(in_treatment, ruleset.load(root / RULES).rules),
        *map(between_treatments, between_rules.load(root / RULES_BETWEEN)),
        *map(asked_for, asked_rules.load(root / RULES_ASKED)),
    )
    cases = tuple(_cases(root, alert) for alert in alerts)
    return Checkout(
        root, alerts, cases, hazards.parse(log.read_text("utf-8")), Evidence(lambda path: _text(root / path))
    )


def made(checkout: Checkout) -> dict[str, str]:
    """Path in the checkout -> the page as it should be."""
    c = checkout
    return {
        alarms_page.PATH: alarms_page.page(c.alerts),
        trace_page.PATH: trace_page.page(c.log, c.cases, c.evidence.has, c.document_exists),
    }


def write(checkout: Checkout) -> list[str]:
    """Write the pages that are not as they should be; which ones."""
    pages = made(checkout)
    changed = [path for path, text in pages.items() if _text(checkout.root / path) != text]
    for path in changed:
        (checkout.root / path).write_text(pages[path], "utf-8")
    return changed


def faults(checkout: Checkout) -> Iterator[str]:
    """What is not as it should be, a line each: what, where, what to do."""
    for cases in checkout.cases:
        yield from kinds.faults(cases)
    known = {cases.path for cases in checkout.cases}
    for file in sorted((checkout.root / kinds.FOLDER).rglob("*.toml")):
        path = file.relative_to(checkout.root).as_posix()
        if path not in known:
            yield f"{path} – cases of no rule: add the rule, or take them out"
    yield from hazards.faults(checkout.log, checkout.evidence.has, checkout.document_exists)
    for path, text in made(checkout).items():
        found = _text(checkout.root / path)
        if found is None:
            yield f"{path} – not there: run `homehd rules write`"
        elif found != text:
            yield f"{path}:{_first_difference(found, text)} – not as made anew: run `homehd rules write`"


def _cases(root: Path, alert: Alert) -> Cases:
    """A rule's cases, in whichever folder below `tests/rules` they are."""
    path = next((root / kinds.FOLDER).rglob(f"{alert.id}.toml"), root / kinds.FOLDER / f"{alert.id}.toml")
    file = settings.load_toml(path) if path.is_file() else {}
    return kinds.take(alert.id, alert.title, path.relative_to(root).as_posix(), file)


def _text(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None


def _first_difference(found: str, wanted: str) -> int:
    pairs = zip(found.splitlines(), wanted.splitlines(), strict=False)
    same = next((number for number, (a, b) in enumerate(pairs) if a != b), min(found.count("\n"), wanted.count("\n")))
    return same + 1
