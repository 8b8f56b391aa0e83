"""`homehd export`: what is stored, out, for other programs."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from homehd import fhir_files, hl7_files, reading_files, settings, times
from store import migrate, pool, reading_export, registry
from store.pool import Connection
from store.reading_export import Span
from telemetry import signals
from telemetry.clock import SystemClock
from telemetry.errors import SettingsError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """readings: of a treatment, or of a unit in a span. fhir, hl7: a treatment."""
    verbs = parser.add_subparsers(dest="what", required=True)
    readings = verbs.add_parser("readings", help="every stored row of a treatment or a span", allow_abbrev=False)
    of = readings.add_mutually_exclusive_group(required=True)
    of.add_argument("--treatment", type=int, metavar="ID", help="from its start to its end")
    of.add_argument("--unit", metavar="U", help="with --from and --to")
    readings.add_argument(
        "--from", dest="start", type=times.argument, metavar="T", help="inclusive: 2026-01-31T08:00:00Z"
    )
    readings.add_argument("--to", dest="end", type=times.argument, metavar="T", help="exclusive")
    readings.add_argument("--signals", metavar="A,B", help="only these (default: all)")
    readings.add_argument("--format", choices=reading_files.FORMATS, default="csv")
    readings.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    settings.add_arguments(readings)
    fhir = verbs.add_parser("fhir", help="a treatment as FHIR R4 resources", allow_abbrev=False)
    fhir.add_argument("--treatment", type=int, metavar="ID", required=True)
    fhir.add_argument(
        "--format", choices=fhir_files.FORMATS, default="ndjson", help="one resource a line, or one Bundle"
    )
    fhir.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    fhir.add_argument(
        "--names", action="store_true", help="names of the patient and of staff, and what staff typed, as well"
    )
    settings.add_arguments(fhir)
    hl7 = verbs.add_parser("hl7", help="a treatment as HL7 messages (PCD-01, PCD-04)", allow_abbrev=False)
    hl7.add_argument("--treatment", type=int, metavar="ID", required=True)
    hl7.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    hl7.add_argument("--names", action="store_true", help="the name of the patient, as well")
    settings.add_arguments(hl7)


def run(options: argparse.Namespace) -> int:
    """Write what was asked for; how much that is goes to standard error."""
    return {"fhir": _fhir, "hl7": _hl7, "readings": _readings}[options.what](options)


def _fhir(options: argparse.Namespace) -> int:
    with settings.database(settings.load(options)) as url:
        with closing(pool.connect(url, name="homehd export")) as conn:
            migrate.check(conn)
        found = asyncio.run(fhir_files.resources(url, options.treatment, SystemClock().now_us(), names=options.names))
    with _sink(options.output) as sink:
        fhir_files.write(found, options.format, SystemClock().now_us(), sink)
    shown = "with names" if options.names else "without names"
    print(f"{len(found)} resources of treatment {options.treatment}, {shown}", file=sys.stderr)
    return 0


def _hl7(options: argparse.Namespace) -> int:
    with settings.database(settings.load(options)) as url:
        with closing(pool.connect(url, name="homehd export")) as conn:
            migrate.check(conn)
        found = asyncio.run(hl7_files.treatment(url, options.treatment, SystemClock().now_us(), names=options.names))
    with _sink(options.output) as sink:
        sink.write("".join(found).encode())
    shown = "with names" if options.names else "without names"
    print(f"{len(found)} messages of treatment {options.treatment}, {shown}", file=sys.stderr)
    return 0


def _readings(options: argparse.Namespace) -> int:
    chosen = _signals(options.signals)
    if options.unit is not None and (options.start is None or options.end is None or options.start >= options.end):
        raise SettingsError("export readings", options.unit, hint="--unit needs --from T and --to T, in this order")
    if options.treatment is not None and (options.start or options.end):
        raise SettingsError("export readings", f"treatment {options.treatment}", hint="it has its own span")
    if options.format == "parquet" and options.output is None and sys.stdout.isatty():
        raise SettingsError("export readings", "parquet", hint="not for a terminal: --output FILE")
    url_of = settings.database(settings.load(options))
    with url_of as url, closing(pool.connect(url, name="homehd export")) as conn:
        migrate.check(conn)
        span = _span(conn, options)
        with _sink(options.output) as sink:
            rows = reading_files.write(conn, span, chosen, options.format, sink)
    print(f"{rows} readings of {span.unit}", file=sys.stderr)
    return 0


def _span(conn: Connection, options: argparse.Namespace) -> Span:
    if options.treatment is not None:
        return reading_export.treatment_span(conn, options.treatment, SystemClock().now_us())
    unit = registry.unit_by_name(conn, options.unit)
    return Span(unit.unit_id, unit.name, options.start, options.end)


def _signals(names: str | None) -> list[signals.Signal]:
    if names is None:
        return list(signals.CATALOGUE)
    wanted = list(dict.fromkeys(name for name in names.split(",") if name))
    unknown = [name for name in wanted if name not in signals.BY_NAME]
    if unknown or not wanted:
        subject = unknown[0] if unknown else "--signals"
        raise SettingsError("export readings", subject, hint=f"signals: {', '.join(signals.BY_NAME)}")
    return [signals.BY_NAME[name] for name in wanted]


@contextmanager
def _sink(path: Path | None) -> Iterator[BinaryIO]:
    """Where to write. A file has its name only when it is whole."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as sink:
            yield sink
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
