"""A folder that looks like a checkout of numenta/NAB, with two made-up series; one has a window, samples 400 to 449.

Its one published detector finds the window at its first sample and says nothing else, so that its score is 100.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

_START = datetime(2014, 4, 1, tzinfo=UTC)
LENGTH = 1000


def checkout(folder: Path) -> Path:
    """Data, labels and results in `folder`, which is returned."""
    noise = np.random.default_rng(2).normal(50, 2, LENGTH)
    busy = noise + np.where((np.arange(LENGTH) >= 400) & (np.arange(LENGTH) < 450), 60.0, 0.0)
    found = np.where(np.arange(LENGTH) == 400, 0.75, 0.0)
    results = folder / "results" / "windowedGaussian"
    for name, values, scores in (("made/quiet", noise, np.zeros(LENGTH)), ("real/busy", busy, found)):
        category, _, file = name.partition("/")
        _write(folder / "data" / f"{name}.csv", "value", values)
        _write(results / category / f"windowedGaussian_{file}.csv", "anomaly_score", scores)
    windows = [[f"{_moment(400)}.000000", f"{_moment(449)}.000000"]]
    (folder / "labels").mkdir()
    labels = {"real/busy.csv": windows, "made/quiet.csv": []}
    (folder / "labels" / "combined_windows.json").write_text(json.dumps(labels), "utf-8")
    profiles = ("standard", "reward_low_FP_rate", "reward_low_FN_rate")
    final = {"windowedGaussian": dict.fromkeys(profiles, 100.0), "notHere": dict.fromkeys(profiles, 1.0)}
    (folder / "results" / "final_results.json").write_text(json.dumps(final), "utf-8")
    for profile in profiles:
        path = results / f"windowedGaussian_{profile}_scores.csv"
        path.write_text("Detector,Profile,File,Threshold\nwindowedGaussian,x,real/busy.csv,0.75\n", "utf-8")
    return folder


def _moment(sample: int) -> str:
    return f"{_START + timedelta(minutes=5 * sample):%Y-%m-%d %H:%M:%S}"


def _write(path: Path, column: str, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"{_moment(i)},{value}" for i, value in enumerate(values.tolist())]
    path.write_text("\n".join([f"timestamp,{column}", *rows]) + "\n", "utf-8")
