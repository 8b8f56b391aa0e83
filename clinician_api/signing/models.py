"""Bodies about the review of treatments."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from clinician_api.treatments.models import TreatmentView
from clinician_api.web.model import Model
from evaluation.reasons import ReasonCode
from evaluation.signing import ReviewState, SigningOutcome
from store.sign_offs import SignOffKind
from telemetry.alarms import Priority

MAX_NOTE = 1000
# So that they fit into a body (clinician_api/web/guard.py), whatever is sent as a tag.
MAX_BULK = 50

Note = Annotated[str, Field(max_length=MAX_NOTE)]


class ReasonView(Model):
    """Why a treatment wants a person's eyes."""

    code: ReasonCode
    about: str = Field(description="Of `not judged`: what could not be; else empty")
    why: str = Field(description="Of `not judged`: what was missing; else empty")
    text: str = Field(description="In English, with numbers and limits")
    inputs: dict[str, float]
    limits: dict[str, float]


class SignOffView(Model):
    """A signature, or a call for a doctor."""

    sign_off_id: str
    kind: SignOffKind
    at: datetime
    name: str
    role: str
    note: str
    in_bulk: bool
    revision: int = Field(description="Of the treatment, as it was signed")
    rules: str = Field(description="Version of the reasons by which it was judged")


class SummaryChange(Model):
    """A figure that was another when it was signed; null: not known."""

    what: str
    was: float | None
    now: float | None


class PrescribedView(Model):
    """As prescribed when the treatment began; null: nothing is."""

    treatment_min: float | None
    target_weight_kg: float | None
    spktv: float | None
    blood_flow_ml_min: float | None
    dialysate_flow_ml_min: float | None
    ultrafiltration_ml: float | None


class ReviewView(Model):
    """A treatment as it is to be judged now, and who has signed it."""

    etag: str = Field(description="What `If-Match` takes, and each item of `POST /api/reviews/sign`")
    treatment: TreatmentView
    prescribed: PrescribedView
    weight_before_kg: float | None
    weight_after_kg: float | None
    systolic_before: float | None
    state: ReviewState
    reasons: list[ReasonView] = Field(description="Empty: unremarkable, all was known and within its limits")
    news: list[str] = Field(description="Kinds of what is not signed")
    changes: list[SummaryChange] = Field(description="Figures that have changed since it was signed")
    new_reasons: list[ReasonView] = Field(description="Those that were not there when it was signed")
    gone_reasons: list[str] = Field(description="Texts of those that were there, and are no more")
    signed: SignOffView | None = Field(description="The last signature")
    called: SignOffView | None = Field(description="A call for a doctor since then")
    history: list[SignOffView]


class Reviews(Model):
    """Treatments to review, newest first."""

    server_time: datetime
    reviews: list[ReviewView]
    next: str | None = Field(description="`cursor` of what comes after these; null: that was all")
    beyond: bool = Field(description="There are more than are looked through: older ones come when these are signed")


class ReviewCounts(Model):
    """How many treatments wait."""

    server_time: datetime
    exceptional: int = Field(ge=0, description="With a reason, or a call for a doctor")
    unremarkable: int = Field(ge=0)
    called: int = Field(ge=0, description="To which a doctor was called")
    returned: int = Field(ge=0, description="That were signed for an earlier state")
    reasons: dict[str, int] = Field(description="By code; a treatment counts once for each")
    beyond: bool


class ReviewAnswer(Model):
    """One of them."""

    review: ReviewView


class SignTreatment(Model):
    """A signature. A note is needed where there are reasons."""

    note: Note = ""


class CallDoctor(Model):
    """A call for a doctor."""

    note: Annotated[str, Field(min_length=1, max_length=MAX_NOTE)]


class SignItem(Model):
    """One of many to be signed, as it was read."""

    treatment_id: str = Field(pattern=r"^[0-9]{1,18}$")
    etag: str = Field(max_length=40)


class SignMany(Model):
    """Unremarkable treatments to be signed."""

    treatments: list[SignItem] = Field(min_length=1, max_length=MAX_BULK)


class Signed(Model):
    """What came of one of them."""

    treatment_id: str
    outcome: SigningOutcome
    review: ReviewView | None


class SignedMany(Model):
    """What came of each, in the order of the question."""

    results: list[Signed]


class ReportAlert(Model):
    """An alert of a treatment, and who answered it."""

    alert_id: str
    rule: str
    rule_version: str
    title: str
    priority: Priority
    since: datetime
    late: bool
    reason: str
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    accepted_by: str | None = Field(description="Who took responsibility first")
    accepted_at: datetime | None


class ReportAlarm(Model):
    """An alarm of the machine."""

    name: str
    label: str
    since: datetime
    until: datetime
    ended: bool = Field(description="False: it stood when the treatment was over")


class TreatmentReport(Model):
    """What goes on one page. The course comes from `GET /api/units/{unit}/readings`."""

    server_time: datetime
    review: ReviewView
    clinic: str | None
    unit_label: str
    machine: str | None = Field(description="How the box names it now; null: it never said")
    alerts: list[ReportAlert] = Field(description="High priority first; the first thousand")
    alarms: list[ReportAlarm]
    reasons_version: str
    printed_by: str
