"""No wait, retry, time-out or due date of the box hangs on the wall clock, which may be set at any moment."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

EDGE = Path(__file__).parents[2] / "edge_agent"
# Who has timers. The others either have none or are about dates (certificates), which are the wall clock's business.
WITH_TIMERS = (
    "forwarder", "health", "intake", "link_watch", "listen_watch", "mllp_listener", "mqtt_source", "pace",
    "serial_link", "status_page", "suspects", "uplink", "waiting", "watchdog", "window",
)  # fmt: skip
# What they may do with it: stamp a message, name a torn file, explain a certificate's dates, answer with a date.
STAMPS = {"_placed", "reopen", "recover", "in_words", "answer", "respond"}


def calls_of_the_wall_clock(module: str) -> list[str]:
    """For each place where the wall clock is read: what it is handed to at once, or the line."""
    path = EDGE / f"{module}.py"
    if not path.exists():
        return []
    tree = ast.parse(path.read_text("utf-8"))
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    found = []
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and node.attr == "now_us"
            and isinstance(node.value, ast.Attribute | ast.Name)
        ):
            above: ast.AST = node
            while (above := parents[above]) and not isinstance(above, ast.stmt):
                call = above.func if isinstance(above, ast.Call) else None
                if call is not None and call is not node:
                    found.append(call.attr if isinstance(call, ast.Attribute) else ast.unparse(call))
                    break
            else:
                targets = above.targets if isinstance(above, ast.Assign) else []
                found.append(
                    targets[0].attr if targets and isinstance(targets[0], ast.Attribute) else ast.unparse(above)
                )
    return found


@pytest.mark.parametrize("module", WITH_TIMERS)
def test_timers_run_on_the_monotonic_clock(module: str) -> None:
    assert set(calls_of_the_wall_clock(module)) <= STAMPS


def test_the_net_has_no_holes() -> None:
    assert sum(len(calls_of_the_wall_clock(module)) for module in WITH_TIMERS) >= 4
