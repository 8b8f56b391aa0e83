"""The homes of the demo: who lives there, which machine they have, what will happen to them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_agent.config import EdgeConfig, MachineSettings, OutboxSettings
from homehd import edge_template
from homehd.children import Child
from homehd.demo_accounts import AT_HOME, CLINIC
from store import accounts, homes, patients, pool, registry

_NAMES: Final = (
    "Amara Diallo", "Jonas Weber", "Mei Chen", "Ravi Menon", "Elif Kaya", "Sofia Rossi", "Noah Janssen", "Yuki Tanaka",
    "Lucía Romero", "Pavel Dvořák", "Grace Mwangi", "Oskar Lind", "Fatima Zahra", "Liam Byrne", "Anh Nguyen",
    "Mateo Silva",
)  # fmt: skip
_PROFILES: Final = ("nikkiso-v2", "toray-tr8000")


@dataclass(frozen=True)
class Course:
    """What a home is to show: the scenario, how far into the treatment it begins, seconds until the fault."""

    scenario: str
    start_minute: float
    onset_s: float


# The first is what a visitor should see within two minutes; the needle rule has by then learnt its baseline.
_COURSES: Final = (
    Course("needle_dislodgement", 62, 80),
    Course("steady", 25, 0),
    Course("hypotension", 118, 20),
    Course("clotting", 95, 30),
    Course("steady", 160, 0),
    Course("stuck_sensor", 44, 120),
    Course("air", 73, 200),
    Course("access_stenosis", 35, 60),
    Course("pump_stop", 51, 150),
    Course("blood_leak", 88, 260),
    Course("power_cut", 130, 300),
    Course("steady", 5, 0),
)


@dataclass(frozen=True)
class Home:
    """A provisioned home of the demo."""

    number: int
    unit: str
    shard: int
    profile: str
    course: Course


def provision(database_url: str, count: int, now_us: int) -> list[Home]:
    """Homes `demo-01` …, each with a patient; those of an earlier demo are used again."""
    homes = []
    with (
        closing(pool.connect(database_url, name="homehd demo")) as conn,
        pool.transaction(conn, "provision demo homes"),
    ):
        names = [f"demo-{number + 1:02d}" for number in range(count)]
        known = registry.units_by_name(conn, names)
        for number, name in enumerate(names):
            unit = known.get(name) or _new_home(conn, number, name, now_us)
            course = _COURSES[number % len(_COURSES)]
            # Only the second profile tells the arterial pressure, and only the first carries the cuff's time.
            profile = _PROFILES[number % len(_PROFILES)]
            homes.append(Home(number, unit.name, unit.shard, profile, course))
    return homes


def open_page(database_url: str, unit: str, now_us: int) -> None:
    """Let the account of a person at home see the treatment of whom this unit serves."""
    with closing(pool.connect(database_url, name="homehd demo")) as conn, pool.transaction(conn, "open demo home"):
        account = next((one for one in accounts.list_users(conn) if one.email == AT_HOME), None)
        served = None if account is None else homes.served(conn, unit, account.clinic_id)
        if account is not None and served is not None:
            homes.connect(conn, account.user_id, served[0], now_us)


def children(home: Home, folder: Path, broker_url: str, logs: Path, seed: int) -> list[Child]:
    """A home's two processes: the machine and the agent, joined by a pseudo-terminal and nothing else."""
    here = folder / home.unit
    here.mkdir(parents=True, exist_ok=True)
    port = here / "machine"
    config = here / "edge.toml"
    agent = EdgeConfig(
        unit=home.unit,
        shard=home.shard,
        broker=broker_url,
        machine=MachineSettings(protocol="jsdt", profile=home.profile, port=str(port)),
        outbox=OutboxSettings(path="outbox.sqlite"),
        clock="trusted",
    )
    config.write_text(edge_template.render(agent))
    machine = [
        "simulate", "machine", "--profile", home.profile, "--port", str(port), "--scenario", home.course.scenario,
        "--seed", str(seed * 1000 + home.number), "--start-minute", str(home.course.start_minute),
        "--onset", str(home.course.onset_s), "--truth", str(here / "truth.jsonl"),
    ]  # fmt: skip
    return [
        Child(f"{home.unit}-machine", machine, logs / f"{home.unit}-machine.log"),
        Child(f"{home.unit}-edge", ["edge", "--config", str(config)], logs / f"{home.unit}-edge.log"),
    ]


def _new_home(conn: pool.Connection, number: int, name: str, now_us: int) -> registry.Unit:
    unit = registry.add_unit(conn, f"Home {number + 1}", CLINIC, now_us, name=name)
    prescription = patients.Prescription(
        target_weight_kg=62.0 + 3 * (number % 7),
        pre_systolic_mmhg=138.0 + 2 * (number % 5),
        prescribed_conductivity_ms_cm=14.0,
        transmembrane_limit_mmhg=300.0,
    )
    patient_id = patients.add_patient(conn, _NAMES[number % len(_NAMES)], unit.clinic_id, prescription)
    patients.bind(conn, unit.unit_id, patient_id, now_us)
    return registry.unit_by_name(conn, name)
