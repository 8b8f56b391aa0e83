"""What the type of an error says when it is asked for."""

from __future__ import annotations

from clinician_api.web import problems
from tests.clinician_api.conftest import Api, problem


def test_the_type_of_an_error_says_what_it_means(api: Api) -> None:
    client = api.client()
    for kind in problems.KINDS:
        told = client.get(kind.type).json()
        assert (told["type"], told["remedy"]) == (kind.type, kind.remedy)
    assert problem(client.get("/problems/no-such-thing"))["what"] == "no such kind of error"
