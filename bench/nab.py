"""Question: do our trend charts find labelled anomalies in a public set, and as well as the baseline published with it?

numenta/NAB: 58 series of servers, advertising, traffic, tweets and made-up data, with 116 labelled windows, and its
scoring rules (`bench.nab_score`): 0 is who detects nothing, 100 who detects every window at its first sample and
nothing else. First our scorer is held against the scores published for the detectors whose output is there. Then our
charts (`bench.nab_detectors`), its windowed Gaussian made anew, and its published output, are scored alike: by profile
and by category of data, each at the one threshold over all series that is best for it. Where a category has no window
("quiet": made up, without an anomaly) the figure is what false detections cost, not normalised.

    ./run bench nab --data FOLDER        FOLDER: git clone https://github.com/numenta/NAB

Nothing of the data is kept here. Without a folder it says that it was skipped. Baseline: bench/nab.txt.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bench import nab_detectors, nab_files
from bench.nab_files import Floats, Series
from bench.nab_score import PROFILES, STANDARD, Marks, Profile, Sweep, mark, sweep, windows_in

GAUSSIAN: Final = "windowedGaussian"
_LIMIT: Final = 0.5  # the anomaly score of a chart at its own limit
_SHORT: Final = {
    "artificialNoAnomaly": "quiet",
    "artificialWithAnomaly": "made up",
    "realAWSCloudwatch": "servers",
    "realAdExchange": "ads",
    "realKnownCause": "known",
    "realTraffic": "traffic",
    "realTweets": "tweets",
}


@dataclass(frozen=True, slots=True)
class Corpus:
    """All series and what a detection at each of their samples is worth.

    Attributes:
        categories: "all" and the folders, in order of name, with the places of their series.
        windows: how many each of them has.
    """

    series: list[Series]
    marks: list[Marks]
    categories: dict[str, list[int]]
    windows: dict[str, int]

    @classmethod
    def read(cls, folder: Path) -> Corpus:
        """Everything labelled in a checkout; `NotThere`."""
        series = nab_files.series(folder)
        marks = [mark(len(one.values), one.windows) for one in series]
        categories = {"all": list(range(len(series)))}
        for place, one in enumerate(series):
            categories.setdefault(one.category, []).append(place)
        windows = {name: windows_in([marks[i] for i in places]) for name, places in categories.items()}
        return cls(series, marks, categories, windows)

    @property
    def samples(self) -> int:
        """Of all series."""
        return sum(len(one.values) for one in self.series)


@dataclass(frozen=True, slots=True)
class Scored:
    """One detector over all series.

    Attributes:
        sweeps: of each category. silent: series in which it never said anything else than at first.
        seconds: CPU time; None where its scores were read.
    """

    name: str
    sweeps: dict[str, Sweep]
    silent: int
    seconds: float | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Score and print; 0, or 2 when the folder is not what it should be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, metavar="FOLDER", help=f"a checkout: {nab_files.WHERE}")
    options = parser.parse_args(arguments)
    if options.data is None:
        print(f"numenta/NAB: skipped, no data here ({nab_files.WHERE}; ./run bench nab --data NAB)")
        return 0
    try:
        for line in lines(options.data):
            print(line)
    except nab_files.NotThere as error:
        print(f"./run bench nab: {error}", file=sys.stderr)
        return 2
    return 0


def lines(folder: Path) -> Iterator[str]:
    """The whole answer."""
    corpus = Corpus.read(folder)
    yield f"{len(corpus.series)} series, {corpus.samples:,} samples, {corpus.windows['all']} windows"
    yield _autocorrelation(corpus)
    yield ""
    yield from _scorer(folder, corpus)
    published = [nab_files.anomaly_scores(folder, GAUSSIAN, one) for one in corpus.series]
    anew, seconds = run(nab_detectors.windowed_gaussian, corpus)
    apart = max(float(np.abs(a - b).max()) for a, b in zip(anew, published, strict=True))
    yield f"windowed Gaussian made anew: no anomaly score is further than {apart:.0e} from the published one"
    all_scored = [
        *(scored(name, corpus, *run(detect, corpus)) for name, detect in nab_detectors.OURS.items()),
        scored("windowed Gaussian, published", corpus, published),
        scored("windowed Gaussian, anew", corpus, anew, seconds),
        scored("windowed Gaussian, told once", corpus, *run(nab_detectors.gaussian_told_once, corpus)),
        scored("null", corpus, *run(nab_detectors.nothing, corpus)),
    ]
    for profile in PROFILES:
        yield ""
        yield from _by_category(profile, corpus, all_scored)
    yield ""
    yield from _in_use(corpus, all_scored)


def run(detect: nab_detectors.Detector, corpus: Corpus) -> tuple[list[Floats], float]:
    """A detector over one series after the other: its scores, and the seconds of CPU time."""
    begin = time.process_time()
    scores = [detect(one.values, given.probation) for one, given in zip(corpus.series, corpus.marks, strict=True)]
    return scores, time.process_time() - begin


def scored(name: str, corpus: Corpus, scores: list[Floats], seconds: float | None = None) -> Scored:
    """All thresholds of all categories."""
    sweeps = {
        category: sweep([corpus.marks[i] for i in places], [scores[i] for i in places])
        for category, places in corpus.categories.items()
    }
    return Scored(name, sweeps, sum(not np.ptp(one) for one in scores), seconds)


def score_of(profile: Profile, corpus: Corpus, one: Scored, threshold: float, category: str) -> float:
    """Score of a category at a threshold, normalised by its own windows where it has any."""
    found, windows = one.sweeps[category], corpus.windows[category]
    raw = found.raw(profile, found.at(threshold))
    return profile.normalised(raw, windows) if windows else raw


def _autocorrelation(corpus: Corpus) -> str:
    # What a chart's run lengths take to be 0.
    said = []
    for size in (1, nab_detectors.TREND_POINT, nab_detectors.CHART_POINT):
        points = [nab_detectors.points_of(one.values, size) for one in corpus.series]
        found = [float(np.corrcoef(each[:-1], each[1:])[0, 1]) for each in points if np.ptp(each)]
        said.append(f"{f'medians of {size}' if size > 1 else 'samples'} {statistics.median(found):.2f}")
    return f"autocorrelation from one to the next, the middle series: {', '.join(said)}"


def _scorer(folder: Path, corpus: Corpus) -> Iterator[str]:
    yield "our scorer on published anomaly scores, at the published threshold and at the best; and the score published"
    yield f"{'':<20}" + "".join(f"{profile.name:>28}" for profile in PROFILES)
    yield f"{'':<20}" + f"{'ours':>12}{'published':>10}{'best':>6}" * len(PROFILES)
    for name, final in nab_files.published(folder).items():
        theirs = scored(name, corpus, [nab_files.anomaly_scores(folder, name, one) for one in corpus.series])
        line = f"{name:<20}"
        for profile in PROFILES:
            at = nab_files.threshold(folder, name, profile.name)
            ours, best = (score_of(profile, corpus, theirs, t, "all") for t in (at, _best(profile, theirs)))
            line += f"{ours:12.2f}{final[profile.name]:10.2f}{best:6.1f}"
        yield line


def _best(profile: Profile, one: Scored) -> float:
    whole = one.sweeps["all"]
    return float(whole.thresholds[whole.best(profile)])


def _by_category(profile: Profile, corpus: Corpus, all_scored: list[Scored]) -> Iterator[str]:
    heads = "".join(f"{_SHORT.get(name, name)[:9]:>9}" for name in corpus.categories)
    yield f"{profile.name:<32}{heads}  windows  false  threshold"
    for one in all_scored:
        threshold = _best(profile, one)
        cells = "".join(f"{score_of(profile, corpus, one, threshold, name):9.1f}" for name in corpus.categories)
        yield f"{one.name:<32}{cells}{_found(corpus, one, threshold)}  {threshold:9.4g}"


def _found(corpus: Corpus, one: Scored, threshold: float) -> str:
    whole = one.sweeps["all"]
    at = whole.at(threshold)
    return f"{corpus.windows['all'] - whole.missed[at]:9.0f}{whole.false_count[at]:7.0f}"


def _in_use(corpus: Corpus, all_scored: list[Scored]) -> Iterator[str]:
    yield f"{'standard, at its own limit':<32}{'score':>9}  windows  false  silent in  CPU, µs a sample"
    for one in all_scored:
        cost = "" if one.seconds is None else f"{one.seconds / corpus.samples * 1e6:18.2f}"
        figures = ""
        if one.name in nab_detectors.OURS:
            figures = f"{score_of(STANDARD, corpus, one, _LIMIT, 'all'):9.1f}{_found(corpus, one, _LIMIT)}"
        yield f"{one.name:<32}{figures:25}{one.silent:11d}{cost}".rstrip()


if __name__ == "__main__":
    raise SystemExit(main())
