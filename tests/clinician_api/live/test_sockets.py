"""The register of open sockets."""

from __future__ import annotations

from clinician_api.access import Role, scope_of
from clinician_api.live.sockets import MAX_PER_SESSION, Closing, OpenSocket, SocketRegister

NURSE, TECHNICIAN = scope_of(Role.NURSE, 1), scope_of(Role.TECHNICIAN, 1)


async def test_closing_a_session_closes_its_sockets_and_no_other() -> None:
    register = SocketRegister()
    mine, also_mine, other = OpenSocket(b"a", NURSE, 1), OpenSocket(b"a", TECHNICIAN, 1), OpenSocket(b"b", NURSE, 1)
    assert all(register.add(socket) for socket in (mine, also_mine, other))
    assert not register.see(b"a", NURSE), "one of them is another role's"
    register.close_sessions([b"a", b"unknown"], "signed out")
    assert mine.closing.result() == also_mine.closing.result() == Closing(1008, "signed out")
    assert not other.closing.done()


async def test_the_first_reason_counts() -> None:
    socket = OpenSocket(b"a", NURSE, 1)
    socket.close(1008, "first")
    socket.close(1011, "second")
    assert socket.closing.result() == Closing(1008, "first")


async def test_a_closed_socket_is_forgotten_and_makes_room() -> None:
    register = SocketRegister()
    sockets = [OpenSocket(b"a", NURSE, 1) for _ in range(MAX_PER_SESSION + 1)]
    assert [register.add(socket) for socket in sockets].count(True) == MAX_PER_SESSION
    for socket in sockets:
        register.discard(socket)
        register.discard(socket)
    assert register.sessions() == []
    assert register.add(sockets[0])


async def test_a_wall_is_as_loud_as_its_loudest_screen_and_people_s_are_none() -> None:
    register = SocketRegister()
    for number, (kiosk, sound) in enumerate([(7, "paused"), (7, "armed"), (7, "off"), (8, "blocked"), (None, "armed")]):
        register.add(OpenSocket(bytes([number]), NURSE, 1, sound=sound, kiosk_id=kiosk))
    assert register.walls() == {7: "armed", 8: "blocked"}
