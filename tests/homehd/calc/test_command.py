"""`homehd calc` as a person runs it."""

from __future__ import annotations

import json

from tests.homehd.test_cli import homehd, last_line


def test_calc_prints_one_object_and_takes_negative_values() -> None:
    done = homehd("calc", "cusum", "--mu", "-1", "--sigma", "1", "--k", "0.5", "--h", "4", "--values", "-3e0,-4,-5")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert (found["name"], found["value"], found["unit"], found["signal_index"]) == ("cusum", 7.5, "1", 3)
    assert found["source"] and found["mark"]


def test_calc_outside_a_formulas_range_is_one_line_and_no_number() -> None:
    done = homehd(
        "calc", "spktv", "--pre", "70", "--post", "21", "--hours", "240", "--uf-l", "3", "--weight-kg", "-inf"
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "homehd calc: calculate spKt/V: hours is 240 – allowed: 0.1 to 24 h\n"


def test_calc_says_what_it_cannot_evaluate() -> None:
    done = homehd("calc", "vapr", "--vdp", "150", "--vdp0", "85", "--map", "74", "--qb", "300")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert (found["evaluable"], found["value"]) == (False, None)
    assert "MAP is 74" in found["reason"] and "MAP is 74" in last_line(done)


def test_calc_lists_its_names_and_keys() -> None:
    listed = homehd("calc", "--help").stdout
    assert "spktv --pre --post --hours --uf-l --weight-kg [--pidi-days]" in listed
    assert "ewma --mu --sigma --lambda --limit --values" in listed
