import { beforeEach, expect, it, vi } from "vitest";
import { inNextFrame, notInNextFrame } from "../src/charts/frames";

let frames: (() => void)[] = [];
const paint = () => {
  const due = frames;
  frames = [];
  for (const frame of due) frame();
};

beforeEach(() => {
  frames = [];
  vi.stubGlobal("requestAnimationFrame", (frame: () => void) => frames.push(frame));
});

it("does each work once a frame, however often it is asked for, with one request for all", () => {
  const [one, other] = [vi.fn(), vi.fn()];
  for (let time = 0; time < 5; time += 1) [one, other].forEach(inNextFrame);
  expect(frames).toHaveLength(1);
  paint();
  paint();
  expect([one, other].map((work) => work.mock.calls.length)).toEqual([1, 1]);
});

it("what a move asks to be drawn is drawn before the same frame", () => {
  const draw = vi.fn();
  inNextFrame(() => inNextFrame(draw));
  paint();
  expect(draw).toHaveBeenCalledTimes(1);
  expect(frames).toHaveLength(0);
});

it("what asks for itself comes once a frame, and what is gone not at all", () => {
  const ticks = vi.fn(() => inNextFrame(ticks));
  const gone = vi.fn();
  inNextFrame(ticks);
  inNextFrame(gone);
  notInNextFrame(gone);
  paint();
  paint();
  expect(ticks).toHaveBeenCalledTimes(2);
  expect(gone).not.toHaveBeenCalled();
  notInNextFrame(ticks);
  paint();
});

it("one that fails does not keep the others from the next frame", () => {
  const draw = vi.fn();
  inNextFrame(() => {
    throw new Error("broken");
  });
  inNextFrame(draw);
  expect(paint).toThrow("broken");
  paint();
  expect(draw).toHaveBeenCalledTimes(1);
});
