"""`homehd registrar`: certificates for boxes. Without a verb it is the service, in the foreground."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

from homehd import provisioning, settings
from homehd.settings import ServerSettings
from homehd.stopping import stop_event
from registrar import identities, service
from store import migrate, pool
from telemetry.clock import SystemClock


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """init, server NAME…; nothing: serve."""
    settings.add_arguments(parser)
    verbs = parser.add_subparsers(dest="verb")
    init = verbs.add_parser("init", help="make the authority, print its fingerprint", allow_abbrev=False)
    server = verbs.add_parser("server", help="a certificate for a server, such as the broker", allow_abbrev=False)
    server.add_argument("names", nargs="+", metavar="NAME", help="host names and addresses that homes use")
    server.add_argument("--folder", type=Path, required=True, metavar="DIR", help="gets root.pem, F.pem and F.key")
    server.add_argument("--file", default="broker", metavar="F", help="default: broker")
    for verb in (init, server):
        settings.add_arguments(verb)


def run(options: argparse.Namespace) -> int:
    """Blocks until SIGTERM, unless there is a verb."""
    loaded = settings.load(options)
    if options.verb is None:
        _serve(loaded)
        return 0
    with settings.database(loaded) as url, closing(pool.connect(url, name="homehd registrar")) as conn:
        migrate.check(conn)
        now_us = SystemClock().now_us()
        if options.verb == "init":
            folder = provisioning.authority_folder(loaded)
            made = identities.make_authority(conn, folder, now_us, provisioning.passphrase())
            print(f"{folder}\t{made.fingerprint.hex()}")
        else:
            authority, _ = provisioning.authority(conn, loaded)
            for path in identities.server_files(
                conn, authority, options.folder, options.file, tuple(options.names), now_us
            ):
                print(path)
    return 0


def _serve(loaded: ServerSettings) -> None:
    with settings.services(loaded) as where:
        options = service.RegistrarOptions(
            database_url=where.database_url,
            broker_url=where.broker_url,
            folder=provisioning.authority_folder(loaded),
            names=provisioning.registrar_names(loaded),
            host=loaded.registrar_host,
            port=loaded.registrar_port,
            health_port=loaded.registrar_health_port,
            passphrase=provisioning.passphrase(),
            crl=Path(loaded.registrar_crl) if loaded.registrar_crl else None,
            broker_reload=loaded.broker_reload,
            homes_url=loaded.homes_broker or "",
            database_folders=loaded.data_folders,
        )
        service.run(options, SystemClock(), stop_event())
