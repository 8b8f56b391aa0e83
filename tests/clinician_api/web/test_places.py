"""Places for connections: shares of addresses, the whole, and nothing left behind."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clinician_api.web.places import Places


def test_an_address_gets_its_share_and_the_others_theirs() -> None:
    places = Places(4, 2)
    assert all(places.come(n, "a") for n in range(6)), "two with a place, four that wait to be told"
    assert not places.come(6, "a"), "and no more"
    assert [places.is_placed(n, "a") for n in range(4)] == [True, True, False, False]
    assert places.come(7, "b") and places.is_placed(7, "b")
    places.go(0)
    assert places.is_placed(2, "a"), "there is room now"


def test_the_whole_is_a_limit_too() -> None:
    places = Places(2, 2)
    for number, address in enumerate("abc"):
        assert places.come(number, address)
    assert [places.is_placed(n, address) for n, address in enumerate("abc")] == [True, True, False]


def test_a_proxy_is_bounded_by_whom_it_asks_for() -> None:
    places = Places(9, 1)
    assert all(places.come(n, None) for n in range(5))
    assert places.is_placed(0, "a")
    assert not places.is_placed(1, "a")
    assert places.is_placed(1, "b"), "the same line, somebody else"


def test_a_place_is_handed_on() -> None:
    places = Places(1, 1)
    places.come("line", "a")
    places.hand_on("line", "socket")
    places.go("line")
    assert places.come("next", "a") and not places.is_placed("next", "a")
    places.go("socket")
    assert places.is_placed("next", "a")


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from("abc"), st.sampled_from(["come", "ask", "go"]))))
def test_whatever_happens_no_bound_is_passed_and_in_the_end_all_is_free(
    happened: list[tuple[int, str, str]],
) -> None:
    places = Places(5, 3)
    addresses: dict[int, str] = {}
    for who, address, what in happened:
        if what == "come" and who not in addresses:
            if places.come(who, address):
                addresses[who] = address
        elif what == "ask" and who in addresses:
            places.is_placed(who, address)
            addresses[who] = address
        elif what == "go":
            places.go(who)
            addresses.pop(who, None)
    placed = [address for who, address in addresses.items() if places.is_placed(who, address)]
    assert len(placed) <= 5 and all(placed.count(address) <= 3 for address in "abc")
    for who in addresses:
        places.go(who)
    assert all(places.come(n, "abc"[n % 2]) and places.is_placed(n, "abc"[n % 2]) for n in range(5))
