"""By what a patient's treatments are compared: cuff before and after, pressures at the blood flow of that evening.

Computed from the rows once a treatment has its summary, and again with each newer one; where the rows are gone, it is
not known.
"""

from __future__ import annotations

from typing import Final

from store.pool import Connection
from store.queries import run
from telemetry.treatment import Phase

# Older ones have no comparison if they had none before: a patient's first review must not take minutes.
LIMIT: Final = 60


def catch_up(conn: Connection, patient_id: int) -> int:
    """Compare what has a summary and no comparison that goes with it, the newest first; how many."""
    rows = run(conn, "treatments_to_compare", {"patient": patient_id, "limit": LIMIT}).fetchall()
    for treatment_id, revision, unit_id, start_us, end_us, flow in rows:
        span = {"unit": unit_id, "start": start_us, "end": end_us, "phase": int(Phase.TX), "flow": flow}
        ((before, after, venous, arterial),) = run(conn, "compare_treatment", span).fetchall()
        found = {"before": before, "after": after, "flow": flow, "venous": venous, "arterial": arterial}
        run(conn, "save_comparison", {"id": treatment_id, "revision": revision, **found})
    return len(rows)
