"""The kinds of errors the API answers with (RFC 9457), as one table: `docs/errors.md` and `/problems/…` are it. Pure.

A kind's name is for ever: programs go by it. What happened in one case is said by the other members of the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of error.

    Attributes:
        name: the last part of its type, `/problems/NAME`.
        status: HTTP status; several kinds may share one.
        title: the same in every case.
        meaning: when it is answered.
        remedy: what to do about it.
    """

    name: str
    status: int
    title: str
    meaning: str
    remedy: str

    @property
    def type(self) -> str:
        """The URI reference that is the `type` of an answer; asked for, it says what is in this table."""
        return f"/problems/{self.name}"


# Of several kinds with one status the first is what is answered where nothing says which.
KINDS: Final = (
    Kind("malformed", 400, "No HTTP request", "Not HTTP/1.1, or its headers are too long.", "Send HTTP/1.1."),
    Kind("not-signed-in", 401, "Not signed in", "No session, or one that has ended.", "`POST /api/session`."),
    Kind(
        "wrong-credentials", 401, "Wrong e-mail or password",
        "No such account, a wrong password, or an account that is disabled: it is not told which.",
        "Check both; ask an administrator whether the account is disabled.",
    ),
    Kind(
        "passkey-refused", 401, "Passkey refused",
        "After a right password: the passkey proves nothing, came too late, or may have been copied.",
        "Sign in again, from the password on; an administrator can take passkeys away.",
    ),
    Kind(
        "not-allowed", 403, "Not allowed for this role", "The role of the account may not do this.",
        "Ask an administrator for another role; `may` in `GET /api/session` lists what this one may do.",
    ),
    Kind(
        "other-site", 403, "Sent by another site",
        "A request that changes something carries no `Origin`, or not that of our own page.",
        "Send the `Origin` of the address that is asked; a page elsewhere has to be in `allowed_origins`.",
    ),
    Kind(
        "sign-in-again", 403, "Sign in again first",
        "This can be done for a quarter of an hour after signing in only: the page may be open before somebody else.",
        "Sign out, sign in, do it then.",
    ),
    Kind(
        "not-found", 404, "Does not exist, or belongs to another clinic",
        "There is nothing of that id, or nothing that this account may see: it is not told which.",
        "The lists name what may be seen.",
    ),
    Kind("no-such-route", 404, "No such route", "The API has no such address.", "`GET /openapi.json` lists them."),
    Kind(
        "method-not-allowed", 405, "Method not allowed", "The address is there, the method is not.",
        "`Allow` lists those there are.",
    ),
    Kind(
        "too-slow", 408, "The body did not arrive in time", "The connection stalled in a request.", "Send it again.",
    ),
    Kind(
        "conflict", 409, "Conflicts with what is so now",
        "Somebody, or time, was faster: what was asked for makes no sense any more. Nothing was changed.",
        "Look at `current`, where it is given: how things stand now.",
    ),
    Kind(
        "changed-meanwhile", 412, "Changed meanwhile",
        "What `If-Match` names is not how things stand: somebody has changed it since it was read.",
        "Look at `current`, decide anew, send the new `ETag`.",
    ),
    Kind("too-large", 413, "Body too large", "The body is larger than any we take.", "Send less."),
    Kind("not-json", 415, "Body is not JSON", "`Content-Type` is another.", "Send `application/json`."),
    Kind(
        "invalid", 422, "A value is missing or out of range",
        "The request cannot be understood, or a value of it cannot be so. Values themselves are never echoed.",
        "Mend what `errors` or `where` names.",
    ),
    Kind(
        "too-many-attempts", 429, "Too many attempts", "From this address, within the last minutes.",
        "Wait `retry_after_s` seconds.",
    ),
    Kind(
        "internal", 500, "Internal error", "A fault of ours. It is in the server's log.",
        "Report it with its `instance`, which the log has, too.",
    ),
    Kind(
        "unavailable", 503, "Not available now",
        "A part that this needs is not there, most often the database. Nothing was changed.",
        "Try again after `retry_after_s` seconds; `homehd doctor` on the server says what is wrong.",
    ),
    Kind(
        "busy", 503, "Too much at once",
        "There is more to do than can be done now, or this alone is more than is done for one request.",
        "Ask for less, or try again after `retry_after_s` seconds.",
    ),
)  # fmt: skip
BY_NAME: Final = {kind.name: kind for kind in KINDS}
# Statuses of the framework that have no kind of their own are what the request was: nonsense, or a fault of ours.
_BY_STATUS: Final = {kind.status: kind for kind in reversed(KINDS)}


def of_status(status: int) -> Kind:
    """The first kind of a status; "invalid" for any other of 4xx, "internal" for the rest."""
    return _BY_STATUS.get(status) or BY_NAME["invalid" if 400 <= status < 500 else "internal"]


def statuses() -> frozenset[int]:
    """Every status an error can have."""
    return frozenset(_BY_STATUS)


_HEAD: Final = """# Errors of the API

Written by `python -m clinician_api.openapi` from `clinician_api/web/problems.py`; a test compares.

Every error is `application/problem+json` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)), whoever found it: a
route, the check of a value, the guard before all routes, the framework, the server's own limits.

| member | |
| --- | --- |
| `type` | which kind: one of those below, for ever the same. `GET` it for what is in its row |
| `title` | the kind in words, the same in every case |
| `status` | the HTTP status |
| `detail` | this case in one sentence, for people: what, where, what to do |
| `instance` | this one answer: of *internal* and *unavailable* the log has it, too |
| `what`, `where`, `hint` | the parts of `detail`, for a screen that sets them apart; `where` and `hint` may be empty |
| `errors` | of *invalid*: everything that is wrong, each `{where, why}`; a value itself is never echoed |
| `retry_after_s` | seconds, as in `Retry-After`; there where waiting helps |
| `current` | of *conflict* and *changed-meanwhile*: how things stand now, in the form in which `GET` answers it |

Below `/fhir` the same is said as a FHIR OperationOutcome (`application/fhir+json`, decision 66).

Members may be added. A member that is not there says nothing. Two answers of 503 are no errors in this sense:
`/healthz`, whose `degraded` is what was asked for, and the page that says that the dashboard is not built.

"""


def text() -> str:
    """`docs/errors.md`."""
    lines = ["| type | status | title | when | what to do |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| `{k.type}` | {k.status} | {k.title} | {k.meaning} | {k.remedy} |" for k in KINDS]
    return _HEAD + "\n".join(lines) + "\n"
