"""One what-if in a process of its own: `python -m evaluation.job`, question and answer as JSON on the standard streams.

Minutes of arithmetic in a server's own process would hold up its screens; a process can be put behind all others, and
ended. It ends itself when its time is over, should whoever asked be gone.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import closing
from typing import Final

import msgspec

from alerts import ruleset
from evaluation.once_more import Way
from evaluation.what_if import as_object, what_if
from store import ended_treatments, pool
from telemetry.errors import HomehdError

# The live screens' work comes first.
_NICE: Final = 10


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Treatments of a patient that began at start ≤ time < end, with limits instead of those that held.

    Attributes:
        own: "<rule> <priority>" -> limit, checked; None: the rule's own again. prescribed: items likewise.
        limit: at most so many treatments, the oldest.
        within_s: after so many seconds the process is ended by its own alarm clock.
    """

    database_url: str
    patient_id: int
    start_us: int
    end_us: int
    own: dict[str, float | None]
    limit: int
    within_s: int
    prescribed: dict[str, float | None] = {}


def answer(question: Question) -> bytes:
    """The JSON of `evaluation.what_if.as_object`; StoreError when the database is not well."""
    rules = ruleset.load()
    with closing(pool.connect(question.database_url, name="homehd what if")) as conn:
        treatments = ended_treatments.of_patient(
            conn, question.patient_id, question.start_us, question.end_us, question.limit
        )
        return msgspec.json.encode(
            as_object(what_if(conn, treatments, Way(rules), Way(rules, question.own, question.prescribed)))
        )


def main() -> int:
    """0 with the answer on standard output; 1 with one line on standard error."""
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=Question)
    signal.alarm(question.within_s)
    os.nice(_NICE)
    try:
        told = answer(question)
    except HomehdError as error:
        print(error.line(), file=sys.stderr)
        return 1
    sys.stdout.buffer.write(told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
