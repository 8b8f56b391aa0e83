"""What is a time, and what only looks like one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from clinician_api.web.times import EXAMPLE, Moment

MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)


@pytest.mark.parametrize(
    "text", [EXAMPLE, "2026-03-01t08:00:00z", "2026-03-01T08:00:00.000000+00:00", "2026-03-01 09:30:00+01:30"]
)
def test_a_time_with_its_zone(text: str) -> None:
    assert MOMENT.validate_python(text) == datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T08:00:00", "2026-03-01", "1772352000", "0.5", "nan", "", "2026-02-30T08:00:00Z", 1772352000, 0.5,
        None, "2026-03-01T08:00:00+99:99", "٢٠٢٦-03-01T08:00:00Z", "2026-03-01T08:00Z", " 2026-03-01T08:00:00Z", True,
    ],
)  # fmt: skip
def test_no_time(text: object) -> None:
    with pytest.raises(ValidationError):
        MOMENT.validate_python(text)
