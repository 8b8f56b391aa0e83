"""Every sentence about who is told, who is asked and what is out of order stands in the corpus by which the dashboard's
tests show that the page can say each in Chinese. HOMEHD_CORPUS=write makes it anew."""

from __future__ import annotations

from typing import Final

from alerts.rota.roster import NO_ROTA
from telemetry.treatment import EndKnown
from tests.sentences import ROOT, kept, literals

CORPUS: Final = ROOT / "dashboard" / "tests" / "told.json"
STRETCH: Final = "from Mon 2026-03-02 08:00 CET to Tue 2026-03-03 08:00 CET"
# What stands in the place of what is only known when it is said.
SAMPLES: Final = {
    "home.out_of_service": "new water treatment; back on Monday",
    "how": "for a while",
    "home.own_fault": "ingest is silent",
    "home.silence or 'cause not known'": "the box has never said anything",
    "standing.priority": "low",
    "shelf.priority": "low",
    "top": "high",
    "priority": "medium",
    "kind": "backup",
    "len({way.user_id for way in chosen})": "2",
    "_without(asked, ways)": "1 on call without any channel",
    "len(without)": "1",
    "end.how": EndKnown.MACHINE_LOST,
    "_stretch(rota, shift)": STRETCH,
    "reason": "the account of the person named is disabled",
    "told(shift.start_us, zone)": "Mon 2026-03-02 08:00 CET",
    "told(shift.end_us, zone)": "Tue 2026-03-03 08:00 CET",
    "what": "there are patients and no rota",
    "rota.zone": "Middle/Earth",
    "fault": "ingest cannot store",
    "row.reason": "somebody else has accepted",
    "one.why": "the receiver says that this address is gone for good (HTTP 410)",
    "left": "another is in use",
    "one.channel_id": "7",
    "one.name": "emr",
    "one.stopped_by": "12",
    "one.stopped_why": "AR 204",
    "messages": "alerts",
    "minutes": "2",
    "tried": "the receiver does not take them",
    "whose": "of North",
    "one.unit": "u-7",
    "f'{since:%Y-%m-%d %H:%M}'": "2026-03-02 08:00",
    "since": "2026-03-02 08:00",
    "duty": "On call: primary Ada, backup Ben",
    "found.words": "the box has never said anything",
    "when": "between treatments",
    "_TO_DO[found.what]": "Have the cable between box and machine looked at",
    "Broken.INTERRUPTED": "interrupted",
    "last.broken": "12",
    "last.why": "does not follow the row before it",
    "error.row - 1": "15",
    "lead": "7",
    "words": "refuses our key",
    "status": "403",
    "error.smtp_code": "535",
    "code": "550",
    "self.refusal": "a private network",
    "self._timeout_s": "10",
    "timeout_s": "10",
    "refused": "a private network",
    "error.hint": "its port is none: 1 to 65535",
    "WHILE": "while the database was away",
    "move": "accept",
    "outcome": "you have accepted it already",
    "patience.stored_s": "10",
    "patience.alert_s": "10",
    "patience.notice_s": "10",
    "one.detail or 'not taken'": "not taken",
    "lost": "12",
    "high": "3",
    "HIGH_IN_SHIFT": "1",
    "most": "8",
    "PAGES_IN_SHIFT": "6",
    "found.per_10_min": "1.5",
    "MANAGEABLE_PER_10_MIN": "1",
    "len(found.floods)": "2",
    "found.chattering": "2",
    "found.stale": "2",
    "found.actionable": "50%",
    "ACTIONABLE_FROM": "80%",
    "status.outbox_rows": "12",
    "step.reason": "first: 2 asked",
    "came.detail": "taken by the service",
    "'tried' if state is DeliveryState.FAILED else 'sent'": "sent",
    "_name(book, user)": "Ada",
    "number": "7",
    "_form(scheme)": "expected tgram://{bot_token}/{targets}",
    "str(forms[0]).replace('{schema}', scheme)": "tgram://{bot_token}/{targets}",
    "known[0]": "40",
    "self.rows": "12",
    "self.salvaged": "12",
    "self.step_s": "60",
    "_utc(self.from_us)": "2026-03-02T08:00:00Z",
    "_utc(self.to_us)": "2026-03-02T09:00:00Z",
    "found.why[PRIMARY]": "nobody is named",
    "LINE_WORDS[line]": "primary",
    "_why(one, now_us)": "its browser wants a press first",
    "free": "14.0",
    "percent": "14",
}
# What one file calls as another does.
OWN: Final = {"edge_agent/ledger.py": {"how": ", extremes of each 60 s kept"}}
FILES: Final = (
    "alerts/escalation.py", "alerts/load/loads.py", "alerts/load/turns.py", "alerts/rota/able.py",
    "alerts/rota/findings.py", "alerts/rota/roster.py", "alerts/routing.py", "alerts/silence.py",
    "clinician_api/treatments/gap_causes.py", "edge_agent/intake.py", "edge_agent/ledger.py", "edge_agent/salvage.py",
    "evaluation/answering.py", "evaluation/setting_aside.py", "homehd/selftest.py", "notifier/audit_chain.py",
    "notifier/away/cases.py", "notifier/away/takeover.py", "notifier/channels/answers.py",
    "notifier/channels/apprise_urls.py", "notifier/channels/guard.py", "notifier/channels/mail.py",
    "notifier/channels/networks.py", "notifier/channels/web_push.py", "notifier/decider.py", "notifier/dispatch.py",
    "notifier/escalator.py", "notifier/hl7.py", "notifier/lost_channels.py", "notifier/on_call.py",
    "notifier/pathway.py", "notifier/reports.py", "notifier/router.py", "notifier/selftest.py", "notifier/silences.py",
    "notifier/database_disk.py", "notifier/troubles.py", "notifier/walls.py", "store/audit.py",
)  # fmt: skip
# Names of subjects, stages and deeds: nothing that is read as a sentence, and pieces that are within another one.
NO_SENTENCES: Final = frozenset({
    "account Xyz", "all clinics", "channel 7", "check a channel's address", "from Mon 2026-03-02 08:00 CET ",
    "emr full", "emr late", "emr parked", "emr stopped",
    "home link", "in one page with delivery 7: ", "machine Xyz", "machine link", "no rota", "no unit", "not run",
    "notice 7", "notice Xyz", "onnection error", "our own fault", "out of service", ", extremes of each 60 s kept",
    "primary Ada", "push subscription", "since Xyz", "step Xyz", "step backup", "treatment ended", "unit u-7",
    "unit Xyz", "unknown zone", "walk the audit chain", "Xyz Xyz Xyz backup",
    "database disk", "kiosk Xyz",
})  # fmt: skip


def test_the_corpus_of_the_dashboard_has_every_sentence_that_is_told() -> None:
    found = {text for file in FILES for text in literals(file, SAMPLES | OWN.get(file, {}))} - NO_SENTENCES
    found.add(NO_ROTA)
    assert kept(CORPUS, found) == [], "HOMEHD_CORPUS=write makes it anew; then say them in told-zh.ts"
