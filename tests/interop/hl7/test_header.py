"""Who speaks to whom about whom: pseudonymous unless asked otherwise."""

from __future__ import annotations

import pytest

from interop.hl7.header import PCD_01, PCD_04, Head, Kind, Route, Whose, entity, opening

HEAD = Head(Route(("homehd", "1.2.3", "ISO"), "EMR", "North|Hospital"), "0123456789abcdef0123", 1_750_000_000_000_000)


def fields(kind: Kind, whose: Whose, head: Head = HEAD) -> dict[str, list[str]]:
    return {line.split("|")[0]: line.split("|") for line in opening(kind, head, whose)}


def test_without_names_it_says_so() -> None:
    pid = fields(PCD_01, Whose("h1", 7))["PID"]
    assert pid[3] == "7^^^homehd^ANON" and pid[5] == "^^^^^^S"


def test_a_name_is_there_when_asked_for() -> None:
    pid = fields(PCD_01, Whose("h1", 7, "Ada ^ Example"))["PID"]
    assert pid[3] == "7^^^homehd^PI" and pid[5] == "Ada \\S\\ Example^^^^^^U"


def test_where_nobody_is_served_the_home_is_told() -> None:
    pid = fields(PCD_01, Whose("h1", None))["PID"]
    assert pid[3] == "h1^^^homehd^U"


@pytest.mark.parametrize(
    ("kind", "type_", "asked", "profile"),
    [
        (PCD_01, "ORU^R01^ORU_R01", ("NE", "AL"), "IHE_PCD_001"),
        (PCD_04, "ORU^R40^ORU_R40", ("AL", "NE"), "IHE_PCD_ACM_001"),
    ],
)
def test_each_profile_says_what_it_is_and_what_it_waits_for(
    kind: Kind, type_: str, asked: tuple[str, str], profile: str
) -> None:
    # Split at |, MSH-1 is no field: MSH-n stands at n - 1.
    msh = fields(kind, Whose("h1", 7))["MSH"]
    assert (msh[8], msh[9], msh[10], msh[11]) == (type_, HEAD.control_id, "P", "2.6")
    assert (msh[14], msh[15]) == asked and msh[17] == "UNICODE UTF-8" and msh[20].startswith(profile)


def test_receivers_and_senders_are_components_and_text() -> None:
    msh = fields(PCD_01, Whose("h1", 7))["MSH"]
    assert (msh[2], msh[4], msh[5]) == ("homehd^1.2.3^ISO", "EMR", "North\\F\\Hospital")
    assert entity("alert-5", HEAD.route) == "alert-5^homehd^1.2.3^ISO"
    assert fields(PCD_01, Whose("h1", 7))["PV1"][2:4] == ["U", "h1^^^^^H"]
