"""Units: those of the own clinic, with the newest values."""

from __future__ import annotations

from tests.clinician_api.conftest import Api, parts


def test_units_of_the_own_clinic_with_patient_and_status(api: Api) -> None:
    api.add_unit("u-1", "Clinic 1", "Ada Example")
    api.add_unit("u-2", "Clinic 2", "Bo Example")
    client = api.sign_in(clinic=1)
    answer = client.get("/api/units").json()
    assert [(u["unit"], u["patient"], u["clinic"]) for u in answer["units"]] == [
        ("u-1", {"name": "Ada Example"}, "Clinic 1")
    ]
    assert answer["ingest"]["alive"] is False
    one = client.get("/api/units/u-1").json()["unit"]
    assert one == answer["units"][0]
    assert client.get("/api/units/u-2").status_code == 404
    assert client.get("/api/units/u-3").status_code == 404


def test_an_id_that_cannot_be_is_not_there(api: Api) -> None:
    client = api.sign_in()
    for unit in ("U-1", "..%2F..%2Fetc", "a" * 40, "u_1", "%00"):
        assert client.get(f"/api/units/{unit}").status_code in (404, 422)


def test_in_parts_it_is_the_same_list(api: Api) -> None:
    for number in range(5):
        api.add_unit(f"u-{number}", f"Clinic {1 + number // 3}")
    client = api.sign_in()
    assert [unit["unit"] for unit in parts(client, "/api/units", "units", 2)] == ["u-0", "u-1", "u-2"]
