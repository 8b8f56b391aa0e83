// A phone is sent the values it shows; the wall, and any wide screen, those of everybody.
import { expect, it } from "vitest";
import { watched } from "../src/live/watched";
import { parseRoute } from "../src/routes";

it.each([
  ["#/", true, "all"],
  ["#/alerts/7", true, []],
  ["#/notices/7", true, []],
  ["#/patients/u-1", true, ["u-1"]],
  ["#/patients/u-1/treatments", true, []],
  ["#/alerts", false, "all"],
  ["#/patients/u-1", false, "all"],
])("%s, narrow: %s", (address, isNarrow, units) => {
  expect(watched(parseRoute(address), isNarrow)).toEqual(units);
});
