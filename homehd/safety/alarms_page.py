"""`docs/safety/alarms.md`: every alert as IEC 62682 asks for it, one row a rule, made from the rule files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from alerts import schema
from homehd.safety.alert import Alert
from homehd.safety.markdown import table

PATH: Final = "docs/safety/alarms.md"

_HEAD: Final = """# Alerts and why they are

Made from `alerts/rules/*.toml` by `homehd rules write`; do not edit.

Each level stands on a line of its own: its priority (IEC 60601-1-8) and what it asks for – how long that has to hold
before the alert (on-delay) – when it ends (deadband, off-delay). An alert ends with the treatment in any case.
*Inhibits* names the rules that are not evaluated meanwhile. *Within* is the time in which the action still prevents the
consequence; all these times are design defaults of ours and await the signature of a responsible clinician.

Marks: C confirmed by a published source · N recomputed numerically · M common knowledge of the field, to be confirmed ·
D a design default of ours. The first is of the limits, the second of causes and consequence.

"""
_COLUMNS: Final = (
    "id", "alert", "condition", "levels – on-delay – end", "latches", "inhibits", "source of the limits",
    "marks", "likely causes", "if nobody acts", "what to do", "within", "version",
)  # fmt: skip


def page(alerts: Iterable[Alert]) -> str:
    """The whole page, in the order of ids."""
    return _HEAD + table(_COLUMNS, map(_row, sorted(alerts, key=lambda alert: alert.id)))


def _row(alert: Alert) -> Iterable[str]:
    levels = (f"**{one.priority}** {one.condition} – {one.starts} – {one.ends}" for one in alert.levels)
    times = sorted(alert.why.respond_within_s.items(), key=lambda item: -item[0].rank)
    return (
        alert.id,
        alert.title,
        alert.subject,
        "\n".join(levels).replace("  ", " "),
        "yes" if alert.latches else "no",
        ", ".join(alert.inhibits) or "–",
        alert.source,
        f"{alert.mark}\n{alert.why.mark}" + (f" ({alert.why.source})" if alert.why.source else ""),
        "\n".join(alert.why.likely_causes),
        alert.why.consequence,
        alert.action,
        "\n".join(f"**{priority}** {duration(seconds)}" for priority, seconds in times),
        alert.version,
    )


def duration(seconds: int) -> str:
    """A time as a person says it, exactly: "90 s", "20 min", "36 h", "2 d"."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length and seconds % length == 0:
            return f"{schema.number(seconds / length)} {unit}"
    return f"{seconds} s"
