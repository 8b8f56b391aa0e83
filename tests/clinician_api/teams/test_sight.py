"""What a sight comes to."""

from __future__ import annotations

from clinician_api.teams.sight import OPEN, Glass, Sight


def test_of_several_glasses_that_which_lasts_longest_is_told() -> None:
    sight = Sight(patients=frozenset({1}), glasses=frozenset({Glass(1, 5, 100), Glass(1, 6, 200), Glass(2, 7, 300)}))
    assert sight.glass(1) == Glass(1, 6, 200)
    assert (sight.glass(3), sight.glass(None), OPEN.glass(1)) == (None, None, None)
