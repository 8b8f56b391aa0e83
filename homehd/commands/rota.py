"""`homehd rota`: who is on call for a clinic, and what is wrong with that before it matters."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from alerts.load.turns import shift_of
from alerts.rota import calendar_export
from alerts.rota.calendar_text import MOST_BYTES
from alerts.rota.findings import LOOK_AHEAD_DAYS, findings, where_of
from alerts.rota.local_time import DAY_US, told, zone_of
from alerts.rota.shifts import Shift
from evaluation import rota_changes
from evaluation.load import handover
from homehd import handover_lines, names, rota_lines, rota_words, settings
from store import audit, channels, load, migrate, pool
from store import rota as store
from store.pool import Connection
from store.rota import Written
from telemetry.clock import SystemClock
from telemetry.errors import HomehdError, SettingsError
from telemetry.rota import LINE_WORDS, Audience, Book, Override, Rota, Rotation, Source

_WEEK_US: Final = 7 * DAY_US
MOST_WEEKS: Final = 53


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """add, rotate, override, swap, withdraw, end, accept, import, export, show, check, handover."""
    verbs = parser.add_subparsers(dest="verb", required=True)

    def verb(name: str, text: str, *, changes: bool, clinic: str | None = None) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=text, allow_abbrev=False)
        made.add_argument(
            "clinic", metavar="CLINIC", nargs=clinic, help="its name; - for all that have none of their own"
        )
        if name not in ("show", "check"):
            made.add_argument("--audience", choices=[one.value for one in Audience], default=Audience.CLINICAL.value)
            made.add_argument("--line", choices=list(LINE_WORDS.values()), default="primary")
        if changes:
            made.add_argument("--reason", required=True, metavar="TEXT", help="why, for those who come after you")
        settings.add_arguments(made)
        return made

    add = verb("add", "a new rota, empty", changes=True)
    add.add_argument("--zone", required=True, metavar="ZONE", help="of the clinic, like Europe/Berlin")
    rotate = verb("rotate", "who has it in turn, from a moment on", changes=True)
    _one_or_nobody(rotate, "--people", "E-MAIL,…", "in the order of their turns")
    rotate.add_argument("--every", default="1w", metavar="N", help="length of a turn: 7d, 1w (default)")
    rotate.add_argument("--hand-over", default="08:00", metavar="HH:MM", help="local; 08:00")
    rotate.add_argument("--anchor", required=True, metavar="DAY", help="on which the first of them begins a turn")
    rotate.add_argument("--from", dest="since", metavar="T", help="holds from then on: now")
    override = verb("override", "somebody else, or nobody, for a stretch", changes=True)
    _one_or_nobody(override, "--person", "E-MAIL", "who has it instead")
    override.add_argument("--from", dest="since", metavar="T", help="2026-03-02T08:00, local: now")
    override.add_argument("--to", required=True, metavar="T")
    swap = verb("swap", "the people of two shifts exchange them", changes=True)
    swap.add_argument("--first", required=True, metavar="T", help="a moment within the one")
    swap.add_argument("--second", required=True, metavar="T", help="and within the other")
    withdraw = verb("withdraw", "take an override or a swap back", changes=True)
    withdraw.add_argument("number", type=int, metavar="N", help="as `show` prints it")
    verb("end", "end a rota for good", changes=True)
    accept = verb("accept", "a person accepts, or declines, a shift", changes=False)
    accept.add_argument("--person", required=True, metavar="E-MAIL")
    accept.add_argument("--at", metavar="T", help="a moment within it: the next that waits for their word")
    accept.add_argument("--decline", action="store_true")
    accept.add_argument("--reason", default="", metavar="TEXT", help="needed to decline")
    taking = verb("import", "make it what a calendar file says", changes=True)
    taking.add_argument("file", metavar="FILE", help="iCalendar; - for standard input")
    taking.add_argument("--partly", action="store_true", help="leave events with a problem out, instead of all")
    giving = verb("export", "its shifts as a calendar file", changes=False)
    giving.add_argument("file", metavar="FILE", nargs="?", default="-", help="standard output")
    show = verb("show", "covered or not, who has which shift", changes=False, clinic="?")
    for one, weeks in ((taking, 13), (giving, 13), (show, 4)):
        one.add_argument("--weeks", type=_weeks, default=weeks, metavar="N", help=f"from now on: {weeks}")
    verb("check", "what is wrong with the days ahead; exit 1 when it is urgent", changes=False, clinic="?")
    giving_over = verbs.add_parser("handover", help="what whoever goes tells whoever comes", allow_abbrev=False)
    giving_over.add_argument("--clinic", metavar="CLINIC", help="its name: of all")
    giving_over.add_argument("--shift", choices=["now", "last"], default="now", help="that runs, or the one before")
    giving_over.add_argument(
        "--names", action="store_true", help="with names of patients; without, labels of units alone"
    )
    giving_over.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    settings.add_arguments(giving_over)


def run(options: argparse.Namespace) -> int:
    """Carry out one verb."""
    now_us = SystemClock().now_us() // 1_000_000 * 1_000_000  # a calendar knows nothing finer
    with settings.database(settings.load(options)) as url, closing(pool.connect(url, name="homehd rota")) as conn:
        migrate.check(conn)
        book = store.load(conn, now_us)
        return _VERBS[options.verb](conn, book, options, now_us) or 0


def _add(conn: Connection, book: Book, options: argparse.Namespace, now_us: int) -> None:
    clinic = rota_words.clinic(book, options.clinic)
    audience = Audience(options.audience)
    if clinic is None and audience is Audience.CLINICAL:
        raise SettingsError("read flags", "CLINIC -", hint="a clinical rota is of one clinic")
    line = next(line for line, word in LINE_WORDS.items() if word == options.line)
    clinic_id = None if clinic is None else clinic.clinic_id
    rota_changes.add(conn, clinic_id, audience, line, rota_words.zone(options.zone), _written(options, now_us))
    _rows([(options.clinic, options.audience, options.line, "made; `homehd rota rotate` says who has it")])


def _rotate(conn: Connection, book: Book, options: argparse.Namespace, now_us: int) -> None:
    rota = _rota(book, options)
    people = () if options.nobody else rota_words.people(book, options.people)
    rotation = Rotation(
        0, people, rota_words.every_days(options.every), rota_words.hand_over(options.hand_over),
        rota_words.anchor(options.anchor), _moment(options.since, "--from", rota, now_us),
    )  # fmt: skip
    rota_changes.rotate(conn, rota.rota_id, rotation, _written(options, now_us))
    _rows([(where_of(book, rota), "rotation", f"holds from {told(rotation.since_us, zone_of(rota.zone))}")])


def _override(conn: Connection, book: Book, options: argparse.Namespace, now_us: int) -> None:
    rota = _rota(book, options)
    start_us = _moment(options.since, "--from", rota, now_us)
    user_id = None if options.nobody else rota_words.person(book, options.person).user_id
    change = Override(0, start_us, _moment(options.to, "--to", rota, now_us), user_id, Source.OVERRIDE)
    number = rota_changes.override(conn, rota.rota_id, change, _written(options, now_us))
    _rows([(where_of(book, rota), f"override {number}", _stretch(rota, change))])


def _swap(conn: Connection, book: Book, options: argparse.Namespace, now_us: int) -> None:
    rota = _rota(book, options)
    moments = (_moment(options.first, "--first", rota, now_us), _moment(options.second, "--second", rota, now_us))
    halves = rota_changes.exchange(conn, rota.rota_id, *moments, _written(options, now_us))
    people = {half.number: book.people[half.user_id].name for half in halves if half.user_id is not None}
    _rows((where_of(book, rota), f"swap {one.number}", _stretch(rota, one), people[one.number]) for one in halves)


def _withdraw(conn: Connection, book: Book, options: argparse.Namespace, now_us: int) -> None:
    rota = _rota(book, options)
    gone = rota_changes.withdraw(conn, rota.rota_id, options.number, _written(options, now_us))
    _rows((where_of(book, rota), str(number), "withdrawn") for number in gone)


def _end(conn: Connection, book: Book, options: argparse.Namespace, now_us: int) -> None:
    rota = _rota(book, options)
    rota_changes.end(conn, rota.rota_id, _written(options, now_us))
    _rows([(where_of(book, rota), "ended")])


def _accept(conn: Connection, book: Book, options: argparse.Namespace, now_us: int) -> None:
    rota = _rota(book, options)
    person = rota_words.person(book, options.person)
    if options.decline and not options.reason.strip():
        raise SettingsError("read flags", "--decline", hint="--reason says why, for whoever looks for somebody else")
    at_us = None if options.at is None else _moment(options.at, "--at", rota, now_us)
    written = _written(options, now_us)
    shift = rota_changes.accept(conn, rota.rota_id, person.user_id, at_us, written, accepted=not options.decline)
    _rows([(where_of(book, rota), person.name, "declined" if options.decline else "accepted", _stretch(rota, shift))])


def _import(conn: Connection, book: Book, options: argparse.Namespace, now_us: int) -> None:
    rota = _rota(book, options)
    to_us = now_us + options.weeks * _WEEK_US
    written = _written(options, now_us)
    taken = rota_changes.take_calendar(conn, rota.rota_id, _read(options.file), to_us, written, partly=options.partly)
    _rows(("problem", str(one.trouble), one.about, one.words or "-") for one in taken.imported.problems)
    _rows(("note", words, str(count)) for words, count in sorted(taken.imported.notes.items()))
    if taken.change is None:
        subject = f"{len(taken.imported.problems)} events with a problem, nothing was changed"
        raise HomehdError("import calendar", subject, hint="put them right, or --partly leaves them out")
    new, gone = len(taken.change.new), len(taken.change.withdrawn)
    _rows([(where_of(book, rota), f"{new} new", f"{gone} withdrawn", f"{taken.change.unchanged} as they were")])


def _export(book: Book, options: argparse.Namespace, now_us: int) -> None:
    written = calendar_export.write(book, _rota(book, options), now_us, now_us + options.weeks * _WEEK_US)
    if options.file == "-":
        sys.stdout.buffer.write(written)
    else:
        Path(options.file).write_bytes(written)


def _show(book: Book, options: argparse.Namespace, now_us: int) -> None:
    to_us = now_us + options.weeks * _WEEK_US
    chosen = _chosen(book, options)
    _rows(rota_lines.coverage(book, chosen, now_us, to_us))
    clinic_ids = [one.clinic_id for one in book.clinics.values() if options.clinic in (None, one.name)]
    _rows(rota_lines.reach(book, clinic_ids, now_us))
    for rota in chosen:
        _rows([("rota", where_of(book, rota), rota.zone)])
        _rows(rota_lines.plan(book, rota, now_us, to_us))


def _check(conn: Connection, book: Book, options: argparse.Namespace, now_us: int) -> int:
    clinic = None if options.clinic is None else rota_words.clinic(book, options.clinic)
    found = [
        one
        for one in findings(book, channels.last_tested(conn), now_us)
        if options.clinic is None or one.clinic_id == (clinic and clinic.clinic_id)
    ]
    _rows(rota_lines.coverage(book, _chosen(book, options), now_us, now_us + LOOK_AHEAD_DAYS * DAY_US))
    _rows(rota_lines.told_findings(found))
    return 1 if any(one.urgent for one in found) else 0


def _handover(conn: Connection, book: Book, options: argparse.Namespace, now_us: int) -> None:
    clinic = None if options.clinic is None else rota_words.clinic(book, options.clinic)
    clinic_id = None if clinic is None else clinic.clinic_id
    stretch = shift_of(book, clinic_id, now_us, last=options.shift == "last")
    found = load.read(conn, stretch.from_us, stretch.to_us, now_us, clinic_id)
    report = handover(found, stretch, book, clinic_id, now_us)
    if options.json:
        print(msgspec.json.encode(handover_lines.plain(report, found.labels, names=options.names)).decode())
    else:
        _rows(handover_lines.lines(report, found.labels, names=options.names))


# All but `check` say what they did, or fail.
_VERBS: Final[dict[str, Callable[[Connection, Book, argparse.Namespace, int], int | None]]] = {
    "add": _add, "rotate": _rotate, "override": _override, "swap": _swap, "withdraw": _withdraw, "end": _end,
    "accept": _accept, "import": _import, "check": _check, "handover": _handover,
    "export": lambda _, *read: _export(*read), "show": lambda _, *read: _show(*read),
}  # fmt: skip


def _rota(book: Book, options: argparse.Namespace) -> Rota:
    return rota_words.rota(book, options.clinic, Audience(options.audience), options.line)


def _chosen(book: Book, options: argparse.Namespace) -> list[Rota]:
    clinic = None if options.clinic is None else rota_words.clinic(book, options.clinic)
    return [one for one in book.rotas if options.clinic is None or one.clinic_id == (clinic and clinic.clinic_id)]


def _moment(text: str | None, flag: str, rota: Rota, now_us: int) -> int:
    return now_us if text is None else rota_words.moment(text, flag, zone_of(rota.zone))


def _stretch(rota: Rota, one: Shift | Override) -> str:
    zone = zone_of(rota.zone)
    return f"{told(one.start_us, zone)} – {told(one.end_us, zone)}"


def _written(options: argparse.Namespace, now_us: int) -> Written:
    return Written(audit.operator(getpass.getuser()), options.reason.strip(), now_us)


def _one_or_nobody(parser: argparse.ArgumentParser, flag: str, metavar: str, text: str) -> None:
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument(flag, metavar=metavar, help=text)
    who.add_argument("--nobody", action="store_true", help="on purpose")


def _weeks(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_WEEKS:
        raise argparse.ArgumentTypeError(f"weeks, 1 to {MOST_WEEKS}: {text!r}")
    return int(text)


def _read(file: str) -> bytes:
    # One byte more than is taken shows that there is more; an endless file is not read to its end.
    if file == "-":
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    with Path(file).open("rb") as opened:
        return opened.read(MOST_BYTES + 1)


def _rows(rows: Iterable[tuple[str, ...]]) -> None:
    for row in rows:
        print(*map(names.shown, row), sep="\t")
