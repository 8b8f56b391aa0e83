"""The last self-test over HTTP and on the socket, as far as the clinic goes."""

from __future__ import annotations

from clinician_api.access import Role
from store import registry, selftests
from store.selftests import Broken
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import Api
from tests.clinician_api.rotas import Duty


def ran(api: Api, broken: Broken, detail: str) -> None:
    """A test that came to its end, without a page to anybody."""
    with api.database() as conn:
        run_id = selftests.begin(conn, "daily", SystemClock().now_us())
        assert run_id is not None
        selftests.end(conn, run_id, broken, detail)


def add_test_unit(api: Api) -> None:
    """As whom self-tests speak."""
    with api.database() as conn:
        registry.add_unit(conn, "Way to people", None, SystemClock().now_us(), name="way-to-people", is_test=True)


def test_never_tested_passed_and_failed_are_told_and_details_of_others_are_not(api: Api) -> None:
    duty = Duty(api)
    duty.person(1, "Ann", Role.NEPHROLOGIST)
    duty.person(2, "Cy")
    ann, ops = duty.sign_in(1, "Ann", Role.NEPHROLOGIST), duty.sign_in(None, "Ops", Role.OPERATIONS)
    never = ann.get("/api/selftest").json()
    assert (never["line"]["state"], never["line"]["at"], never["run"]) == ("never", None, None)
    assert never["untested"] == ["Ann"]
    add_test_unit(api)
    ran(api, Broken.NOTHING, "")
    passed = ann.get("/api/selftest").json()
    assert (passed["line"]["state"], passed["run"]["daily"], passed["run"]["channels"]) == ("passed", True, [])
    ran(api, Broken.CHANNELS, "channel 3 (Cy's pocket): gone")
    failed = ann.get("/api/selftest").json()
    assert (failed["line"]["state"], failed["line"]["broken"], failed["run"]["detail"]) == ("failed", "channels", "")
    assert "pocket" in ops.get("/api/selftest").json()["run"]["detail"]
    assert ops.get("/api/selftest").json()["untested"] == ["Ann", "Cy", "Ops"]
    duty.tested(duty.person(1, "Ann"))
    assert ann.get("/api/selftest").json()["untested"] == []
    ann.get("/api/coverage")
    assert api.open_socket(ann).subscribe()["duty"]["selftest"]["state"] == "failed"
