from __future__ import annotations

from simulators.prescription import Prescription
from simulators.stages import AFTER, PHASE_OF, Stage, length_s, preparation_s, wanted_flow
from telemetry.treatment import is_ordinary


def test_every_move_is_one_a_machine_makes_by_itself() -> None:
    assert PHASE_OF.keys() == set(Stage)
    assert all(is_ordinary(PHASE_OF[a], PHASE_OF[b]) for a, b in AFTER.items())


def test_every_stage_but_treatment_and_the_end_has_a_length() -> None:
    p = Prescription()
    assert [s for s in Stage if length_s(s, p) is None] == [Stage.TREATING, Stage.DONE]
    assert preparation_s(p) == sum(
        length_s(s, p) or 0.0 for s in (Stage.IDLE, Stage.SELF_TEST, Stage.PRIMING, Stage.CONNECTING)
    )


def test_connecting_sweeps_up_from_slow_to_prescribed() -> None:
    p = Prescription()
    flows = [wanted_flow(Stage.CONNECTING, float(s), p) for s in range(91)]
    assert flows == sorted(flows)
    assert flows[0] == 100.0 and flows[-1] == p.blood_flow_ml_min
    assert wanted_flow(Stage.DRAIN, 10.0, p) == 0.0
