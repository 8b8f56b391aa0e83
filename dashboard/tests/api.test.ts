// What the REST side makes of answers: lists in parts, and errors of all sorts.
import { describe, expect, it } from "vitest";
import { Api, ApiError } from "../src/api";

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });

function api(answer: (path: string) => Response): { readonly api: Api; readonly asked: string[] } {
  const asked: string[] = [];
  const fetcher = async (path: RequestInfo | URL) => {
    asked.push(String(path));
    return answer(String(path));
  };
  return { api: new Api("/", () => undefined, fetcher as typeof fetch), asked };
}

describe("a list in parts", () => {
  it("is put together, in order, to its end", async () => {
    const parts: Record<string, unknown> = {
      "/api/notices?state=open": { server_time: "1", notices: [{ notice_id: "1" }], next: "a-b" },
      "/api/notices?state=open&cursor=a-b": { server_time: "2", notices: [{ notice_id: "2" }], next: "c" },
      "/api/notices?state=open&cursor=c": { server_time: "3", notices: [{ notice_id: "3" }], next: null },
    };
    const { api: rest, asked } = api((path) => json(parts[path]));
    const list = await rest.notices();
    expect(list.notices.map((notice) => notice.notice_id)).toEqual(["1", "2", "3"]);
    expect(list.next).toBeNull();
    expect(asked).toEqual(Object.keys(parts));
  });

  it("is none when a part cannot be had", async () => {
    const { api: rest } = api((path) =>
      path.includes("cursor") ? json({ what: "busy", hint: "wait" }, 503) : json({ alerts: [{}], next: "a" }),
    );
    await expect(rest.alerts("recent")).rejects.toThrow("busy");
  });
});

describe("an error", () => {
  it("has the server's words, and a proxy's page none", async () => {
    const problem = { type: "/problems/conflict", title: "t", status: 409, detail: "d", what: "over", hint: "look" };
    const refused = await api(() => json(problem, 409))
      .api.me()
      .catch((error) => error);
    expect([refused.status, refused.message, refused.hint]).toEqual([409, "over", "look"]);
    const page = new Response("<html>Bad gateway", { status: 502, statusText: "Bad Gateway" });
    const other = (await api(() => page)
      .api.me()
      .catch((error) => error)) as ApiError;
    expect([other instanceof ApiError, other.status, other.message, other.hint]).toEqual([
      true,
      502,
      "Bad Gateway",
      "",
    ]);
  });
});
