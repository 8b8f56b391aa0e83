import { describe, expect, it } from "vitest";
import { Pages } from "../src/live/pages";
import type { PageReceipt } from "../src/messages";
import { iso, page, SERVER_MS } from "./samples";

function bench() {
  const said: PageReceipt[] = [];
  const pages = new Pages((receipt) => said.push(receipt));
  return { pages, said, notices: () => pages.open.value.map((open) => open.notice) };
}

describe("pages to a person", () => {
  it("are one for each notice, most urgent first, then the one that waits longest", () => {
    const { pages, notices } = bench();
    pages.receive(page("1", { notice_id: "5", priority: "medium" }));
    pages.receive(page("2", { notice_id: "7" }));
    pages.receive(page("3", { notice_id: "6", queued_at: iso(SERVER_MS - 60_000) }));
    pages.receive(page("4", { notice_id: "7" }));
    expect(notices()).toEqual(["6", "7", "5"]);
    expect(pages.open.value[1]?.delivery).toBe("4");
  });

  it("are receipted once each way, and again when the server brings them again", () => {
    const { pages, said, notices } = bench();
    pages.receive(page("1"));
    expect(said).toEqual([]);
    pages.shown("1");
    pages.shown("1");
    pages.opened("1");
    pages.shown("1");
    expect(said.map(({ state }) => state)).toEqual(["delivered", "read"]);
    pages.receive(page("1"));
    expect(said.at(-1)).toEqual({ receipt: "1", state: "read" });
    expect(notices()).toEqual(["7"]);
  });

  it("once answered do not come back after a reconnect; a further round does", () => {
    const { pages, notices } = bench();
    pages.receive(page("1"));
    pages.answered("7");
    pages.receive(page("1"));
    expect(notices()).toEqual([]);
    pages.receive(page("2"));
    expect(notices()).toEqual(["7"]);
    pages.settle("1");
    expect(notices()).toEqual(["7"]);
  });

  it("are nobody else's after the session has ended", () => {
    const { pages, notices } = bench();
    pages.receive(page("1"));
    pages.clear();
    expect(notices()).toEqual([]);
  });
});
