// Above the strips: what is missing and what is not as others, in words, along the same time line.

import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { useApp } from "../context";
import { toldNow } from "../format/reasons";
import { formatAge, formatClock } from "../format/times";
import type { MarkView } from "../messages";
import { signalLabel, words } from "../words";
import { type Gap, longestWithin } from "./coverage";
import type { Recorder } from "./recorder";

/** More pieces in one span than this are no longer looked at one by one; all of them are drawn in the strips. */
const MOST = 60;

interface Piece {
  readonly start: number;
  readonly end: number;
  readonly pattern: "gap" | MarkView["kind"];
  /** Short enough to stand in a wide piece; a mark's is the name of its row. */
  readonly word: string;
  readonly sentence: string;
  /** Of one signal alone: told in the list, and drawn on its own strip. */
  readonly ofSignal: boolean;
}

const ROWS: readonly Piece["pattern"][] = ["gap", "backfilled", "time corrected", "thinned"];

interface LaneProps {
  readonly recorder: Recorder;
  readonly startS: number;
  readonly endS: number;
}

export function CoverageLane({ recorder, startS, endS }: LaneProps) {
  const nowS = useApp().store.now.value / 1000;
  const pointed = useSignal<string | null>(null);
  void recorder.version.value;
  const t = words().coverage;
  const gaps = recorder.gaps(endS);
  const { marks } = recorder.coverage;
  // Told in words each second, not with each move of a hand.
  const all = useMemo(() => piecesOf(gaps, marks, nowS), [gaps, marks, nowS, t]);
  const pieces = longestWithin(all, startS, endS, MOST);
  const left = all.filter((piece) => piece.end > startS && piece.start < endS).length - pieces.length;
  if (pieces.length === 0) return null;
  const rows = ROWS.map((pattern) => ({
    pattern,
    inRow: pieces.filter((piece) => piece.pattern === pattern && !piece.ofSignal),
  }));
  return (
    <section class="coverage" aria-label={t.label} data-testid="coverage">
      {rows.map(
        ({ pattern, inRow }) =>
          inRow.length > 0 && (
            <div key={pattern} class="coverage-row" data-pattern={pattern}>
              <p class="coverage-name">{t.rows[pattern]}</p>
              <div class="coverage-lane">
                {inRow.map((piece) => (
                  <Segment key={`${piece.start}`} piece={piece} startS={startS} endS={endS} pointed={pointed} />
                ))}
              </div>
            </div>
          ),
      )}
      <details class="coverage-list">
        <summary>{pointed.value ?? t.count(pieces.length)}</summary>
        <ul>
          {pieces.map((piece) => (
            <li key={`${piece.pattern}${piece.start}${piece.sentence}`}>{piece.sentence}</li>
          ))}
          {left > 0 && <li>{t.more(left)}</li>}
        </ul>
      </details>
    </section>
  );
}

interface SegmentProps {
  readonly piece: Piece;
  readonly startS: number;
  readonly endS: number;
  readonly pointed: { value: string | null };
}

function Segment({ piece, startS, endS, pointed }: SegmentProps) {
  const percent = (timeS: number) => (100 * (Math.min(Math.max(timeS, startS), endS) - startS)) / (endS - startS);
  const from = percent(piece.start);
  const point = () => {
    pointed.value = piece.sentence;
  };
  const leave = () => {
    pointed.value = null;
  };
  return (
    <button
      type="button"
      class="segment"
      data-pattern={piece.pattern}
      style={{ left: `${from}%`, width: `${percent(piece.end) - from}%` }}
      // Begins with what is written on it, for whoever speaks to the page.
      aria-label={piece.word === "" ? piece.sentence : `${piece.word}, ${piece.sentence}`}
      title={piece.sentence}
      onMouseEnter={point}
      onMouseLeave={leave}
      onFocus={point}
      onBlur={leave}
    >
      {piece.word !== "" && <span>{piece.word}</span>}
    </button>
  );
}

/** In order of time. */
function piecesOf(gaps: readonly Gap[], marks: readonly MarkView[], nowS: number): readonly Piece[] {
  return [...gaps.map((gap) => gapPiece(gap, nowS)), ...marks.map((mark) => markPiece(mark, nowS))].sort(
    (one, other) => one.start - other.start,
  );
}

function gapPiece(gap: Gap, nowS: number): Piece {
  const t = words().coverage;
  const what = gap.signal === null ? t.noReadings : t.notBelieved(signalLabel(gap.signal));
  const why = gap.signal === null ? `: ${t.reasons[gap.reason]}` : "";
  const detail = gap.detail === "" ? "" : ` (${toldNow(gap.detail).text})`;
  return {
    start: gap.start,
    end: gap.end,
    pattern: "gap",
    word: t.short[gap.reason],
    sentence: `${span(gap.start, gap.end, nowS)} ${what}${why}${detail}`,
    ofSignal: gap.signal !== null,
  };
}

function markPiece(mark: MarkView, nowS: number): Piece {
  const t = words().coverage;
  const detail = mark.detail === "" ? "" : ` (${toldNow(mark.detail).text})`;
  return {
    start: mark.start,
    end: mark.end,
    pattern: mark.kind,
    word: "",
    sentence: `${span(mark.start, mark.end, nowS)} ${t.marks[mark.kind](mark.rows)}${detail}`,
    ofSignal: false,
  };
}

/** "19:02:10–19:05:40 (3 min)". */
function span(startS: number, endS: number, nowS: number): string {
  const clock = (atS: number) => formatClock(atS * 1000, nowS * 1000);
  return `${clock(startS)}–${clock(endS)} (${formatAge((endS - startS) * 1000)})`;
}
