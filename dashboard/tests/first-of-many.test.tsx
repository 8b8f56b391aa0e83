// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { describe, expect, it } from "vitest";
import { AT_ONCE, FirstOfMany } from "../src/components/first-of-many";

const host = document.createElement("div");
const items = (count: number) => Array.from({ length: count }, (_, number) => number);

async function show(count: number, atLeast = 0): Promise<void> {
  await act(() => {
    render(
      <FirstOfMany of={items(count)} atLeast={atLeast}>
        {(item) => <p key={item}>{item}</p>}
      </FirstOfMany>,
      host,
    );
  });
}

const shown = () => host.querySelectorAll("p").length;
const button = () => host.querySelector<HTMLButtonElement>("button");

describe("a long list", () => {
  it("shows the first hundred, says how many are left, and goes on at a press", async () => {
    await show(AT_ONCE * 2 + 5);
    expect(shown()).toBe(AT_ONCE);
    expect(button()?.textContent).toBe("Show 100 of 105 more");
    await act(() => button()?.click());
    expect(button()?.textContent).toBe("Show the last 5");
    await act(() => button()?.click());
    expect([shown(), button()]).toEqual([AT_ONCE * 2 + 5, null]);
    await act(() => render(null, host));
  });

  it("shows all of a short one, and what a link leads to", async () => {
    await show(AT_ONCE);
    expect([shown(), button()]).toEqual([AT_ONCE, null]);
    await show(500, 321);
    expect(shown()).toBe(321);
  });
});
