from __future__ import annotations

import re

import pytest

from bench import live, live_clients, live_floor

pytestmark = [pytest.mark.usefixtures("in_memory"), pytest.mark.timeout(180)]


def test_the_short_form_measures_the_api_and_the_bare_server(capfd: pytest.CaptureFixture[str]) -> None:
    # 0 also means: who stopped reading was closed, and nobody else.
    assert live.main(["--quick"]) == 0
    out = capfd.readouterr().out
    rows = re.findall(
        r"^(all well|1 stalled, 1 leaving|bare websockets) +([\d.]+) +(\d+) +(\d+) +(\d+)", out, re.MULTILINE
    )
    assert [row[0] for row in rows] == ["all well", "1 stalled, 1 leaving", "bare websockets"]
    assert all(float(row[4]) > 100 for row in rows), "kB a second and client: the frames of 500 homes"
    assert "Of 1 that stopped reading 1 were closed, of the others 0;" in out


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_a_frame_is_taken_when_it_is_whole_and_not_before(length: int) -> None:
    head = (
        bytes([0x81, length]) if length < 126
        else bytes([0x81, 126]) + length.to_bytes(2) if length < 65_536
        else bytes([0x81, 127]) + length.to_bytes(8)
    )  # fmt: skip
    whole = bytearray(head + b"x" * length)
    assert live_clients.frame_at(whole, 0) == (1, len(head), len(head) + length)
    assert live_clients.frame_at(whole[:-1], 0) is None


def test_the_bare_server_changes_nothing_but_the_first_and_the_last_time() -> None:
    times = [f'{{"time":"2026-01-0{n}T00:00:00.000001Z"}}' for n in (1, 2, 3)]
    text = '{"type":"readings","readings":[' + ",".join(times) + "]}"
    sent = live_floor.stamped(text)
    assert len(sent) == len(text)
    assert times[1] in sent
    assert times[0] not in sent
    assert times[2] not in sent
    assert live_floor.stamped('{"type":"status"}') == '{"type":"status"}'
