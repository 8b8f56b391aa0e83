"""The built dashboard as files; no way out of its folder; a page of the API is never mistaken for it."""

from __future__ import annotations

import pytest

from dashboard import hatch_build
from tests.clinician_api.conftest import Api, problem


def test_without_a_build_it_says_how_to_make_one(api: Api) -> None:
    answer = api.client().get("/")
    assert answer.status_code == 503
    assert "npm run build" in answer.text
    assert answer.headers["content-type"].startswith("text/plain")


def test_files_the_page_for_every_path_of_its_own_and_nothing_else(api: Api) -> None:
    root = api.services.options.static_dir
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text("<!doctype html><title>wall</title>")
    (root / "assets" / "main-1a2b.js").write_text("export {}")
    (root.parent / "secret.txt").write_text("well kept")
    client = api.client()
    for path in ("/", "/unit/u-1", "/alerts?x=1", "/apiary"):
        answer = client.get(path)
        assert answer.text.endswith("wall</title>")
        assert answer.headers["cache-control"] == "no-cache"
        assert "script-src" not in answer.headers["content-security-policy"], "default-src 'self' covers it"
        held = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (held.status_code, held.content, held.headers["cache-control"]) == (304, b"", "no-cache")
    script = client.get("/assets/main-1a2b.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    for path in ("/assets/old.js", "/api/nothing", "/api", "/ws", "/metrics", "/openapi.json/x"):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert problem(answer)["type"] in ("/problems/no-such-route", "/problems/not-found")
    for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/assets/..%2f..%2fsecret.txt", "/%00"):
        assert "well kept" not in client.get(path).text
    assert client.post("/", json={}).status_code == 405


@pytest.mark.parametrize(("accepts", "packed"), [
    ("gzip", True), ("br, GZIP;q=0.5", True), ("", False), ("br", False), ("gzip;q=0", False), ("gzip; q=0.0", False),
])  # fmt: skip
def test_what_is_packed_goes_packed_to_whoever_takes_it(api: Api, accepts: str, packed: bool) -> None:
    folder = api.services.options.static_dir / "assets"
    folder.mkdir(parents=True)
    (folder / "main-1a2b.js").write_text("export {}" * 1000)
    hatch_build.pack(folder)
    assert (folder / "main-1a2b.js.gz").stat().st_size < 200
    client = api.client()
    answer = client.get("/assets/main-1a2b.js", headers={"Accept-Encoding": accepts})
    assert answer.text == "export {}" * 1000
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["vary"] == "accept-encoding"
    assert ("content-encoding" in answer.headers) == packed
    same = client.get(
        "/assets/main-1a2b.js", headers={"Accept-Encoding": accepts, "If-None-Match": answer.headers["etag"]}
    )
    assert (same.status_code, same.headers["vary"]) == (304, "accept-encoding")


def test_no_page_of_the_api_loads_anything_from_elsewhere(api: Api) -> None:
    client = api.client()
    assert client.get("/redoc").status_code == 503, "no page of FastAPI's own; only ours, which is not built here"
    assert client.get("/openapi.json").status_code == 200


def test_the_link_in_a_page_to_people_leads_to_the_dashboards_address_of_it(api: Api) -> None:
    answer = api.client().get("/deliveries/12", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "../#/deliveries/12")
    for path in ("/deliveries/ada", "/deliveries/12/x", "/deliveries//evil.test", "/deliveries/12%0d%0ax"):
        assert api.client().get(path, follow_redirects=False).status_code in (404, 503), "leads nowhere"
