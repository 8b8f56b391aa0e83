"""Agent, broker, ingest and database killed with SIGKILL under way: afterwards the store equals the truth.

The short form runs in the suite; `./run chaos` sets HOMEHD_CHAOS=long for many more kills.
"""

from __future__ import annotations

import os
import random

import pytest

from tests.chaos.faults import (
    check_home,
    kill_agent,
    kill_broker,
    kill_database,
    kill_ingest,
    pause,
    stop_machine_between_polls,
)
from tests.system import System, wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1500)]

LONG = os.environ.get("HOMEHD_CHAOS") == "long"
HOMES = 6 if LONG else 3
ROUNDS = 15 if LONG else 2
POLL_S = 0.5


def test_nothing_is_lost_and_nothing_doubled(system: System) -> None:
    chance = random.Random(7)
    homes = [system.add_home(number, poll_s=POLL_S) for number in range(HOMES)]
    system.ingest.start()
    for home in homes:
        home.machine.start()
        home.agent.start()
    wait_for("first rows", lambda: all(len(system.stored(home)) > 3 for home in homes), 40, system)

    for _ in range(ROUNDS):
        faults = [lambda: kill_agent(chance.choice(homes)), lambda: kill_broker(system),
                  lambda: kill_ingest(system), lambda: kill_database(system)]  # fmt: skip
        chance.shuffle(faults)
        for fault in faults:
            fault()
            pause.wait(chance.uniform(1.0, 3.0))

    for home in homes:
        stop_machine_between_polls(home)
    truths = {home.unit: len(home.truth) for home in homes}
    wait_for("the backlog", lambda: all(len(system.stored(home)) >= truths[home.unit] for home in homes), 120, system)
    for home in homes:
        check_home(system, home)
