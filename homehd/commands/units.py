"""`homehd units`: provision, list and revoke homes."""

from __future__ import annotations

import argparse
from contextlib import closing

from edge_agent.config import EdgeConfig, MachineSettings, OutboxSettings
from homehd import edge_template, settings
from protocols import ADAPTERS
from store import migrate, pool, registry
from telemetry.clock import SystemClock


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """add NAME, list, revoke ID."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    add = verbs.add_parser("add", help="provision a home; prints its agent's configuration", allow_abbrev=False)
    add.add_argument("name", metavar="NAME", help="what staff call this home; no personal data goes to the box")
    add.add_argument("--clinic", metavar="C", help="the clinic that looks after it; created when it is new")
    add.add_argument("--protocol", default="jsdt", choices=sorted(ADAPTERS))
    add.add_argument("--profile", default="nikkiso-v2", help="the machine's model")
    add.add_argument("--port", default="/dev/ttyUSB0", metavar="PATH", help="the serial port on the box")
    add.add_argument("--broker", metavar="URL", help="where the box finds the broker (default: HOMEHD_BROKER)")
    add.add_argument("--outbox", default="outbox.sqlite", metavar="FILE", help="where the box keeps its readings")
    listing = verbs.add_parser("list", help="all homes, one a line", allow_abbrev=False)
    revoke = verbs.add_parser("revoke", help="take nothing of this home any more", allow_abbrev=False)
    revoke.add_argument("unit", metavar="ID")
    for verb in (add, listing, revoke):
        settings.add_arguments(verb)


def run(options: argparse.Namespace) -> int:
    """Carry out one verb."""
    loaded = settings.load(options)
    now_us = SystemClock().now_us()
    with settings.database(loaded) as url, closing(pool.connect(url, name="homehd units")) as conn:
        migrate.check(conn)
        if options.verb == "add":
            # A configuration the agent would refuse leaves no unit behind.
            with settings.broker(loaded) as broker_url, pool.transaction(conn, "add unit"):
                unit = registry.add_unit(conn, options.name, options.clinic, now_us)
                text = edge_template.render(_agent(unit, options.broker or broker_url, options))
            print(text, end="")
        elif options.verb == "revoke":
            with pool.transaction(conn, "revoke unit"):
                unit = registry.revoke_unit(conn, options.unit, now_us)
            print(f"{unit.name}\trevoked")
        else:
            for unit in registry.list_units(conn):
                state = "revoked" if unit.revoked_us else "active"
                print(f"{unit.name}\t{unit.shard}\t{state}\t{unit.clinic or '-'}\t{unit.label}")
    return 0


def _agent(unit: registry.Unit, broker_url: str, options: argparse.Namespace) -> EdgeConfig:
    return EdgeConfig(
        unit=unit.name,
        shard=unit.shard,
        broker=broker_url,
        machine=MachineSettings(protocol=options.protocol, profile=options.profile, port=options.port),
        outbox=OutboxSettings(path=options.outbox),
    )
