"""The page docs/safety/performance.md from the outcomes of `bench.rules`. Pure; every number in it is counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import isinf

from alerts.ruleset import Ruleset
from bench import rules_score as score
from bench.rules_naive import LIMITS
from bench.rules_run import Outcome

FEWER_TIMES = 5.0
HIGH_PER_TREATMENT = 0.05


def page(outcomes: Sequence[Outcome], ruleset: Ruleset, seed: int, count: int, *, short: bool) -> str:
    """The whole page; `short` says in it that these numbers prove nothing."""
    parts = [
        _head(outcomes, seed, count, short=short),
        _aims(outcomes),
        _faultless(outcomes, ruleset),
        _faults(outcomes),
        _BLIND,
        _during(outcomes, ruleset),
        _naive(),
        _METHOD,
        _versions(ruleset),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _head(outcomes: Sequence[Outcome], seed: int, count: int, *, short: bool) -> str:
    faultless = score.faultless(outcomes)
    faulty = [o for o in outcomes if o.group]
    command = f"./run bench rules --treatments {count} --seed {seed}"
    full = "" if count >= 1000 else f" The full form is 1 000 of each: `./run bench rules --seed {seed}`."
    warning = "\n\n**Short form: only shows that it works. Its numbers mean nothing.**" if short else ""
    return f"""# How the rules perform, on simulated treatments

Made by `{command}`; do not edit.{full}{warning}

{len(faultless)} treatments of mixed patients without a fault ({score.hours(faultless):.0f} h) and {len(faulty)} with
one labelled fault each ({score.hours(faulty):.0f} h), at one reading a second, seed {seed}. The same readings went
through the engine and through a [naive set](#the-naive-set) of plain limits. **The patients are a simulator's.** The
page shows how the rules behave when signals move as modelled; it is no evidence about patients, and no claim of
sensitivity in use."""


def _aims(outcomes: Sequence[Outcome]) -> str:
    ours, plain = score.false_episodes(outcomes, score.of_rules), score.false_episodes(outcomes, score.of_naive)
    every_ours = score.false_alerts(outcomes, score.of_rules)
    every_plain = score.false_alerts(outcomes, score.of_naive)
    treatments = len(score.faultless(outcomes))
    high = sum(a.priority == "high" for a in every_ours)
    plain_high = sum(a.priority == "high" for a in every_plain)
    late = [name for name, those in score.groups(outcomes).items() if not _is_met(those)]
    enough = plain >= FEWER_TIMES * ours
    few = high / treatments <= HIGH_PER_TREATMENT
    single = f"{_times(len(every_plain), len(every_ours))} if each counts: {len(every_ours)} to {len(every_plain)}"
    fewer = (
        f"{_times(plain, ours)} ({ours} to {plain}, those of one rule or limit within a minute taken as one; {single})"
    )
    rate = f"{high / treatments:.3f} ({high} in {treatments}; 95 % at most {score.at_most(high) / treatments:.3f})"
    missed = "not so: " + "; ".join(late) if late else "all of them"
    rows = [
        ("at least five times fewer false alerts than the naive set", fewer, enough),
        ("at most 0.05 high-priority false alerts a treatment", f"{rate}; naive {plain_high / treatments:.2f}", few),
        ("each labelled fault seen as often and as soon as by the naive set (middle delay)", missed, not late),
    ]
    return "## Aims\n\n" + _table(
        ("aim", "found", ""), [(aim, found, "met" if met else "**missed**") for aim, found, met in rows]
    ) + (
_LATE if late else ""
    )  # fmt: skip


def _is_met(those: Sequence[Outcome]) -> bool:
    return score.is_met(score.found(those, score.of_rules), score.found(those, score.of_naive))


def _faultless(outcomes: Sequence[Outcome], ruleset: Ruleset) -> str:
    faultless = score.faultless(outcomes)
    hours, count = score.hours(faultless), len(faultless)
    low = sum(o.really_low for o in faultless)
    titles = {rule.id: rule.title for rule in ruleset.rules}
    ours = score.counted(score.false_alerts(outcomes, score.of_rules))
    plain = score.counted(score.false_alerts(outcomes, score.of_naive))
    silent = sorted(titles.keys() - {by for by, _, _ in ours})
    our_rows = [(f"{by} {titles[by]}", *_rates(priority, n, hours, count)) for by, priority, n in ours]
    plain_rows = [(by, *_rates(priority, n, hours, count)) for by, priority, n in plain]
    head = ("priority", "alerts", "a treatment hour", "a treatment")
    return f"""## Without a fault

Every alert here is false. Only: in {low} of the {count} treatments the true systolic pressure (without the cuff's
error) fell below R01's limit by itself; alerts of R01–R04 and of the naive *systolic low* in those are right and not
counted.

{_table(("rule", *head), [*our_rows, _sum(ours, hours, count)])}

No alert at all: {", ".join(silent) or "none"}.

What happened at the time or in the minute before, of that which happens [on any evening](#how-it-was-done):

{_table(("rule", "with or after", "alerts"), [(by, event, str(n)) for by, event, n in score.came_with(outcomes)])}

{_table(("naive limit", *head), [*plain_rows, _sum(plain, hours, count)])}"""


def _rates(priority: str, alerts: int, hours: float, treatments: int) -> tuple[str, str, str, str]:
    return priority, str(alerts), f"{alerts / hours:.4f}", f"{alerts / treatments:.3f}"


def _sum(lines: Sequence[tuple[str, str, int]], hours: float, treatments: int) -> tuple[str, ...]:
    return ("**all**", *_rates("", sum(n for _, _, n in lines), hours, treatments))


def _faults(outcomes: Sequence[Outcome]) -> str:
    rows = []
    for name, those in score.groups(outcomes).items():
        ours, plain = score.found(those, score.of_rules), score.found(those, score.of_naive)
        seen = (_share(ours), _share(plain), _delays(ours), _delays(plain))
        rows.append((name, str(ours.total), *seen, score.verdict(ours, plain)))
    named = sorted({
        (o.group.partition(",")[0], ", ".join(sorted(o.rules_of_it)), ", ".join(sorted(o.naive_of_it)))
        for o in outcomes if o.group
    })  # fmt: skip
    head = ("fault", "treatments", "rules saw", "naive saw", "rules' delay, s", "naive delay, s", "rules against naive")
    return f"""## With a labelled fault

Delay from the onset of the fault's cause to the first alert that names it; middle one / nine of ten, of those seen. A
fault that creeps (clotting, hypotension, a stenosis) has to grow before there is anything to see, and a mild one may
never pass a limit.

{_table(head, rows)}

In {score.stood_before([o for o in outcomes if o.group])} of the treatments whose fault was not told, a rule that
names it had alerted before the onset: an alert that still stands is told again by R10 and R11 only.

Which alerts count as having seen it:

{_table(("fault", "rules", "naive limits"), named)}"""


def _share(found: score.Found) -> str:
    return f"{len(found.delays_s)} ({found.share:.0%})"


def _delays(found: score.Found) -> str:
    return f"{found.median_s:.0f} / {found.p90_s:.0f}" if found.delays_s else "–"


def _during(outcomes: Sequence[Outcome], ruleset: Ruleset) -> str:
    faulty = [o for o in outcomes if o.group]
    titles = {rule.id: rule.title for rule in ruleset.rules}
    lines = score.counted(alert for o in faulty for alert in o.rules)
    rows = [(f"{by} {titles[by]}", *_rates(p, n, score.hours(faulty), len(faulty))) for by, p, n in lines]
    before = sum(a.at_s < o.onset_s for o in faulty for a in o.rules)
    return f"""## All alerts in treatments with a fault

Right ones, consequences (a pump that stands because of air), and {before} from before the onset, which are false.

{_table(("rule", "priority", "alerts", "a treatment hour", "a treatment"), rows)}"""


def _naive() -> str:
    rows = [(limit.name, limit.priority, limit.words) for limit in LIMITS]
    return f"""## The naive set

What a textbook monitor has: the rules' own numbers as plain comparisons, without on-delay, off-delay, deadband,
blanking, inhibition or trend; every crossing is an alert. In its favour, limits on values are watched only from minute
5 to the end of the treatment proper, not while blood is returned; the rules are in force all the time.

{_table(("limit", "priority", "alert"), rows)}"""


def _versions(ruleset: Ruleset) -> str:
    rows = [(rule.id, rule.title, rule.version) for rule in sorted(ruleset.rules, key=lambda r: r.id)]
    return "## Versions of the rules\n\n" + _table(("id", "rule", "version"), rows)


def _times(many: int, few: int) -> str:
    ratio = many / few if few else float("inf")
    return "none of ours" if isinf(ratio) else f"{ratio:.1f} times fewer"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(_lines(head, rows))


def _lines(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


_LATE = """

What the last aim asks, a rule with an on-delay cannot give: the plain limit speaks at the first reading beyond it,
and at every one of them that means nothing. No rule was changed for this page. These delays are the rule table's
([levels](../rules.md#what-ships), [the table for clinicians](alarms.md)), and they stay:

| fault | what the rules wait for | why |
|---|---|---|
| access stenosis | R13, R14: 15 s beyond the limit | a cough or a bent arm passes it for seconds |
| blood pump stopped | R22: 60 s that the machine's alarm stands; R21: 120 s | an alarm at home is answered in 22 s |
| needle dislodgement | R10: 3 s, R11: five readings in 4 s, as published | one reading, or two, is a cough |
| power cut, uplink down | R33: 60 s, shown from 30 s on | the box sends what it kept: half a minute lost nothing |

Whether each is worth its quiet is for a clinician to say."""

_BLIND = """
## What cannot be seen

- **A needle that slips out of an access with a low pressure.** The chamber loses the access's pressure and no more.
  Where that is below 20 mmHg no fall of 20 mmHg follows, at one reading a second as at a thousand, unless the arm
  happens to move; the bands of the table above show it. Only a leak sensor or an eye sees such a needle.
- **R12 says so** (*blind*) where the needle's own pressure is known (`homehd patients access … --needle`): by the
  pressure of the access, below 25 mmHg. No patient of this page has a calibrated needle; then R12 goes by the
  pressure in the chamber, which behind a usual needle is 80 mmHg and more, however low the access, and is silent.
- **A needle that slips out behind a kinked line that stays kinked.** A rise of 20 mmHg is none of what is normal for
  five minutes ([rules](../rules.md#detectors)), and a fall counts below the level of before it. What the kink holds up
  hides what the needle loses until the line is free, or the five minutes are over.
- **A kink that lasts longer than five minutes** is told as a needle when it is freed, and the alert stands. It hides
  none: a second fall, below where the pressure has settled since, is told anew.
- **An arm moved by 25 cm** moves the pressure as much as a needle does.
- **A needle that is lost by degrees.** R10 and R11 look for a fall within a minute; one that takes several is
  followed by the median.
- **What happens within a second**, and everything while the uplink is down: readings that come late are recorded,
  never paged.
- **A symptom.** No simulated patient says one, so R02 and the symptom levels of R01 are not tried here.
"""

_METHOD = """
## How it was done

- **Patients** (`bench/rules_cases.py`): wider than the simulator's own, who stay inside every limit by design. Weight
  42–125 kg, systolic pressure 112–165 mmHg, haematocrit 0.27–0.42, access 10–60 mmHg, 180–270 min, blood flow 200–400
  mL/min as needle and access allow, ultrafiltration up to 9.5 mL/kg/h, target, conductivity, heparin and dose as
  prescribed.
- **What happens on any evening**, without a label: a line lain upon or a cough (one an hour, 10 s on average, up to
  +70 mmHg venous and −60 arterial, one in twenty lasts more than 30 s); an arm up or down by up to 20 cm, 15 mmHg
  (one in two hours, 1–15 min; all pressures times blood flow / 300 mL/min); somebody stops the pump and starts it
  again (one in four hours, 22 s on average, at most 110 s). From 2 min before a labelled fault on there are none, so
  that none is found by luck.
- **Faults** begin at 12–45 % of the treatment, one each, drawn in severity; the machine's own limits are set wide for
  those that the machine would otherwise end first (needle, clotting, stenosis).
- **Not tuned.** Rules, limits and delays are those in force; no number was changed for this page. That a line lain
  upon is no new normal ([decision 26](../decisions/0026-a-rise-is-no-baseline.md)) follows from what this page once
  found; its five minutes are those in which a changed flow is learnt. Patients, events and faults were set before the
  first run, but for two things changed after a look: blood flows whose pressures come near R13 and R14 are not
  prescribed (after a trial of 40 short treatments), and what falls with the pump once somebody has stopped it has found
  no needle, in either set.
- **R22** tells that nobody has answered a safety alarm of the machine for 60 s. Somebody who has stopped the pump and
  is back only after that gets such an alert: by the rule's definition it is right, and what happened needed nobody. It
  is counted as false all the same, here and in the aims.
- **An alert** is a rule that becomes active, rises in priority, or finds the same once more while it stands. Values are
  rounded as machines send them, alarms told as in PCD-04.
- **Not modelled**: [what the simulator does not model](../simulators.md#what-is-not-modelled), flow changed by hand,
  sensors that drift, wrong entries. Each would add alerts, false ones too. False alerts here are a floor, not a
  forecast.
- **On a public labelled set** (numenta/NAB, scored by its rules; [figures and reasons](../../bench/nab.txt)): told
  once, and again when it has doubled, our EWMA scores 39.9 of 100, the CUSUM 37.5, the trend 17.7; NAB's windowed
  Gaussian 39.6 as published, 42.0 when it is told in the same way. At their own limits the charts raise far too many
  false alerts there (EWMA −81.7): values depend on each other and levels move. Its spikes in server metrics say
  nothing about treatments; they show that a chart needs values that compare, as R35's and R16's conditions see to.
"""
