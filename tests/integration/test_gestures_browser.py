"""What a hand on the time line makes the page do, counted: what it takes in time is `./run bench charts`'s to say."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.integration.test_timeline_browser import PATIENT_MS, World, patient_page, world

__all__ = ["world"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

FRAMES, EVENTS = 30, 4
# Four events before each of 30 frames, and what they led to: drawings of each strip by frame (the library clears the
# canvas once for each), renderings of the lanes, and pauses in which the page may well believe that the hand is still.
BY_HAND = """([frames, events, kind]) => new Promise((done) => {
  const drawn = new Map(), clear = CanvasRenderingContext2D.prototype.clearRect;
  let rendered = 0, pauses = 0, left = frames, lastMs = performance.now();
  CanvasRenderingContext2D.prototype.clearRect = function (...where) {
    const key = `${this.canvas.closest("[data-strip]")?.dataset.strip} ${document.timeline.currentTime}`;
    drawn.set(key, (drawn.get(key) ?? 0) + 1);
    return clear.apply(this, where);
  };
  const watcher = new MutationObserver(() => { rendered += 1; });
  watcher.observe(document.querySelector(".time-lanes"), {subtree: true, childList: true, attributes: true});
  const over = document.querySelector(".u-over"), {left: x, width, top: y} = over.getBoundingClientRect();
  const at = (share) => ({clientX: x + width * share, clientY: y + 9, pointerId: 1, bubbles: true, cancelable: true});
  const move = (share) => over.dispatchEvent(kind === "wheel"
    ? new WheelEvent("wheel", {...at(0.5), ctrlKey: true, deltaY: -2})
    : new PointerEvent("pointermove", at(share)));
  if (kind === "drag") over.dispatchEvent(new PointerEvent("pointerdown", {...at(0.2), button: 0}));
  const frame = async () => {
    if (performance.now() - lastMs > 100) pauses += 1;
    lastMs = performance.now();
    for (let event = 0; event < events; event += 1) {
      move(0.2 + 0.5 * (1 - (left - event / events) / frames));
      // As after each event of a real hand: what was only put off to the end of a task is done now.
      for (let turn = 0; turn < 5; turn += 1) await null;
    }
    if ((left -= 1) > 0) return requestAnimationFrame(frame);
    if (kind === "drag") over.dispatchEvent(new PointerEvent("pointerup", at(0.7)));
    requestAnimationFrame(() => requestAnimationFrame(() => {
      CanvasRenderingContext2D.prototype.clearRect = clear;
      watcher.disconnect();
      const strips = document.querySelectorAll("[data-strip]").length;
      done({most: Math.max(...drawn.values()), drawings: drawn.size, rendered, pauses, strips});
    }));
  };
  requestAnimationFrame(frame);
})"""


@pytest.mark.parametrize("kind", ["wheel", "drag"])
def test_a_hand_draws_each_strip_once_a_frame_and_asks_when_it_is_still(
    browser: Browser, world: World, kind: str
) -> None:
    page, complaints = patient_page(browser, world)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/readings?" in request.url else None)
    with page.expect_response(lambda response: "/readings?" in response.url, timeout=PATIENT_MS):
        found: dict[str, Any] = page.evaluate(BY_HAND, [FRAMES, EVENTS, kind])
        # 120 events, and no question but where the machine itself paused.
        assert len(asked) <= found["pauses"] + 1
    expect(page.get_by_test_id("not-live")).to_have_attribute("data-held", "true")
    assert found["strips"] == 9
    assert found["most"] == 1, "no strip is drawn twice for one frame"
    assert found["drawings"] > found["strips"] * FRAMES / 2, "and none waits until the hand is still"
    # With the hand once a frame; beside it time goes on, and what happened is told again.
    assert found["rendered"] <= FRAMES + 12
    assert complaints == []
