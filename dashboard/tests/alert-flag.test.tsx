// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, it } from "vitest";
import { AlertFlag } from "../src/components/alert-flag";

it("flags drawn together are put in step together: a page is asked for all animations before any is moved", async () => {
  const done: string[] = [];
  const animation = {
    set startTime(at: number) {
      done.push(`start ${at}`);
    },
  };
  HTMLElement.prototype.getAnimations = () => {
    done.push("ask");
    return [animation as unknown as Animation];
  };
  const host = document.createElement("div");
  await act(() => {
    render(
      <>
        <AlertFlag priority="high" flashing />
        <AlertFlag priority="medium" flashing />
        <AlertFlag priority="high" flashing={false} />
      </>,
      host,
    );
  });
  expect(done).toEqual(["ask", "ask", "start 0", "start 0"]);
});
