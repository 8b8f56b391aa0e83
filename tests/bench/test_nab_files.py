from __future__ import annotations

from pathlib import Path

import pytest

from bench import nab_files
from tests.bench.nab_world import checkout


def test_series_windows_and_scores_are_read(tmp_path: Path) -> None:
    folder = checkout(tmp_path)
    first, second = nab_files.series(folder)
    assert (first.name, first.category, first.windows) == ("made/quiet.csv", "made", ())
    assert (second.name, second.windows) == ("real/busy.csv", ((400, 449),))
    assert len(second.values) == 1000 and second.values[420] > 100
    assert nab_files.published(folder) == {"windowedGaussian": {
        "standard": 100.0, "reward_low_FP_rate": 100.0, "reward_low_FN_rate": 100.0,
    }}  # fmt: skip
    assert nab_files.threshold(folder, "windowedGaussian", "standard") == 0.75
    assert nab_files.anomaly_scores(folder, "windowedGaussian", second)[[399, 400]].tolist() == [0.0, 0.75]


def test_a_time_that_is_there_twice_means_the_first(tmp_path: Path) -> None:
    folder = checkout(tmp_path)
    path = folder / "data" / "real" / "busy.csv"
    rows = path.read_text("utf-8").splitlines()
    rows[461] = rows[450]  # data begin in row 1: the time of sample 449 once more at 460
    path.write_text("\n".join(rows), "utf-8")
    assert nab_files.series(folder)[1].windows == ((400, 449),)


def everything(folder: Path) -> None:
    series = nab_files.series(folder)
    nab_files.published(folder)
    nab_files.threshold(folder, "windowedGaussian", "standard")
    nab_files.anomaly_scores(folder, "windowedGaussian", series[1])


@pytest.mark.parametrize(
    ("lost", "what"),
    [
        ("labels/combined_windows.json", "is no checkout of numenta/NAB"),
        ("data/real/busy.csv", "is no checkout of numenta/NAB"),
        ("results/final_results.json", "has no published scores"),
        ("results/windowedGaussian/real/windowedGaussian_busy.csv", "windowedGaussian_busy.csv: "),
        ("results/windowedGaussian/windowedGaussian_standard_scores.csv", "windowedGaussian_standard_scores.csv: "),
    ],
)
@pytest.mark.parametrize("empty", [False, True])
def test_what_is_not_there_or_empty_is_said_in_one_line_with_where_to_get_it(
    tmp_path: Path, lost: str, what: str, empty: bool
) -> None:
    folder = checkout(tmp_path)
    (folder / lost).unlink()
    if empty:
        (folder / lost).touch()
    with pytest.raises(nab_files.NotThere) as caught:
        everything(folder)
    assert what in str(caught.value) and nab_files.WHERE in str(caught.value) and "\n" not in str(caught.value)


def test_scores_of_another_length_are_refused(tmp_path: Path) -> None:
    folder = checkout(tmp_path)
    path = folder / "results" / "windowedGaussian" / "real" / "windowedGaussian_busy.csv"
    path.write_text("\n".join(path.read_text("utf-8").splitlines()[:-1]), "utf-8")
    with pytest.raises(nab_files.NotThere, match="999 scores for 1000 values"):
        nab_files.anomaly_scores(folder, "windowedGaussian", nab_files.series(folder)[1])
