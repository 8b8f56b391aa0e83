"""The formulas of `alerts.adequacy` under their names and keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from alerts.adequacy import access_flow, access_pressure, blood_volume, body_water, dialysance, needle_calibration
from alerts.adequacy import standard_dose as weekly
from alerts.adequacy import ultrafiltration as uf
from alerts.adequacy import urea_kinetics as urea
from homehd.calc.formula import Formula, Key, Method, numbers


def _only(
    title: str, unit: str, compute: Callable[..., Any], keys: Mapping[str, Key], source: str, mark: str
) -> Formula:
    return Formula(title, unit, {"": Method(compute, keys, source, mark)})


_PRE_POST = {"pre": Key("urea before, any unit", "pre"), "post": Key("urea after, in the same unit", "post")}
_HOURS = {"hours": Key("length of a treatment", "hours")}
_UF = {"uf-l": Key("removed by ultrafiltration", "uf_l"), **_HOURS, "weight-kg": Key("weight after", "weight_kg")}
_DOSE = {"spktv": Key("single-pool Kt/V", "spktv"), **_HOURS}
_MEAN = {"map": Key("mean arterial pressure", "mean_pressure", to="mean_pressure")}
_QB = {"qb": Key("blood flow", "qb")}
_PER_WEEK = {"per-week": Key("treatments a week", "per_week")}
_KDOQI = "KDOQI 2006, rate equation"
_TATTERSALL = "Tattersall"

_EKTV: Final = {
    "arterial": Method(urea.ektv_arterial, _DOSE, _KDOQI, "C"),
    "venous": Method(urea.ektv_venous, _DOSE, _KDOQI, "C"),
    "tattersall-arterial": Method(urea.ektv_tattersall_arterial, _DOSE, _TATTERSALL, "C"),
    "tattersall-venous": Method(urea.ektv_tattersall_venous, _DOSE, _TATTERSALL, "C"),
}

_SP = Key("single-pool Kt/V", "spktv")
_WEEK = {"spktv": _SP, "ektv": Key("equilibrated Kt/V", "ektv"), **_HOURS, **_PER_WEEK}
_STDKTV: Final = {
    "gotch-leypoldt": Method(weekly.gotch_leypoldt, _WEEK, "Gotch–Leypoldt as printed, KDOQI 2006", "C"),
    "fixed-volume": Method(
        weekly.fixed_volume,
        {**_WEEK, "spktv": Key("not used", "spktv", optional=True)},
        "Gotch 1998, fixed-volume theory",
        "C",
    ),
    "fhn": Method(
        weekly.fhn,
        {
            "spktv": _SP,
            "ektv": Key("equilibrated Kt/V (default: Tattersall, arterial)", "ektv", optional=True),
            **_HOURS,
            **_PER_WEEK,
            "uf-week-l": Key("ultrafiltration a week", "uf_week_l"),
            "volume-l": Key("urea distribution volume", "volume_l"),
            "kru-ml-min": Key("residual urea clearance (default 0)", "kru_ml_min", optional=True),
        },
        "FHN 2010",
        "M",
    ),
}

_ACCESS_FLOW: Final = {
    "reversed": Method(
        access_flow.reversed_lines,
        {
            **_QB,
            "ratio": Key("share that recirculates with the lines exchanged", "ratio"),
            "uf-ml-min": Key("ultrafiltration (default 0)", "uf_ml_min", optional=True),
        },
        "dilution with exchanged lines (Krivitski)",
        "M",
    ),
    "dialysance": Method(
        access_flow.by_dialysance,
        {
            "k": Key("clearance of the dialyser", "clearance"),
            "cn": Key("clearance measured with normal lines", "clearance"),
            "cr": Key("clearance measured with exchanged lines", "clearance"),
        },
        "dialysance with exchanged lines (Goldau/Gagel)",
        "C",
    ),
}


def _conductivity(where: str) -> Key:
    return Key(f"conductivity at the {where}", "conductivity")


FORMULAS: Final[dict[str, Formula]] = {
    "urr": _only("urea reduction ratio", "%", urea.urr, _PRE_POST, "definition", "C"),
    "spktv": _only(
        "single-pool Kt/V of one treatment", "1", urea.spktv,
        {**_PRE_POST, **_HOURS, **_UF,
         "pidi-days": Key("days since the treatment before, where not three a week", "pidi_days", optional=True)},
        "Daugirdas II (PubMed 26743181)", "C, with pidi-days M",
    ),
    "ektv": Formula("equilibrated Kt/V", "1", _EKTV),
    "stdktv": Formula("standard Kt/V of a week", "1", _STDKTV),
    "uf-rate": _only(
        "ultrafiltration rate of a treatment", "mL/kg/h", uf.uf_rate, _UF, "Assimon 2016 (PMC5123913)", "C"
    ),
    "uf-projection": _only(
        "where ultrafiltration will end", "mL", uf.projection,
        {"removed-ml": Key("removed so far", "removed_ml"), "rate-ml-h": Key("present rate", "rate_ml_h"),
         "minutes-left": Key("time left", "minutes"), "goal-ml": Key("goal", "goal_ml")},
        "definition", "D",
    ),
    "watson": _only(
        "total body water", "L", body_water.watson,
        {"sex": Key("m or f", choices=("m", "f"), read=str), "age": Key("age in years", "age"),
         "height-cm": Key("height", "height_cm"), "weight-kg": Key("weight", "weight_kg")},
        "Watson 1980", "C",
    ),
    "ionic-dialysance": _only(
        "clearance from a step of conductivity", "mL/min", dialysance.ionic_dialysance,
        {"ci1": _conductivity("inlet before the step"), "ci2": _conductivity("inlet after it"),
         "co1": _conductivity("outlet before the step"), "co2": _conductivity("outlet after it"),
         "qd": Key("dialysate flow", "qd"), "qf": Key("ultrafiltration and substitution", "qf")},
        "Goldau/Gagel", "C",
    ),
    "online-dose": _only(
        "Kt/V from measured clearances", "1", dialysance.online_dose,
        {"clearances": Key("mL/min, a,b,…", read=numbers, to="clearances_ml_min"),
         "minutes": Key("for how long each held, a,b,…", read=numbers),
         "volume-l": Key("urea distribution volume", "volume_l"),
         "minutes-left": Key("time left (default 0)", "minutes", optional=True)},
        "definition", "C",
    ),
    "map": _only(
        "mean arterial pressure", "mm[Hg]", access_pressure.mean_pressure,
        {"systolic": Key("systolic pressure", "systolic"), "diastolic": Key("diastolic pressure", "diastolic")},
        "convention", "M",
    ),
    "eiap": _only(
        "equivalent intra-access pressure, static", "mm[Hg]", access_pressure.static_pressure,
        {"pressure": Key("venous chamber, pump off, clamped, after 30 s", "static_pressure"),
         "height-cm": Key("from the chair's arm to the chamber", "chamber_height_cm"), **_MEAN},
        "KDOQI tables", "C",
    ),
    "vapr": _only(
        "venous access pressure ratio", "1", access_pressure.venous_ratio,
        {"vdp": Key("venous pressure", "venous_pressure"), "vdp0": Key("of needle and line alone", "vdp0"),
         **_MEAN, **_QB},
        "Frinak 2002", "C",
    ),
    "vdp0": _only(
        "venous pressure of needle and line alone, from a calibration", "mm[Hg]", needle_calibration.vdp0,
        {**_QB, "flows": Key("blood flows measured at, mL/min, a,b,…", read=numbers),
         "pressures": Key("venous pressures there, mmHg, a,b,…", read=numbers)},
        "own calibration, shape of Frinak 2002", "D",
    ),
    "access-flow": Formula("blood flow of the access", "mL/min", _ACCESS_FLOW),
    "needle-detectability": _only(
        "by how much a slipped needle crosses a static limit", "mm[Hg]", access_pressure.needle_detectability,
        {"intra-access": Key("pressure in the access", "intra_access"),
         "venous": Key("venous pressure", "venous_pressure"), "limit": Key("its lower limit", "venous_pressure")},
        "PubMed 24341865", "C",
    ),
    "blood-volume-profile": _only(
        "kind of slope of the relative blood volume", "%/h", blood_volume.profile,
        {"slope": Key("falling is negative", "slope_percent_h", to="slope_percent_h")},
        "published profiles A, B, C", "C",
    ),
}  # fmt: skip
