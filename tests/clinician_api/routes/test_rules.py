"""What rules say to people, in both languages."""

from __future__ import annotations

from alerts import rule_words
from tests.clinician_api.conftest import Api


def test_every_rule_with_what_to_do_in_the_language_that_was_asked_for(api: Api) -> None:
    client = api.sign_in()
    english = {rule["rule"]: rule for rule in client.get("/api/rules").json()["rules"]}
    assert list(english) == sorted(rule_words.english())
    assert english["R10"]["title"] == "Needle dislodgement, static"
    assert english["R10"]["action"].startswith("Call the home")
    assert english["R10"]["respond_within_s"] == {"high": 60}
    assert english["R36"]["language"] == "en"

    chinese = {rule["rule"]: rule for rule in client.get("/api/rules?language=zh-Hans").json()["rules"]}
    assert chinese["R10"]["language"] == "zh-Hans"
    assert chinese["R10"]["title"] == rule_words.of_rules("zh-Hans")["R10"].title
    assert chinese["R10"]["version"] == english["R10"]["version"]


def test_a_language_there_is_not_is_named(api: Api) -> None:
    answer = api.sign_in().get("/api/rules?language=tlh")
    assert answer.status_code == 422
    assert "language" in answer.text
