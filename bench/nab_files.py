"""A checkout of numenta/NAB: its series, labelled windows and published scores. None of it is in this repository."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from bench.nab_score import Window

Floats = npt.NDArray[np.float64]

WHERE: Final = "git clone https://github.com/numenta/NAB"
_WINDOWS: Final = Path("labels", "combined_windows.json")
_FINAL: Final = Path("results", "final_results.json")


class NotThere(Exception):
    """A folder that is no checkout of numenta/NAB, or lacks a part."""


@dataclass(frozen=True, slots=True)
class Series:
    """One file. `name` is category/file.csv, as NAB calls it; `values` [n]; `windows` by place, not by time."""

    name: str
    values: Floats
    windows: tuple[Window, ...]

    @property
    def category(self) -> str:
        """What kind of data: the folder it is in."""
        return self.name.partition("/")[0]


def series(folder: Path) -> list[Series]:
    """All series that have an entry among the windows, in order of name; `NotThere` says what is lacking."""
    try:
        labelled = json.loads((folder / _WINDOWS).read_text("utf-8"))
        return [_series(folder, name, labelled[name]) for name in sorted(labelled)]
    except (OSError, KeyError, ValueError, IndexError) as error:
        raise NotThere(f"{folder} is no checkout of numenta/NAB ({error}); {WHERE}") from error


def _series(folder: Path, name: str, labelled: list[list[str]]) -> Series:
    times, values = _columns(folder / "data" / name, "timestamp", "value")
    # A time may be there twice, where clocks went back: the first counts, as with NAB.
    windows = tuple((times.index(_plain(first)), times.index(_plain(last))) for first, last in labelled)
    return Series(name, np.array(values, np.float64), windows)


def _plain(moment: str) -> str:
    return moment.partition(".")[0]


def published(folder: Path) -> dict[str, dict[str, float]]:
    """Published score of each detector whose anomaly scores are there as well: name → profile → score."""
    try:
        final: dict[str, dict[str, float]] = json.loads((folder / _FINAL).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise NotThere(f"{folder} has no published scores ({error}); {WHERE}") from error
    return {name: final[name] for name in sorted(final) if (folder / "results" / name).is_dir()}


def threshold(folder: Path, detector: str, profile: str) -> float:
    """The threshold at which a published score was reached; `NotThere`."""
    path = folder / "results" / detector / f"{detector}_{profile}_scores.csv"
    try:
        return float(_columns(path, "Threshold")[0][0])
    except (OSError, ValueError, IndexError) as error:
        raise NotThere(f"{path}: {error}; {WHERE}") from error


def anomaly_scores(folder: Path, detector: str, of: Series) -> Floats:
    """What a published detector said of a series, [n] from 0 to 1; `NotThere`."""
    category, _, file = of.name.partition("/")
    path = folder / "results" / detector / category / f"{detector}_{file}"
    try:
        (found,) = _columns(path, "anomaly_score")
        scores = np.array(found, np.float64)
    except (OSError, ValueError, IndexError) as error:
        raise NotThere(f"{path}: {error}; {WHERE}") from error
    if len(scores) != len(of.values):
        raise NotThere(f"{path}: {len(scores)} scores for {len(of.values)} values; {WHERE}")
    return scores


def _columns(path: Path, *names: str) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        head = next(rows, [])
        places = [head.index(name) for name in names]
        cells = list(rows)
    return [[row[place] for row in cells] for place in places]
