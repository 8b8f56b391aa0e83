"""Every kind of error and every sentence with which the API refuses something stand in the corpus by which the
dashboard's tests show that the page can say each in Chinese. HOMEHD_CORPUS=write makes it anew."""

from __future__ import annotations

import re
from typing import Final

from clinician_api.web.problems import KINDS
from tests.sentences import ROOT, kept, literals

CORPUS: Final = ROOT / "dashboard" / "tests" / "refusals.json"
CODE: Final = ROOT / "dashboard" / "src" / "format" / "refusals-zh.ts"
SAMPLES: Final = {
    "seconds": "20",
    "reason": "origin",
    "MAX_DAYS": "92",
    "MAX_TREATMENTS": "400",
    "longest_s // 60": "15",
    "priority": "high",
    "now.notice.state": "unanswered",
    "stands": "expired",
    "lower": "low",
    "told": "at most",
    "higher": "medium",
    "_told(after)": "which is 250",
    "', '.join(known)": "low, high",
    "', '.join(RANGES)": "target_weight_kg",
    "', '.join(sorted(known))": "R10, R13",
    "usual": "250 or 300",
    "schema.number(low)": "125",
    "schema.number(high)": "500",
    "number.more_than": "5",
    "schema.label(number.signal).lower()": "venous pressure",
    "low": "30",
    "high": "300",
    "LABELS[item][1]": "mmHg",
    "why_none(among, name)": "it has no limit",
    "name": "R13",
    "has": "Ada has it",
    "told(now.start_us, zone)": "Mon 2026-03-02 08:00 CET",
    "told(now.end_us, zone)": "Tue 2026-03-03 08:00 CET",
    "MOST": "10",
}
# Descriptions of the API, and deeds, whose names are on record.
BESIDES: Final = frozenset({
    "APIRouter", "Body", "Cookie", "Deed", "Field", "Header", "Look", "Path", "Query", "_note", "_write_down", "delete",
    "get", "post", "put",
})  # fmt: skip
MORE: Final = (
    "alerts/own_levels.py", "alerts/prescribing/changes.py", "alerts/rota/able.py", "alerts/rota/swap.py",
    "alerts/shelving.py", "evaluation/answering.py", "evaluation/prescribing.py", "evaluation/rota_changes.py",
    "evaluation/setting_aside.py", "evaluation/signing.py",
)  # fmt: skip
# What is said to programs, to the log, in a description of the API, or by the page in words of its own.
OTHER: Final = (
    "access.py", "app.py", "description.py", "metrics.py", "models.py", "openapi.py", "problems.py", "server.py",
    "settings.py", "gap_causes.py", "gaps.py", "history.py", "claims.py", "id_token.py", "provider.py", "hospital.py",
    "messages.py", "system_view.py", "options.py", "reference.py", "trend_data.py", "past_data.py",
    "fhir.py", "answers.py", "courses.py", "things.py", "looking.py", "fhir_data.py",
    "refusals.py",
)  # fmt: skip


# A header, and a page of its own.
NO_ANSWER: Final = ("default-src", "The dashboard is not built")
AT_FIELD: Final = re.compile(r"^(R13|kind|minutes|reason)[: ] ?(R13: )?")


NOT_SAID: Final = (
    # Parts of what stands whole elsewhere, and words that the page has of its own.
    " or ", " ws://Xyz wss://Xyz", "Xyz ", "Xyz (Xyz)", "Xyz R13", "Xyz Xyz", "Xyz has it", "nobody has it",
    "which is Xyz", "at or above", "access pressure", "at least", "at most", "at or below", "less than",
    "wanted to Xyz: Xyz",
    "priority rose from Xyz to high", "a large step", "beyond the rule's own at a level that must be told",
    "changes when the needle rules are blind", "dangerous widening", "less is told",
    "less is told than by the rule's own", "more is told", "rules measure against another value",
    "taken back: its rules are not evaluated", "what is delivered is compared with it; no rule goes by it",
    # The reason of an alert (reasons-zh.ts).
    "found while the unit served another patient; it lasts",
    # The reasons of a call for help (reasons-zh.ts), and a way that the patient's page words itself.
    "ended at home", "the patient was helped", "help asked for at home, after the treatment",
    "help asked for at home, in preparation", "help asked for at home, in treatment",
    "help asked for at home; nobody knows what the machine does", "help asked for at home; the machine disinfects",
    "help asked for at home; the machine is idle", "help asked for at home; the machine is in service", "no unit",
    # Deeds, subjects and lanes, as they are on record.
    "change account by claims", "keep last administrator", "ended by its owner", "not used",
    "accept shift", "add team patient", "call a doctor to treatment", "correct note", "decline shift", "enable user",
    "end rota", "end sessions", "import calendar", "link account", "make account from claims", "remove team patient",
    "set password", "set rotation", "sign treatment", "withdraw override", "write note", "account Xyz",
    "override Xyz", "rota Xyz", "rota Xyz, Xyz", "unit Xyz", "user Xyz", "clinic before", "role before",
    "credential id", "first passkey", "homehd api", "homehd api channels", "treatment report", "what if",
    "who looked", "named FHIR record", "with others", "no alerts", "exit Xyz",
    # To the log, to programs, and why a socket is closed.
    "work out what if", "walk the audit chain", "its state cannot be read", "not recorded", "by the device",
    "by the screen", "client left", "more than Xyz messages in Xyz s", "no subscription within Xyz s",
    "not reading: connect again for a snapshot", "session cannot be checked", "session ended", "signed in again",
    "signed out", "too many sockets",
    # The hospital's sign-in: the page says it by its code.
    "a Xyz needs a clinic, and the claims name none", "made or linked by another round meanwhile",
    "the account of this e-mail address is somebody else's at the provider",
    "the account's role may not come in this way", "the clinic of the mapping does not exist here",
    "the provider vouches for no e-mail address", "0…1; null: there is nothing to share",
)  # fmt: skip


def found() -> set[str]:
    files = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "clinician_api").rglob("*.py")
        if path.name not in OTHER and "static" not in path.parts
    ]
    said = {text for file in [*files, *MORE] for text in literals(file, SAMPLES, BESIDES)}
    # The field it is about stands before it in what the command line says; the page has it at the field.
    return {AT_FIELD.sub("", text) for text in said if not text.startswith(NO_ANSWER)}


def test_the_corpus_of_the_dashboard_has_every_refusal() -> None:
    assert kept(CORPUS, found() - set(NOT_SAID)) == [], "HOMEHD_CORPUS=write makes it anew; say them in refusals-zh.ts"


def test_every_kind_of_error_has_its_chinese() -> None:
    said = CODE.read_text("utf-8").partition("KINDS")[2].partition("};")[0]
    names = re.findall(r'^ *"?([a-z-]+)"?: "', said, re.MULTILINE)
    assert sorted(names) == sorted(kind.name for kind in KINDS)
