from __future__ import annotations

from pathlib import Path

import pytest

from bench import nab, nab_detectors
from bench.nab_score import PROFILES, STANDARD
from tests.bench.nab_world import checkout


def test_without_data_it_says_that_it_was_skipped_and_where_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    # `./run bench` runs every benchmark and ends at the first that fails.
    assert nab.main([]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "numenta/NAB: skipped, no data here (git clone https://github.com/numenta/NAB; ./run bench nab --data NAB)"
    ]


def test_a_folder_that_is_no_checkout_is_an_error_of_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert nab.main(["--data", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    assert f"./run bench nab: {tmp_path} is no checkout of numenta/NAB" in said.err


def test_every_part_of_the_question_is_answered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert nab.main(["--data", str(checkout(tmp_path))]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2 series, 2,000 samples, 1 windows"
    scorer = next(line.split() for line in lines if line.startswith("windowedGaussian"))
    assert scorer == ["windowedGaussian", *["100.00", "100.00", "100.0"] * 3]
    heads = [i for i, line in enumerate(lines) if line.startswith(tuple(profile.name for profile in PROFILES))]
    assert len(heads) == len(PROFILES) + 1
    names = [*nab_detectors.OURS, "windowed Gaussian, published", "windowed Gaussian, anew"]
    names += ["windowed Gaussian, told once", "null"]
    for head in heads:
        assert [line[:32].strip() for line in lines[head + 1 : head + 1 + len(names)]] == names
    rows = {line[:32].strip(): line[32:].split() for line in lines[heads[0] + 1 : heads[1] - 1]}
    # all, made (no window: what false ones cost), real, windows found, false ones, threshold.
    assert rows["windowed Gaussian, published"] == ["100.0", "0.0", "100.0", "1", "0", "0.75"]
    assert rows["null"] == ["0.0", "0.0", "0.0", "0", "0", "inf"]
    # Thirty deviations at once: the chart that tells it once is beyond anything else at the window's first sample.
    assert float(rows["EWMA, told once"][0]) > 95


def test_a_category_is_scored_at_the_threshold_that_is_best_for_all(tmp_path: Path) -> None:
    corpus = nab.Corpus.read(checkout(tmp_path))
    quiet, busy = (nab_detectors.nothing(one.values, 0) * 0 for one in corpus.series)
    busy[400], quiet[900] = 0.5, 0.8
    one = nab.scored("both", corpus, [quiet, busy])
    whole = one.sweeps["all"]
    threshold = float(whole.thresholds[whole.best(STANDARD)])
    assert threshold == 0.5
    # One window of one found and, far from any window, one false detection: 100 (1 − 0.11 + 1)/2.
    assert nab.score_of(STANDARD, corpus, one, threshold, "all") == pytest.approx(94.5)
    assert nab.score_of(STANDARD, corpus, one, threshold, "real") == pytest.approx(100)
    assert nab.score_of(STANDARD, corpus, one, threshold, "made") == pytest.approx(-0.11)
    assert one.silent == 0 and nab.scored("null", corpus, [quiet * 0, busy]).silent == 1
