"""Bodies about rules."""

from __future__ import annotations

from pydantic import Field

from alerts.rule_words import Language
from clinician_api.live.messages import Model
from telemetry.alarms import Priority


class RuleView(Model):
    """What a rule says to people."""

    rule: str
    version: str = Field(description="In force now; an alert keeps that of its own time")
    language: Language = Field(description="Of the words below: English where today's text has no translation")
    title: str
    action: str = Field(description="What whoever is told is asked to do")
    likely_causes: list[str] = Field(description="The likeliest first")
    consequence: str = Field(description="What happens to the patient if nobody acts")
    respond_within_s: dict[Priority, int] = Field(description="Seconds within which acting still prevents that")
    source: str = Field(description="Where the numbers come from, in English")
    mark: str = Field(description="How sure that is: C, N, M or D (docs/rules.md), perhaps with a word more")


class Rules(Model):
    """Every rule in force, by id."""

    rules: list[RuleView]
