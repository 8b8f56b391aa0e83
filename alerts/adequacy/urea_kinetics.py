"""How much urea one treatment removes: from blood before and after it."""

from __future__ import annotations

from math import log

from alerts.adequacy.ranges import check
from alerts.out_of_range import OutOfRange

# Generation of urea during the treatment, as a share of Cpre per hour: three treatments a week.
_GENERATION_PER_H = 0.008


def urr(pre: float, post: float) -> float:
    """Urea reduction ratio in %: 100 (1 − Cpost/Cpre).

    `pre`, `post`: urea in any unit, the same for both, 0 < post ≤ pre ≤ 1000. Source: definition.
    """
    return 100.0 * (1.0 - _ratio("URR", pre, post))


def spktv(
    pre: float, post: float, hours: float, uf_l: float, weight_kg: float, pidi_days: float | None = None
) -> float:
    """Single-pool Kt/V, dimensionless: −ln(R − G t) + (4 − 3.5 R) UF/W with R = Cpost/Cpre.

    G is 0.008 per hour for three treatments a week [C, Daugirdas II], or 0.0174/PIDI [M] when `pidi_days`, the days
    since the previous treatment, is given.

    `pre`, `post`: urea in any unit, the same for both, post ≤ pre ≤ 1000; `hours` 0.1…24; `uf_l` litres removed,
    0…20; `weight_kg` after the treatment, 10…300; `pidi_days` 0.5…14. R − G t must be more than 0.
    Source: Daugirdas II (PubMed 26743181).
    """
    name = "spKt/V"
    ratio = _ratio(name, pre, post)
    check(name, hours=hours, uf_l=uf_l, weight_kg=weight_kg)
    generation = _GENERATION_PER_H
    if pidi_days is not None:
        check(name, pidi_days=pidi_days)
        generation = 0.0174 / pidi_days
    left = ratio - generation * hours
    if left <= 0:
        raise OutOfRange(name, f"R − {generation:.4g} t", left, "more than 0: is the treatment time in hours?")
    return -log(left) + (4.0 - 3.5 * ratio) * uf_l / weight_kg


def ektv_arterial(spktv: float, hours: float) -> float:
    """Equilibrated Kt/V of an arterial access: sp − 0.6 sp/t + 0.03.

    `spktv` 0.01…5, `hours` 1…24 (shorter, the rate equation turns senseless). Source: KDOQI 2006 [C].
    """
    return _by_rate(spktv, hours, 0.6, 0.03)


def ektv_venous(spktv: float, hours: float) -> float:
    """Equilibrated Kt/V of a venous catheter: sp − 0.47 sp/t + 0.02.

    `spktv` 0.01…5, `hours` 1…24. Source: KDOQI 2006 [C].
    """
    return _by_rate(spktv, hours, 0.47, 0.02)


def ektv_tattersall_arterial(spktv: float, hours: float) -> float:
    """Equilibrated Kt/V by Tattersall, arterial access: sp T/(T + 35), T in minutes.

    `spktv` 0.01…5, `hours` 0.1…24. Source: Tattersall [C].
    """
    return _tattersall(spktv, hours, 35.0)


def ektv_tattersall_venous(spktv: float, hours: float) -> float:
    """Equilibrated Kt/V by Tattersall, venous catheter: sp T/(T + 22), T in minutes.

    `spktv` 0.01…5, `hours` 0.1…24. Source: Tattersall [C].
    """
    return _tattersall(spktv, hours, 22.0)


def _ratio(name: str, pre: float, post: float) -> float:
    check(name, pre=pre, post=post)
    if post > pre:
        raise OutOfRange(name, "post", post, f"at most pre, {pre:g}: are the samples exchanged?")
    return post / pre


def _by_rate(spktv: float, hours: float, rate_h: float, offset: float) -> float:
    name = "eKt/V"
    check(name, spktv=spktv, hours=hours)
    if hours < 1.0:
        raise OutOfRange(name, "hours", hours, "1 to 24 h for the rate equation")
    return spktv - rate_h * spktv / hours + offset


def _tattersall(spktv: float, hours: float, minutes: float) -> float:
    check("eKt/V", spktv=spktv, hours=hours)
    return spktv * 60.0 * hours / (60.0 * hours + minutes)
