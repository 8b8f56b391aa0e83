"""`homehd simulate`: a machine on a pseudo-terminal, or a fleet's traffic straight to the broker."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from homehd.stopping import stop_event
from simulators import device_port, fleet, fleet_options, gambro_machine, gateway_publisher, hl7_machine
from simulators.device_port import MachineOptions
from simulators.gateway_machine import GatewayOptions
from telemetry.clock import SystemClock
from telemetry.errors import SettingsError

if TYPE_CHECKING:
    from homehd.settings import ServerSettings

MAX_HOMES = 100_000
MAX_HZ, MAX_SECONDS = 100, 7 * 24 * 3600


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Two kinds of simulation."""
    kinds = parser.add_subparsers(dest="kind", required=True)
    _add_machine(kinds.add_parser("machine", help="a machine at a serial port or on the network", allow_abbrev=False))
    _add_fleet(kinds.add_parser("fleet", help="the traffic of many agents, for load", allow_abbrev=False))


def run(options: argparse.Namespace) -> int:
    """Blocks until the simulation is over or SIGTERM."""
    return _machine(options) if options.kind == "machine" else _fleet(options)


def _add_machine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--protocol", default="jsdt", metavar="P", help="jsdt, hl7_dialysis, mqtt_gateway, gambro_ak")
    parser.add_argument("--profile", required=True)
    parser.add_argument("--port", metavar="PATH", help="serial: becomes a link to the pseudo-terminal")
    parser.add_argument("--connect", metavar="HOST:PORT", help="hl7_dialysis: where the box listens")
    parser.add_argument("--every", type=float, metavar="S", help="simulated seconds between readings nobody asks for")
    parser.add_argument("--broker", metavar="URL", help="mqtt_gateway: the home's own broker")
    parser.add_argument("--topic", default="homehd/gateway", metavar="PREFIX", help="mqtt_gateway: where it publishes")
    parser.add_argument("--beside", action="store_true", help="mqtt_gateway: cuff and scale only")
    parser.add_argument("--cuff-minutes", type=float, metavar="M", help="mqtt_gateway: between two blood pressures")
    parser.add_argument("--scenario", default="steady", metavar="NAME")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--speed", type=float, default=1.0, metavar="X", help="simulated seconds per second")
    parser.add_argument("--truth", type=Path, metavar="FILE", help="write every value shown, one JSON object a line")
    parser.add_argument("--start-minute", type=float, metavar="M", help="begin this far into the treatment")
    parser.add_argument("--onset", type=float, metavar="S", help="simulated seconds from the start to the fault")
    parser.add_argument("--treatment-minutes", type=float, metavar="M", help="length of the treatment")


def _machine(options: argparse.Namespace) -> int:
    simulate = MACHINES.get(options.protocol)
    if simulate is None:
        hint = f"the simulator speaks: {', '.join(MACHINES)}"
        raise SettingsError("choose protocol", repr(options.protocol), hint=hint)
    simulate(options)
    return 0


def _course(options: argparse.Namespace) -> dict[str, Any]:
    """What all simulated machines are told."""
    return {
        "profile": options.profile,
        "scenario": options.scenario,
        "seed": options.seed,
        "speed": options.speed,
        "start_minute": options.start_minute,
        "onset_s": options.onset,
        "treatment_minutes": options.treatment_minutes,
    }


def _ported(options: argparse.Namespace) -> MachineOptions:
    if not options.port:
        raise SettingsError("read flags", "--port", hint="say where the pseudo-terminal's link shall be")
    return MachineOptions(
        protocol=options.protocol, port=Path(options.port), truth=options.truth, **_course(options)
    )  # fmt: skip


def _jsdt(options: argparse.Namespace) -> None:
    device_port.run_machine(_ported(options), SystemClock(), stop_event())


def _gambro(options: argparse.Namespace) -> None:
    gambro_machine.run_machine(_ported(options), SystemClock(), stop_event())


def _hl7(options: argparse.Namespace) -> None:
    machine = hl7_machine.Hl7Options(
        connect=options.connect or options.port or "",
        every_s=5.0 if options.every is None else options.every,
        truth=options.truth,
        **_course(options),
    )
    hl7_machine.run_machine(machine, SystemClock(), stop_event())


def _gateway(options: argparse.Namespace) -> None:
    if not options.broker:
        raise SettingsError("read flags", "--broker", hint="say where the home's broker is: mqtt://127.0.0.1:1883")
    gateway = GatewayOptions(
        broker=options.broker,
        prefix=options.topic,
        beside=options.beside,
        cuff_minutes=options.cuff_minutes,
        every_s=1.0 if options.every is None else options.every,
        **_course(options),
    )
    gateway_publisher.run_gateway(gateway, SystemClock(), stop_event(), options.truth)


MACHINES: Final[dict[str, Callable[[argparse.Namespace], None]]] = {
    "jsdt": _jsdt,
    "hl7_dialysis": _hl7,
    "mqtt_gateway": _gateway,
    "gambro_ak": _gambro,
}


def _add_fleet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings as TOML; the environment overrides them")
    parser.add_argument(
        "--homes", type=int, metavar="N", help="provisions sim-0001 … in the database and speaks for them"
    )
    parser.add_argument("--units", type=Path, metavar="FILE", help="instead: `unit shard` a line, already provisioned")
    parser.add_argument("--hz", type=float, default=1.0, metavar="F", help="samples a second and home")
    parser.add_argument("--seconds", type=float, default=60.0, metavar="T")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    parser.add_argument("--truth", type=Path, metavar="FILE", help="write every row sent, one JSON object a line")


def _fleet(options: argparse.Namespace) -> int:
    # A machine is simulated on a box, which has no database driver: only a fleet needs the server's parts.
    from homehd import settings

    if (options.units is None) == (options.homes is None):
        raise SettingsError("read flags", "--homes and --units", hint="give one of them")
    if options.homes is not None and not 1 <= options.homes <= MAX_HOMES:
        raise SettingsError("read flags", f"--homes {options.homes}", hint=f"1…{MAX_HOMES}")
    if not 0 < options.hz <= MAX_HZ or not 0 < options.seconds <= MAX_SECONDS:
        hint = f"--hz above 0 and up to {MAX_HZ}, --seconds above 0 and up to {MAX_SECONDS}"
        raise SettingsError("read flags", f"--hz {options.hz:g} --seconds {options.seconds:g}", hint=hint)
    loaded = settings.load(options)
    with settings.broker(loaded) as broker_url:
        units = fleet_options.read_units(options.units) if options.units else _provision(loaded, options.homes)
        plan = fleet_options.FleetOptions(
            broker=broker_url,
            units=units,
            hz=options.hz,
            seconds=options.seconds,
            seed=options.seed,
            truth=options.truth,
        )
        return fleet.run_fleet(plan, SystemClock(), stop_event(), sys.stdout)


def _provision(loaded: ServerSettings, homes: int) -> tuple[tuple[str, int], ...]:
    from homehd import settings
    from store import migrate, pool, registry

    names = [f"sim-{number + 1:04d}" for number in range(homes)]
    now_us = SystemClock().now_us()
    with settings.database(loaded) as url, closing(pool.connect(url, name="homehd simulate")) as conn:
        migrate.check(conn)
        with pool.transaction(conn, "provision the simulated fleet"):
            known = registry.units_by_name(conn, names)
            for name in names:
                if name not in known:
                    registry.add_unit(conn, f"Simulated home {name}", "Simulated fleet", now_us, name=name)
            known = registry.units_by_name(conn, names)
    return tuple((name, known[name].shard) for name in names)
