"""What is asked of whoever opens access or makes a team."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from clinician_api.teams.team_models import AddTeam, BreakGlass


@pytest.mark.parametrize("reason", ["", "because", " " * 20, "x" + " " * 20, "x" * 2001])
def test_a_reason_is_written_out(reason: str) -> None:
    with pytest.raises(ValidationError):
        BreakGlass(whom="u-1", reason=reason)
    assert BreakGlass(whom="u-1", reason="feels faint").reason == "feels faint"


def test_a_team_has_a_name() -> None:
    with pytest.raises(ValidationError):
        AddTeam(name="  ")
