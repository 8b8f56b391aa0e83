from __future__ import annotations

import numpy as np

from alerts.detectors.news import News
from alerts.table import Field, Table

KNOWN = Field("x.known", "f8", np.nan, ("a", "b"))
ROW = slice(0, 1)


def test_only_what_is_other_than_before_is_news_until_it_has_been_judged() -> None:
    news = News("x", [KNOWN])
    table = Table([KNOWN, *news.fields], 1)

    def put(*values: float) -> bool:
        news.take_up(table, 0, lambda: np.copyto(table["x.known"][0], values))
        return bool(news.has(table, ROW)[0])

    assert not put(np.nan, np.nan), "nothing is known, as before"
    assert put(np.nan, 3.0)
    assert put(np.nan, 3.0), "not judged yet"
    news.judged(table, ROW)
    assert not put(np.nan, 3.0)
    assert put(4.0, 3.0)


def test_it_outlives_a_restart() -> None:
    news = News("x", [KNOWN])
    before, after = (Table([KNOWN, *news.fields], 1) for _ in range(2))
    news.take_up(before, 0, lambda: before["x.known"][0].fill(5.0))
    after.unpack(0, *before.pack(0))
    assert news.has(after, ROW)[0]
    news.judged(before, ROW)
    after.unpack(0, *before.pack(0))
    news.take_up(after, 0, lambda: after["x.known"][0].fill(5.0))
    assert not news.has(after, ROW)[0]
