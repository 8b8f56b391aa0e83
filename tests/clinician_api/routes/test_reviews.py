"""The queue by exception, over HTTP and on a real database: nothing is unremarkable for lack of data."""

from __future__ import annotations

from clinician_api.access import Role
from tests.clinician_api.conftest import Api, parts
from tests.clinician_api.signing_world import Clinic


def test_by_exception_in_parts_and_filtered(api: Api) -> None:
    home = Clinic(api)
    good = home.treat()
    short = home.treat(minutes=200)
    unknown = home.treat(weighed=False)
    client = api.sign_in()

    def asked(**query: str) -> list[int]:
        answer = client.get("/api/reviews", params=query)
        assert answer.status_code == 200, answer.text
        return [int(one["treatment"]["treatment_id"]) for one in answer.json()["reviews"]]

    assert asked() == [good, short, unknown]
    assert asked(kind="unremarkable") == [good]
    assert asked(kind="exceptional") == [short, unknown]
    assert asked(reason="shortened") == [short]
    assert asked(reason="not judged") == [unknown]
    assert asked(patient=str(home.patient)) == [good, short, unknown]
    assert asked(patient="999999999999999999") == []
    whole = client.get("/api/reviews").json()["reviews"]
    assert parts(client, "/api/reviews", "reviews", 2) == whole
    (reason,) = whole[1]["reasons"]
    assert reason["text"] == "Ended 40 min early: 200 min of 240 min prescribed; 10 min or more"
    assert reason["limits"] == {"short_min": 10.0}
    counts = client.get("/api/reviews/counts").json()
    assert (counts["exceptional"], counts["unremarkable"], counts["returned"]) == (2, 1, 0)
    assert counts["reasons"] == {"shortened": 1, "not judged": 1}


def test_in_bulk_only_what_is_unremarkable_and_as_it_was_read(api: Api) -> None:
    home = Clinic(api)
    good, other, short = home.treat(), home.treat(), home.treat(minutes=200)
    client = api.sign_in()
    tags = {int(r["treatment"]["treatment_id"]): r["etag"] for r in client.get("/api/reviews").json()["reviews"]}
    home.late_row(other, 2600.0)
    items = [{"treatment_id": str(one), "etag": tags[one]} for one in (good, other, short)]
    items.append({"treatment_id": "999", "etag": "x"})
    results = client.post("/api/reviews/sign", json={"treatments": items}).json()["results"]
    assert [one["outcome"] for one in results] == [
        "done", "changed meanwhile", "it has reasons to be looked at", "no such treatment",
    ]  # fmt: skip
    assert results[0]["review"]["signed"]["in_bulk"] is True
    assert [int(r["treatment"]["treatment_id"]) for r in client.get("/api/reviews").json()["reviews"]] == [other, short]
    everything = client.get("/api/reviews", params={"unsigned": "false"}).json()["reviews"]
    assert [one["state"] for one in everything] == ["signed", "unsigned", "unsigned"]


def test_another_clinic_sees_and_signs_nothing_of_it(api: Api) -> None:
    home = Clinic(api)
    good = home.treat()
    (mine,) = api.sign_in().get("/api/reviews").json()["reviews"]
    other = api.sign_in(clinic=2)
    assert other.get("/api/reviews").json()["reviews"] == []
    assert other.get("/api/reviews/counts").json()["unremarkable"] == 0
    item = {"treatment_id": str(good), "etag": mine["etag"]}
    (result,) = other.post("/api/reviews/sign", json={"treatments": [item]}).json()["results"]
    assert (result["outcome"], result["review"]) == ("no such treatment", None)
    assert api.sign_in(Role.NURSE).post("/api/reviews/sign", json={"treatments": [item]}).status_code == 403


def test_where_another_clinic_has_the_unit_now_its_alerts_were_not_judged(api: Api) -> None:
    home = Clinic(api)
    home.treat()
    with api.database() as conn:
        conn.execute("UPDATE unit SET clinic_id = 2 WHERE unit_id = %s", [home.unit.unit_id])
    (one,) = api.sign_in().get("/api/reviews").json()["reviews"]
    assert [(reason["code"], reason["about"]) for reason in one["reasons"]] == [("not judged", "alerts")]
    number = one["treatment"]["treatment_id"]
    assert api.sign_in().get(f"/api/treatments/{number}/report").status_code == 200
