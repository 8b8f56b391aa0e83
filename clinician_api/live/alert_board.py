"""The alerts of the room: what is on record and open, and over it what could not be saved yet. No I/O, no clock.

Per unit and rule one thing is shown. Where an alert that is not saved changes one that is, it takes its id; otherwise
it has an id of its own until the saved one takes its place, and one message tells both.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from clinician_api.live.unsaved import Key
from clinician_api.live.views import View
from clinician_api.people.whose import THE_UNITS, Whose
from telemetry.alarms import ConditionState

# Alert messages kept for subscribers that lag; one that fell further behind gets a snapshot, which has all open alerts.
ALERT_RING: Final = 2000
# Alerts of which it is remembered how far they were told; two readers of the store may answer in the wrong order.
MAX_ALERTS: Final = 20_000
LASTING: Final = (ConditionState.ACTIVE_UNACKNOWLEDGED, ConditionState.ACTIVE_ACKNOWLEDGED)
# What people have done with an alert, in an `AlertView`.
_OF_PEOPLE: Final = (
    "acknowledged_by", "acknowledged_at", "answer", "shelved_until", "shelved_by", "shelved_reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ToldAlert:
    """One alert message in the ring.

    Attributes:
        replaces: the id under which the same was shown before, None if it had none.
        whose: whose it is. lasted: when it was told before this, its condition lasted.
    """

    number: int
    version: int
    view: View
    replaces: str | None = None
    whose: Whose = THE_UNITS
    lasted: bool = False


class AlertBoard:
    """Open alerts, and the ring of messages about them; `touch` gives each its version."""

    def __init__(self, touch: Callable[[], int]) -> None:
        self.ring: deque[ToldAlert] = deque(maxlen=ALERT_RING)
        self.last = 0
        self._touch = touch
        self._open: dict[str, View] = {}
        self._newest: dict[Key, str] = {}
        self._versions: OrderedDict[str, int] = OrderedDict()
        self._unsaved: dict[Key, View] = {}
        self._shown: dict[Key, View] = {}
        self._whose: dict[str, Whose] = {}
        self._lasting: set[str] = set()

    def put(self, view: View, version: int, whose: Whose = THE_UNITS) -> None:
        """An alert as it stood at a version. What was told already, or is older than that, is not told again."""
        alert_id, key = view["alert_id"], (view["unit"], view["rule"])
        if version <= self._versions.get(alert_id, -1):
            return
        self._versions[alert_id] = version
        self._versions.move_to_end(alert_id)
        self._whose[alert_id] = whose
        if len(self._versions) > MAX_ALERTS:
            oldest, _ = self._versions.popitem(last=False)
            if oldest not in self._open:
                self._whose.pop(oldest, None)
        # A word on one alert of a notice is an event of all its alerts, and shows in one.
        if self._open.get(alert_id) == view:
            return
        if _is_over(view):
            self._open.pop(alert_id, None)
            if self._newest.get(key) == alert_id:
                del self._newest[key]
        else:
            self._open[alert_id] = view
            self._newest[key] = alert_id
        if key in self._unsaved:
            # What the rules found since is not on record yet: it stays on top.
            self._show(key)
        if key not in self._shown or self._shown[key]["alert_id"] != alert_id:
            self._tell(view)

    def put_unsaved(self, changed: Mapping[Key, View]) -> None:
        """Alerts that changed and could not be saved."""
        for key, view in changed.items():
            self._unsaved[key] = view
            self._show(key)

    def forget_unsaved(self, keys: Collection[Key]) -> None:
        """What is on record is the truth again."""
        for key in keys:
            del self._unsaved[key]
            old = self._shown.pop(key)
            saved = self._open.get(self._newest.get(key, ""))
            if saved is not None:
                self._tell(saved, old["alert_id"] if old["alert_id"] != saved["alert_id"] else None)
            elif not _is_over(old):
                self._tell({**old, "state": str(ConditionState.NORMAL)})

    def missed(self, open_now: Mapping[str, int]) -> set[str]:
        """Those that stand differently, of the alerts open now with their versions; and those over meanwhile."""
        newer = {alert_id for alert_id, version in open_now.items() if version > self._versions.get(alert_id, -1)}
        return newer | (self._open.keys() - open_now.keys())

    def open_views(self) -> list[View]:
        """Everything that is open, as it is to be shown."""
        return self.overlaid(list(self._open.values()))

    def overlaid(self, saved: Sequence[View]) -> list[View]:
        """Saved alerts as they are to be shown: those that changed since changed or over, those not saved in front."""
        shown = {view["alert_id"]: view for view in self._shown.values()}
        known = {view["alert_id"] for view in saved}
        views = [view for alert_id, view in shown.items() if alert_id not in known]
        views += [shown.get(view["alert_id"], view) for view in saved]
        return [view for view in views if not (view["unsaved"] and _is_over(view))]

    def whose(self, alert_id: str) -> Whose:
        """Whose an alert is; one that is not saved yet is of the unit as it is now."""
        return self._whose.get(alert_id, THE_UNITS)

    def unsaved(self, alert_id: str) -> View | None:
        """The alert of that id, if it is one that could not be saved yet."""
        return next((view for view in self._shown.values() if view["alert_id"] == alert_id), None)

    def _show(self, key: Key) -> None:
        old, new = self._shown.get(key), self._composed(key)
        self._shown[key] = new
        is_own = new["alert_id"] == self._unsaved[key]["alert_id"]
        # What was never shown need not be told to be over.
        never = is_own and _is_over(new) and (old is None or _is_over(old))
        if new != old and not never:
            self._tell(new, old["alert_id"] if old is not None and old["alert_id"] != new["alert_id"] else None)

    def _composed(self, key: Key) -> View:
        unsaved = self._unsaved[key]
        saved = self._open.get(self._newest.get(key, ""))
        if saved is None:
            return unsaved
        # An answer holds until the condition is raised anew.
        answered = unsaved["state"] != ConditionState.ACTIVE_UNACKNOWLEDGED
        kept = {name: saved[name] for name in _OF_PEOPLE} if answered else {}
        return {**unsaved, "alert_id": saved["alert_id"], **kept}

    def _tell(self, view: View, replaces: str | None = None) -> None:
        self.last += 1
        alert_id, lasted = view["alert_id"], view["alert_id"] in self._lasting
        self.ring.append(ToldAlert(self.last, self._touch(), view, replaces, self.whose(alert_id), lasted))
        if lasts(view):
            self._lasting.add(alert_id)
        else:
            self._lasting.discard(alert_id)


def lasts(view: View) -> bool:
    """Whether the condition itself goes on."""
    return bool(view["state"] in LASTING)


def _is_over(view: View) -> bool:
    return bool(view["state"] == ConditionState.NORMAL)
