"""What the rules say to people: why there is an alert at all, and what to do."""

from __future__ import annotations

from functools import cache
from typing import Annotated

from fastapi import APIRouter, Query

from alerts import rule_words, ruleset
from alerts.asked import ruleset as asked
from alerts.between import ruleset as between
from alerts.rule_words import Language
from clinician_api.alerting.rule_models import Rules, RuleView
from clinician_api.people.sessions import SessionDep
from clinician_api.web.errors import responses

router = APIRouter(tags=["rules"])


@cache
def _views(language: Language) -> Rules:
    words = rule_words.of_rules(language)
    rules: list[ruleset.Rule | between.Rule | asked.Rule] = [*ruleset.load().rules, *between.load(), *asked.load()]
    return Rules(rules=[
        RuleView(
            rule=rule.id, version=rule.version, language=words[rule.id].language, title=words[rule.id].title,
            action=words[rule.id].action, likely_causes=words[rule.id].likely_causes,
            consequence=words[rule.id].consequence, respond_within_s=dict(rule.spec.rationalisation.respond_within_s),
            source=rule.spec.source, mark=rule.spec.mark,
        )
        for rule in sorted(rules, key=lambda rule: rule.id)
    ])  # fmt: skip


@router.get("/api/rules", responses=responses(401, 403, 422, 503))
async def list_rules(
    _session: SessionDep,
    language: Annotated[Language, Query(description="Of the words; a rule without these has English ones")] = "en",
) -> Rules:
    """Every rule in force: what it is called, what to do, why, within which time."""
    return _views(language)
