import { beforeEach, describe, expect, it } from "vitest";
import { Happenings, stood, stoodAlone } from "../src/charts/happenings";
import { type Mark, stacked, within } from "../src/charts/lanes";
import { marksOf } from "../src/charts/marks";
import { chooseLanguage } from "../src/language";
import type { PatientEvent, Timeline } from "../src/messages";
import { alert, iso, SERVER_MS } from "./samples";

const NOW_S = SERVER_MS / 1000;
const titles = { title: ({ title }: { title: string }) => title };

function mark(startS: number, endS: number, change: Partial<Mark> = {}): Mark {
  return {
    key: `${startS} ${endS}`,
    lane: "alerts",
    startS,
    endS,
    goesOn: false,
    priority: "low",
    word: "R1",
    sentence: "",
    ...change,
  };
}

const event = (change: Partial<PatientEvent> = {}): PatientEvent => ({
  event_id: "1",
  kind: "symptom",
  start: iso(SERVER_MS - 60_000),
  end: null,
  text: "dizzy",
  author: null,
  corrects: null,
  corrected_by: null,
  entered_at: iso(SERVER_MS),
  ...change,
});

function timeline(change: Partial<Timeline> = {}): Timeline {
  const span = { start: iso(SERVER_MS - 600_000), end: iso(SERVER_MS) };
  return {
    server_time: iso(SERVER_MS),
    patient_id: "1",
    ...span,
    alerts: [],
    alarms: [],
    events: [],
    more: false,
    ...change,
  };
}

describe("marks in rows", () => {
  it("stand at their share of the span, cut at its edges, and never smaller than a finger", () => {
    const { rows } = stacked([mark(-50, 25), mark(50, 50), mark(99.9, 100)], 0, 100, 0.1);
    expect(rows.map((row) => row.map(({ left, width }) => [left, width]))).toEqual([
      [
        [0, 0.25],
        [0.5, 0.1],
        [0.9, 0.1],
      ],
    ]);
  });

  it("lie one below the other where they overlap, the more important first, and the rest is counted", () => {
    const same = Array.from({ length: 6 }, (_, at) => mark(10, 20, { key: `low ${at}` }));
    const { rows, crowded } = stacked([...same, mark(15, 30, { key: "high", priority: "high" })], 0, 100, 0.01);
    expect(rows[0]?.map((one) => one.mark.key)).toEqual(["high"]);
    expect([rows.length, crowded]).toEqual([4, 3]);
    expect(stacked([mark(0, 10), mark(20, 30)], 0, 100, 0.01).rows).toHaveLength(1);
  });

  it("of another time are not there", () => {
    expect(within([mark(0, 9), mark(0, 10), mark(20, 25), mark(19, 25)], 10, 20)).toHaveLength(2);
  });
});

describe("what happened", () => {
  beforeEach(() => chooseLanguage("en"));

  it("of an alert goes by what is live, until its cause went and not until somebody had seen it", () => {
    const over = alert("1", "a", { state: "normal", changed_at: iso(SERVER_MS) });
    const told = timeline({ alerts: [{ alert: over, until: iso(SERVER_MS - 3000), before: false }] });
    expect(stood(told, [])).toEqual([{ alert: over, untilS: NOW_S - 3 }]);
    const latched = alert("1", "a", { state: "latched, clear" });
    expect(stood(told, [latched])).toEqual([{ alert: latched, untilS: NOW_S - 3 }]);
    const again = alert("1", "a");
    const other = alert("2", "a");
    expect(stood(told, [again, other])).toEqual([
      { alert: again, untilS: null },
      { alert: other, untilS: null },
    ]);
    expect(stoodAlone(over).untilS).toBe(NOW_S);
    expect(stoodAlone(again).untilS).toBeNull();
  });

  it("of an alert that is another patient's by now stands as it stood, whatever is live of it", () => {
    const ours = alert("1", "a", { state: "normal", reason: "of Ada" });
    const told = timeline({ alerts: [{ alert: ours, until: iso(SERVER_MS - 3000), before: true }] });
    const theirs = alert("1", "a", { reason: "of Bo" });
    const found = stood(told, [theirs]);
    expect(found).toEqual([
      { alert: ours, untilS: NOW_S - 3, before: true },
      { alert: theirs, untilS: null },
    ]);
    const keys = marksOf(found, told, NOW_S, titles).map(({ key }) => key);
    expect(new Set(keys).size).toBe(2);
  });

  it("is said in words with its time; what was corrected is not", () => {
    const told = timeline({
      alarms: [
        {
          name: "MDC_EVT_HI",
          label: "Above the machine's limit",
          signal: "venous_pressure",
          since: iso(SERVER_MS - 90_000),
          until: null,
        },
      ],
      events: [event(), event({ event_id: "2", corrected_by: "3" })],
    });
    const marks = marksOf([{ alert: alert("7", "a"), untilS: null }], told, NOW_S, titles);
    expect(marks.map(({ lane, startS, endS, goesOn }) => [lane, startS - NOW_S, endS - NOW_S, goesOn])).toEqual([
      ["alarms", -90, 0, true],
      ["events", -60, -60, false],
      ["alerts", -5, 0, true],
    ]);
    expect(marks[0]?.sentence).toContain("goes on, 90 s) machine alarm: Above the machine's limit, Venous pressure");
    chooseLanguage("zh-Hans");
    const chinese = marksOf([], told, NOW_S, titles)[0];
    expect([chinese?.word, chinese?.sentence.includes("透析机报警：高于机器限值")]).toEqual(["高于机器限值", true]);
    const sent = { name: "PUMP 7", label: "PUMP 7", signal: "", since: iso(SERVER_MS), until: null };
    expect(marksOf([], timeline({ alarms: [sent] }), NOW_S, titles)[0]?.word).toBe("PUMP 7");
    chooseLanguage("en");
    expect(marks[1]?.sentence).toContain("symptom by the patient: dizzy");
    expect(marks[2]?.sentence).toContain("alert, HIGH: Needle dislodgement (R10). venous pressure fell");
  });

  it("that was asked for later is what counts, and that it did not come is known", async () => {
    const answers: ((told: Timeline | Error) => void)[] = [];
    const api = {
      timeline: () =>
        new Promise<Timeline>((resolve, reject) => {
          answers.push((told) => (told instanceof Error ? reject(told) : resolve(told)));
        }),
    };
    const happenings = new Happenings(api as never, "a");
    const [first, second] = [happenings.load(0, 1), happenings.load(1, 2)];
    answers[1]?.(timeline({ patient_id: "2" }));
    answers[0]?.(timeline({ patient_id: "1" }));
    await Promise.all([first, second]);
    expect(happenings.told.value?.patient_id).toBe("2");
    const third = happenings.load(2, 3);
    answers[2]?.(new Error("away"));
    await third;
    expect([happenings.failed.value, happenings.told.value?.patient_id]).toEqual([true, "2"]);
  });
});
