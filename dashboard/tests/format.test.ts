import { describe, expect, it } from "vitest";
import { describeFigure } from "../src/format/figures";
import { formatNumber, formatValue } from "../src/format/signals";
import { formatAge, formatClock, formatMinutes } from "../src/format/times";
import { signalLabel } from "../src/words";

describe("numbers", () => {
  it.each([
    ["blood_flow", 299.6, "300"],
    ["arterial_pressure", -182, "−182"],
    ["arterial_pressure", -0.2, "0"],
    ["dialysate_conductivity", 13.999, "14.00"],
    ["dialysate_temperature", 36.55, "36.5"],
    ["ultrafiltration_volume", 1420.4, "1420"],
    ["online_spktv", 1.4432, "1.44"],
    ["median_60_s", 154, "154"],
    ["slope", 0.64375, "0.64"],
  ])("%s %d is written %s", (name, value, text) => {
    expect(formatValue(name, value)).toBe(text);
  });

  it("has a true minus and no minus zero", () => {
    expect(formatNumber(-1.25, 1)).toBe("−1.3");
    expect(formatNumber(-0.04, 1)).toBe("0.0");
  });

  it("names what the catalogue does not know by its own words", () => {
    expect(signalLabel("venous_pressure")).toBe("Venous pressure");
    expect(signalLabel("some_new_figure")).toBe("some new figure");
  });
});

describe("figures of a rule", () => {
  it.each([
    ["venous_pressure", 92, "Venous pressure", "92", "mmHg"],
    ["venous_pressure_median_60s", 154, "Venous pressure, median of 60 s", "154", "mmHg"],
    ["on_delay_s", 3, "Must last for", "3", "s"],
    ["limit", 20, "Limit", "20", ""],
    ["target_weight_kg", 71.5, "Target weight", "71.5", "kg"],
    ["ultrafiltration_rate_ml_kg_h", 13.2, "Ultrafiltration rate", "13.2", "mL/kg/h"],
    ["something_new", 1, "something new", "1", ""],
  ])("%s", (name, value, label, text, unit) => {
    expect(describeFigure(name, value)).toEqual({ label, value: text, unit });
  });

  it("has a dash where there is no number", () => {
    expect(describeFigure("venous_pressure", null).value).toBe("–");
  });
});

describe("times", () => {
  it.each([
    [0, "0 s"],
    [34_900, "34 s"],
    [99_999, "99 s"],
    [100_000, "1 min"],
    [720_000, "12 min"],
    [3 * 3_600_000 + 5 * 60_000, "3 h 05 min"],
    [49 * 3_600_000, "2 d"],
  ])("%d ms old is %s", (ms, text) => {
    expect(formatAge(ms)).toBe(text);
  });

  it("writes treatment time as hours and minutes", () => {
    expect(formatMinutes(125.9)).toBe("2:05");
    expect(formatMinutes(-3)).toBe("0:00");
  });

  it("adds the date on another day only", () => {
    const now = new Date(2026, 0, 31, 20, 0, 0).getTime();
    expect(formatClock(now - 3_000, now)).toBe("19:59:57");
    expect(formatClock(now - 86_400_000, now, false)).toContain("30 Jan");
  });
});
