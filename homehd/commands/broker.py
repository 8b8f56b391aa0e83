"""`homehd broker config`: the configuration of a Mosquitto that homes reach over the internet."""

from __future__ import annotations

import argparse
from pathlib import Path

from homehd import broker_folder
from homehd.mosquitto_config import RIGHTS, SERVICES, Plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the files go, and where the broker listens."""
    plain = Plan(Path())
    verbs = parser.add_subparsers(dest="verb", required=True)
    config = verbs.add_parser("config", help="write a folder of files for Mosquitto", allow_abbrev=False)
    config.add_argument("--folder", type=Path, required=True, metavar="DIR", help="where the broker's files are kept")
    config.add_argument("--homes", type=int, default=plain.homes, metavar="N", help="how many homes it is for")
    config.add_argument("--homes-host", default=plain.homes_host, metavar="ADDRESS", help="default: every address")
    config.add_argument("--homes-port", type=int, default=plain.homes_port, metavar="P")
    config.add_argument(
        "--services-host", default=plain.services_host, metavar="ADDRESS", help="not loopback: with TLS"
    )
    config.add_argument("--services-port", type=int, default=plain.services_port, metavar="P")
    for name, what in (("ca", "the authority's certificate"), ("cert", "the broker's"), ("key", "its private key")):
        config.add_argument(f"--{name}-file", default=getattr(plain, f"{name}_file"), metavar="FILE", help=what)
    config.add_argument("--crl-file", default=plain.crl_file, metavar="FILE", help="where the registrar writes it")
    config.add_argument("--user", default=plain.user, help="whom the broker becomes when root starts it")
    config.add_argument(
        "--persistence", default=plain.persistence, metavar="DIR", help="where it keeps what is retained"
    )
    config.add_argument("--pid-file", default="", metavar="FILE", help="only where no service manager knows the broker")
    config.add_argument("--new-passwords", action="store_true", help="replace the services' passwords")
    config.add_argument(
        "--simulator", action="store_true", help="an account that speaks for every home: load tests only"
    )


def run(options: argparse.Namespace) -> int:
    """Write the files, keep passwords that are there, and say what is still missing."""
    plan = Plan(
        folder=options.folder.absolute(),
        homes=options.homes,
        homes_host=options.homes_host,
        homes_port=options.homes_port,
        services_host=options.services_host,
        services_port=options.services_port,
        ca_file=options.ca_file,
        cert_file=options.cert_file,
        key_file=options.key_file,
        crl_file=options.crl_file,
        user=options.user,
        persistence=options.persistence,
        pid_file=options.pid_file,
    )
    services = tuple(RIGHTS) if options.simulator else SERVICES
    for told in broker_folder.write(plan, services, new_passwords=options.new_passwords):
        print(told)
    return 0
