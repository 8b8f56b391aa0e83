"""A clinic with people and rotas to try things on; strategies for rotas of all sorts."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from hypothesis import strategies as st

from alerts.rota.local_time import DAY_US, microseconds
from telemetry.rota import PRIMARY, Audience, Book, Clinic, Override, Person, Rota, Rotation, Source

ANN, BOB, CY, DEE, TEC = 1, 2, 3, 4, 5
NORTH, SOUTH = 1, 2
PEOPLE = {
    ANN: Person(ANN, "Ann", "ann@clinic.example", "nurse", NORTH),
    BOB: Person(BOB, "Bob", "bob@clinic.example", "nephrologist", NORTH),
    CY: Person(CY, "Cy", "cy@clinic.example", "on-call", NORTH, disabled=True),
    DEE: Person(DEE, "Dee", "dee@clinic.example", "nurse", SOUTH),
    TEC: Person(TEC, "Tec", "tec@clinic.example", "technician"),
}
CLINICS = {NORTH: Clinic(NORTH, "North", True), SOUTH: Clinic(SOUTH, "South", False)}
# Half an hour of summer time in Lord Howe, none in Shanghai.
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe")
MONDAY = date(2026, 3, 2)


def us(text: str) -> int:
    """Microseconds of `2026-03-02T08:00` UTC, or with an offset."""
    at = datetime.fromisoformat(text)
    return microseconds(at if at.tzinfo else at.replace(tzinfo=UTC))


def rotation(
    *people: int, number: int = 1, every: int = 7, since: str = "2026-01-01T00:00", at: time = time(8)
) -> Rotation:
    """People in turn, the first from Monday 2026-03-02 on."""
    return Rotation(number, people, every, at, MONDAY, us(since))


def override(number: int, start: str, end: str, user_id: int | None, source: Source = Source.OVERRIDE) -> Override:
    """Somebody else for a stretch."""
    return Override(number, us(start), us(end), user_id, source)


def rota(
    *rotations: Rotation, overrides: tuple[Override, ...] = (), zone: str = "Europe/Berlin", **other: object
) -> Rota:
    """A clinical primary rota of North."""
    given: dict[str, object] = {"rota_id": 7, "clinic_id": NORTH, "audience": Audience.CLINICAL, "line": PRIMARY}
    return Rota(**(given | other), zone=zone, rotations=rotations, overrides=overrides)  # type: ignore[arg-type]


def book(*rotas: Rota, people: dict[int, Person] | None = None) -> Book:
    """All of it together."""
    return Book(rotas, PEOPLE if people is None else people, CLINICS)


# Around both changes of clocks of 2026, wherever they are.
MOMENTS = st.one_of(
    st.integers(us("2026-02-20T00:00"), us("2026-11-20T00:00")),
    st.sampled_from(["2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01"]).flatmap(
        lambda day: st.integers(us(f"{day}T00:00") - DAY_US, us(f"{day}T00:00") + DAY_US)
    ),
)
HAND_OVERS = st.one_of(
    st.sampled_from([time(0), time(1, 30), time(2), time(2, 30), time(3), time(8), time(23, 59)]),
    st.builds(time, st.integers(0, 23), st.integers(0, 59)),
)
_USERS = st.integers(1, 6)


@st.composite
def stretches(draw: st.DrawFn) -> tuple[int, int]:
    """A stretch of up to a few weeks."""
    start = draw(MOMENTS)
    return start, start + draw(st.one_of(st.integers(1, DAY_US), st.integers(1, 40 * DAY_US)))


@st.composite
def any_rota(draw: st.DrawFn) -> Rota:
    """A rota with versions, overrides and calendar shifts on top of each other, in any of the zones."""
    rotations = [
        Rotation(
            number, tuple(draw(st.lists(_USERS, max_size=4))), draw(st.sampled_from([1, 2, 7, 14, 56])),
            draw(HAND_OVERS), draw(st.dates(date(2025, 1, 1), date(2027, 1, 1))), draw(MOMENTS) - 90 * DAY_US,
        )
        for number in range(draw(st.integers(0, 3)))
    ]  # fmt: skip
    overrides = [
        Override(number, *draw(stretches()), draw(st.none() | _USERS), draw(st.sampled_from(list(Source)[1:])))
        for number in range(draw(st.integers(0, 6)))
    ]
    return rota(*rotations, overrides=tuple(overrides), zone=draw(st.sampled_from(ZONES)))
