from __future__ import annotations

import pytest

from bench import up_qos


def test_the_short_form_measures_both_qualities_on_the_broker_from_pip(capsys: pytest.CaptureFixture[str]) -> None:
    assert up_qos.main(["--quick"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines if line.startswith("nats")] == [["nats", "0"], ["nats", "1"]]
