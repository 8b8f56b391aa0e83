"""The line between machine and box: pulled out, damaged, mute, shouted into, hung. Whole system, real processes.

The short forms run in the suite; `./run chaos` sets HOMEHD_CHAOS=long.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest

from homehd.children import Child
from protocols.jsdt.agreement import PATIENCE
from protocols.jsdt.profiles import PROFILES
from store import pool
from telemetry.signals import BY_NAME
from tests.conftest import require
from tests.line import UNTOUCHED, Cable, Line, damaging
from tests.noisy_line import bits_flipped, bytes_flipped, isolated, run
from tests.system import Home, System, listen, running, wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(3600)]

LONG = os.environ.get("HOMEHD_CHAOS") == "long"
RECOVERED_S = 5.0
TOLD_S = 15.0
WORDS = Path(__file__).parents[2] / "dashboard/src/words.ts"
LINKS = "SELECT name, active FROM machine_event WHERE unit_id = %(unit)s AND kind = 'link' ORDER BY seq"
STATUS = "SELECT machine, online FROM unit_status WHERE unit_id = %(unit)s"
pause = threading.Event()


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    yield from running(tmp_path)


def home_with(system: System, *, profile: str = "nikkiso-v2", poll_s: float = 0.5) -> Home:
    """A home whose agent is told of a port that a test holds in its hands; its machine runs."""
    home = system.add_home(1, profile=profile, poll_s=poll_s)
    config = home.folder / "edge.toml"
    config.write_text(config.read_text().replace(str(home.folder / "machine"), str(home.folder / "port")))
    home.machine.start()
    wait_for("the machine", (home.folder / "machine").exists, 20, system)
    system.ingest.start()
    return home


def test_pulled_out_again_and_again_it_is_back_within_five_seconds(system: System) -> None:
    home, chance = home_with(system), random.Random(5)
    cable = Cable(home.folder / "machine", home.folder / "port")
    cable.plug_in()
    home.agent.start()
    wait_for("first rows", lambda: len(system.stored(home)) > 2, 40, system)
    took: list[float] = []
    try:
        for _ in range(50 if LONG else 8):
            cable.pull_out()
            pause.wait(chance.uniform(0.2, 3.0))
            cable.plug_in()
            began = time.time()
            wait_for("a reading", lambda began=began: newest(system, home) > began, 20, system)
            took.append(time.time() - began)
    finally:
        cable.pull_out()
    print(f"{len(took)} times: back after {max(took):.1f} s at most, {sum(took) / len(took):.1f} s on average")
    assert max(took) <= RECOVERED_S
    wait_for("the last word", lambda: links(system, home)[-1:] == [("disconnected", True)], 10, system)
    told = links(system, home)
    assert told == [("disconnected", n % 2 == 0) for n in range(2 * len(took) + 1)], "each time it went and came"
    check_values(system, home)


@pytest.mark.parametrize("profile", ["v1", "nikkiso-v2"])
def test_a_line_that_damages_two_percent_of_bytes_never_lets_a_wrong_value_through(profile: str) -> None:
    """The codec alone, with confirming polls as the agent makes them.

    One bit of 2 % of all bytes is the hardest there is: of 2 % of all bits no frame of any length comes through.
    """
    answers = 1_000_000 if LONG else 6_000
    tally = run(PROFILES[profile], bytes_flipped(0.02), answers, seed=20)
    plain = run(PROFILES[profile], bytes_flipped(0.02), 6_000, seed=20, cautious=False)
    print(profile, dict(tally.outcomes))
    assert tally.wrong == []
    assert tally.outcomes["believed"] > answers / 300
    assert tally.outcomes["stale"] <= max(2, tally.outcomes["believed"] / 500)
    assert len(plain.wrong) > 10, "without the second opinion they do come through"


@pytest.mark.parametrize("profile", ["v1", "nikkiso-v2"])
def test_two_percent_of_bits_let_nothing_through_at_all(profile: str) -> None:
    tally = run(PROFILES[profile], bits_flipped(0.02), 100_000 if LONG else 2_000, seed=21)
    assert (tally.outcomes["believed"], tally.wrong) == (0, [])


@pytest.mark.parametrize("profile", ["v1", "nikkiso-v2"])
def test_a_rare_disturbance_of_a_good_line_shows_next_to_nothing_wrong(
    profile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two bytes of one frame in 40, the others untouched; calm is soon declared, so that most are met in calm."""
    monkeypatch.setattr("protocols.jsdt.agreement.CALM_FRAMES", 15)
    tally = run(PROFILES[profile], isolated(40), 1_000_000 if LONG else 20_000, seed=22)
    print(profile, dict(tally.outcomes), tally.wrong)
    assert tally.outcomes["damaged"] > 300
    assert len(tally.wrong) <= max(1, tally.outcomes["damaged"] / 1000)
    for name, believed, shown in tally.wrong:
        assert name != "alarms", "a flag counts only when it is seen twice"
        low, high = BY_NAME[name].plausible or (0.0, 0.0)
        assert isinstance(believed, float) and isinstance(shown, float)
        assert abs(believed - shown) <= 0.04 * (high - low), "what leaps is asked for again"


def test_on_a_damaged_line_the_agent_stores_what_the_machine_showed_or_nothing(system: System) -> None:
    home = home_with(system, profile="v1", poll_s=0.1)
    line = Line(home.folder / "machine", home.folder / "port")
    try:
        home.agent.start()
        wait_for("first rows", lambda: len(system.stored(home)) > 5, 40, system)
        clean = len(system.stored(home))
        line.damage = damaging(bytes_flipped(0.02), seed=1)
        pause.wait(1800.0 if LONG else 10.0)
        noisy = len(system.stored(home)) - clean
        assert noisy >= 3 and line.damaged > 5 * noisy
        line.damage = damaging(bits_flipped(0.02), seed=2)
        wait_for("the trouble to be told", lambda: status(system, home) == ("garbled", True), TOLD_S, system)
        line.damage = UNTOUCHED
        wait_for("the end of it", lambda: status(system, home) == ("connected", True), TOLD_S, system)
    finally:
        line.close()
    check_values(system, home)
    told = links(system, home)
    assert 1 <= told.count(("garbled", True)) <= (200 if LONG else 4), f"told, but not with every frame: {told}"


async def test_a_machine_that_stops_answering_is_told_as_such_and_not_as_a_home_offline(system: System) -> None:
    home = home_with(system, poll_s=1.0)
    cable = Cable(home.folder / "machine", home.folder / "port")
    cable.plug_in()
    system.add_doctor()
    system.api.start()
    home.agent.start()
    wait_for("first rows", lambda: len(system.stored(home)) > 2, 40, system)
    cookies: list[str] = []
    wait_for("the API", lambda: signed_in(system, cookies), 40, system)
    try:
        os.kill(home.machine.pid, signal.SIGSTOP)
        began = time.time()
        messages = await listen(system, cookies[0], TOLD_S)
        said = [(at, one) for at, message in messages for one in statuses(message, home)]
        silent = [at for at, one in said if one["machine"] == "silent"]
        assert silent and silent[0] - began < TOLD_S
        print(f"told on the screen after {silent[0] - began:.1f} s")
        assert all(one["online"] for _, one in said), "the home is there, its machine is not"
        assert status(system, home) == ("silent", True)
        assert links(system, home)[-1] == ("silent", True)
        words = WORDS.read_text()
        assert re.search(r'silent: "does not answer"', words) and re.search(
            r'"machine-silent": "machine does not', words
        )
        os.kill(home.machine.pid, signal.SIGCONT)
        # It answers all polls that have piled up at once: what is cut off of that may count as garbled for a moment.
        await asyncio.to_thread(wait_for, "the machine again", lambda: all_well(system, home), TOLD_S, system)
        assert ("silent", False) in links(system, home)
    finally:
        os.kill(home.machine.pid, signal.SIGCONT)
        cable.pull_out()


def test_a_port_that_talks_garbage_is_told_as_such(system: System) -> None:
    home, chance = home_with(system), random.Random(9)
    os.kill(home.machine.pid, signal.SIGSTOP)
    line = Line(home.folder / "machine", home.folder / "port")
    try:
        home.agent.start()
        wait_for("the agent", lambda: status(system, home) is not None, 40, system)
        began = time.monotonic()
        while status(system, home) != ("garbled", True) and time.monotonic() - began < TOLD_S:
            line.shout(chance.randbytes(96))  # 960 bytes a second is all that 9600 baud carries
            pause.wait(0.1)
        wait_for("the event", lambda: links(system, home) == [("garbled", True)], 10, system)
        assert status(system, home) == ("garbled", True)
        assert system.stored(home) == []
    finally:
        os.kill(home.machine.pid, signal.SIGCONT)
        line.close()


@pytest.mark.parametrize(("call", "after"), [("openat", 2), ("write", 12), *([("read", 12)] if LONG else [])])
def test_an_adapter_that_hangs_in_a_system_call_does_not_leave_the_machine_connected(
    system: System, call: str, after: int
) -> None:
    """strace holds one call on the port for longer than the test lasts, as the driver of a broken USB adapter does."""
    require(shutil.which("strace"), "strace", "apt-get install strace")
    home = home_with(system)
    port = home.folder / "port"
    line = Line(home.folder / "machine", port)
    held = HeldCall(home.agent, (port, port.resolve()), call, after)
    try:
        wait_for("first rows", lambda: len(system.stored(home)) > 2, 60, system)
        if call == "openat":
            line.close()  # the first one went well; the second hangs
            line = Line(home.folder / "machine", port)
        wait_for("it to hang", held.hangs, 60, system)
        wait_for("the truth", lambda: status(system, home) not in (None, ("connected", True)), TOLD_S, system)
        assert status(system, home) == ("disconnected" if call == "openat" else "silent", True), (
            "the box itself is there"
        )
    finally:
        held.end()
        line.close()


class HeldCall:
    """An agent whose `after`th such system call on one of these paths does not come back."""

    def __init__(self, agent: Child, paths: Sequence[Path], call: str, after: int) -> None:
        agent.log_file.parent.mkdir(parents=True, exist_ok=True)
        command = [
            "strace", "-f", "--seccomp-bpf", "-qq", "-o", os.devnull, "-e", f"trace={call}",
            "-e", f"inject={call}:delay_enter=600s:when={after}",
            *(word for path in paths for word in ("-P", str(path))),
            sys.executable, "-m", "homehd", *agent.words,
        ]  # fmt: skip
        with agent.log_file.open("ab") as sink:
            self._process = subprocess.Popen(
                command, env={**os.environ, **agent.environment}, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink,
                start_new_session=True,
            )  # fmt: skip

    def hangs(self) -> bool:
        """Whether that call was reached: a thread that strace stops, and does not let go."""
        return all(self._stopped() and not pause.wait(0.3) for _ in range(3))

    def _stopped(self) -> bool:
        strace = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        stats = [stat for pid in strace.read_text().split() for stat in Path(f"/proc/{pid}/task").glob("*/stat")]
        return any(stat.read_text().rpartition(")")[2].split()[0] == "t" for stat in stats)

    def end(self) -> None:
        """Kill it, and what it holds."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def signed_in(system: System, cookies: list[str]) -> bool:
    try:
        cookies.append(system.sign_in())
    except URLError:
        return False
    return True


def statuses(message: dict[str, Any], home: Home) -> list[dict[str, Any]]:
    """What a message of the live socket says of the home's status."""
    units = [unit["status"] for unit in message.get("units", ()) if unit["unit"] == home.unit and unit["status"]]
    return units + [one for one in message.get("statuses", ()) if one["unit"] == home.unit]


def status(system: System, home: Home) -> tuple[str, bool] | None:
    with pool.connect(system.database.url) as conn:
        found = conn.execute(STATUS, {"unit": home.unit_id}).fetchone()
        return (found[0], found[1]) if found else None


def all_well(system: System, home: Home) -> bool:
    """Whether the machine counts as connected and the last trouble of its line as over."""
    return status(system, home) == ("connected", True) and not links(system, home)[-1][1]


def newest(system: System, home: Home) -> float:
    """When the newest stored reading was taken, seconds since 1970."""
    return max((float(row["time"].timestamp()) for row in system.stored(home)), default=0.0)


def links(system: System, home: Home) -> list[tuple[str, bool]]:
    with pool.connect(system.database.url) as conn:
        return [(name, active) for name, active in conn.execute(LINKS, {"unit": home.unit_id})]


def check_values(system: System, home: Home) -> None:
    """Every stored value is one that the machine showed, at that time or at most PATIENCE answers and one before."""
    truth = home.truth
    shown_at = [entry["t"] for entry in truth]
    for row in system.stored(home):
        newest = bisect_right(shown_at, row["time"].timestamp() + 0.01)
        lately = [entry["readings"] for entry in truth[max(0, newest - PATIENCE - 2) : newest]]
        for name in BY_NAME:
            if row.get(name) is not None:
                values = [one.get(name) for one in lately]
                assert any(value == pytest.approx(float(row[name]), rel=1e-6) for value in values), (row["seq"], name)
