"""Question: what do 24 strips of a four-hour treatment cost a browser, and does one second's spike stay visible?

A real Chromium, a page made of the patient page's own parts (`dashboard/bench/charts.tsx`): its eight strips three
times, each with all 14 400 seconds, which is the worst: a page open for the whole treatment. Measured: the page's work
in a second while a reading a second comes; frames while somebody zooms from four hours to ten minutes and pans an hour,
anew at every frame. Beside it, in the same run: an empty page, and the least that shows the same (a canvas for each
strip, one line a column of pixels, no axes, no cursor), which is the physical limit: our own library is uPlot, the
fastest of its peers by its own comparison, so another peer would say less than the limit does. Drawn without a graphics
card here. That the server's buckets keep a spike is `tests/clinician_api/routes/test_history.py`'s to show; here the
painted pixels are looked at. Baseline: bench/charts.txt.

    ./run bench charts [--quick]
"""

from __future__ import annotations

import argparse
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, CDPSession, sync_playwright

from bench.wall import used_s

DASHBOARD: Final = Path(__file__).resolve().parents[1] / "dashboard"
KINDS: Final = {"empty": "empty page", "lines": "bare lines", "strips": "strips"}
COLUMNS: Final = ("work ms/s", "frames/s", "p50 ms", "p99 ms", "longest ms", "long tasks ms/s")
# The rows in which only the middle of each strip is painted, as a share of its height: a spike that is seen.
SPIKES: Final = """() => [...document.querySelectorAll("canvas")].map((canvas) => {
  const {width, height} = canvas, context = canvas.getContext("2d");
  const painted = (from, to) => {
    const {data, width: wide} = context.getImageData(from, 0, to - from, height), rows = new Set();
    for (let at = 3; at < data.length; at += 4) if (data[at] > 0) rows.add(Math.floor(at / 4 / wide));
    return rows;
  };
  const middle = painted(Math.floor(width * 0.4), Math.floor(width * 0.6));
  const beside = painted(Math.floor(width * 0.7), Math.floor(width * 0.9));
  return [...middle].filter((row) => !beside.has(row)).length / height;
})"""


def main(words: Sequence[str] | None = None) -> int:
    """Build the page, measure the three kinds, print the table; 1 when a spike cannot be seen."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a moment of each: whether it works")
    seconds = 2.0 if parser.parse_args(words).quick else 12.0
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("bench charts: needs chromium on the PATH", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        build(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before")
        print(f"{'':22}" + "".join(f"{name:>17}" for name in COLUMNS))
        with serving(Path(folder)) as url:
            spikes = [seen(browser, url, kind, seconds) for kind in KINDS]
        browser.close()
    share = min(spikes[-1], default=0.0)
    print(
        f"\nA spike of one second in {len(spikes[-1])} strips of four hours: {share:.0%} of a strip's height at least"
    )
    return 0 if share > 0.2 else 1


def build(folder: Path) -> None:
    """The page, out of the dashboard's sources."""
    words = ["hatch_build.py", "npm", "run", "bench", "--", "--outDir", str(folder)]
    subprocess.run([sys.executable, *words], cwd=DASHBOARD, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Its address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/charts.html"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def seen(browser: Browser, url: str, kind: str, seconds: float) -> list[float]:
    """One kind's rows of the table; what of its height each strip's spike takes."""
    page = browser.new_context(viewport={"width": 1280, "height": 2400}).new_page()
    page.goto(f"{url}#{kind}")
    page.locator(f'body[data-ready="{kind}"]').wait_for(timeout=60_000)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    page.wait_for_timeout(1000)
    spikes: list[float] = page.evaluate(SPIKES)
    for deed in ("live", "move"):
        row(f"{KINDS[kind]}, {deed}", session, lambda deed=deed: page.evaluate(f"window.bench.{deed}({seconds})"))
    page.context.close()
    return spikes


def row(name: str, session: CDPSession, measure: Any) -> None:
    """Measure and print."""
    before_s = used_s(session)
    frames = measure()
    work = (used_s(session) - before_s) * 1000 / frames["seconds"]
    figures = (
        work, frames["frames"] / frames["seconds"], frames["p50"], frames["p99"], frames["longest"],
        frames["longTaskMs"] / frames["seconds"],
    )  # fmt: skip
    print(f"{name:22}" + "".join(f"{figure:>17.1f}" for figure in figures), flush=True)


if __name__ == "__main__":
    sys.exit(main())
