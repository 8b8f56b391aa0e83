"""What other limits would have said of a patient's last treatments: the answer, and how it is come by."""

from __future__ import annotations

import asyncio
import logging
import sys
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

import msgspec
from pydantic import Field

from alerts import own_levels, ruleset
from alerts.ruleset import Ruleset
from clinician_api.live.messages import Model
from evaluation.job import Question
from telemetry.errors import HomehdError

log = logging.getLogger(__name__)

# A month of treatments every day. Thirteen four-hour ones at a reading a second take a quarter of a minute of one core.
MAX_TREATMENTS: Final = 31
WITHIN_S: Final = 240

PriorityName = Literal["high", "medium", "low"]


class WhatIfAlert(Model):
    """One alert as it would have been."""

    treatment_id: str
    time: datetime = Field(description="When it would have been told")
    until: datetime = Field(description="When its cause had gone, or the treatment was over")
    priority: PriorityName = Field(description="The highest it had")
    reason: str


class WhatIfChange(Model):
    """An alert that both have, at another priority."""

    old: WhatIfAlert
    new: WhatIfAlert


class WhatIfSide(Model):
    """What one set of limits makes of a rule."""

    rule_version: str
    alerts: int = Field(ge=0)
    evaluated_hours: float = Field(ge=0, description="Hours of treatment for which the rule had an answer")


class WhatIfRule(Model):
    """One rule, old against new."""

    rule: str
    title: str
    old: WhatIfSide
    new: WhatIfSide
    gone: list[WhatIfAlert]
    added: list[WhatIfAlert]
    changed: list[WhatIfChange]


class WhatIfAlerts(Model):
    """Alerts of all rules."""

    old: int = Field(ge=0)
    new: int = Field(ge=0)


class WhatIfAnswer(Model):
    """What the rules say with the limits that held, and what they would have said with those that were asked for."""

    treatments: int = Field(ge=0, description="Ended ones that were judged")
    hours: float = Field(ge=0, description="Hours of treatment")
    alerts: WhatIfAlerts
    rules: list[WhatIfRule]
    not_judged: list[str] = Field(description="Rules on silence: what is stored does not tell it")


class Busy(Exception):
    """Another question is being worked on."""


class TooLong(Exception):
    """It was not done in time."""


class WhatIf:
    """Asks one question at a time, each in a process of its own. For one event loop."""

    def __init__(self, database_url: str, within_s: int = WITHIN_S) -> None:
        self._url = database_url
        self._within_s = within_s
        self._rules = ruleset.load()
        self._is_busy = False

    @property
    def rules(self) -> Ruleset:
        """The rules as they ship, by which both sides are judged."""
        return self._rules

    def checked(self, limits: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
        """Limits by rule and level as the rules take them; ValueError naming rule and level that cannot be."""
        return own_levels.instead(self._rules, limits)

    async def ask(
        self,
        patient_id: int,
        start_us: int,
        end_us: int,
        own: Mapping[str, float | None],
        prescribed: Mapping[str, float | None] | None = None,
    ) -> WhatIfAnswer:
        """The answer; Busy, TooLong, or HomehdError when it could not be worked out."""
        if self._is_busy:
            raise Busy
        self._is_busy = True
        try:
            within_s, instead = self._within_s + 5, dict(prescribed or {})
            asked = Question(self._url, patient_id, start_us, end_us, dict(own), MAX_TREATMENTS, within_s, instead)
            return WhatIfAnswer.model_validate_json(await self._worked_out(asked))
        finally:
            self._is_busy = False

    async def _worked_out(self, asked: Question) -> bytes:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "evaluation.job", stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
        try:
            async with asyncio.timeout(self._within_s):
                told, said = await process.communicate(msgspec.json.encode(asked))
        except TimeoutError as error:
            raise TooLong from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            last = said.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise HomehdError("work out what if", f"exit {process.returncode}", hint=" ".join(last)[:300])
        return told
