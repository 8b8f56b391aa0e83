// One strip of a treatment's report: SVG, so that it prints crisp; a gap is hatched and never bridged.
import { HEIGHT, reportCourse, WIDTH } from "../charts/report";
import { formatNumber } from "../format/signals";
import type { History } from "../messages";
import { words } from "../words";

interface Props {
  readonly label: string;
  readonly unit: string;
  readonly names: readonly string[];
  readonly history: History;
  readonly startS: number;
  readonly endS: number;
}

export function ReportChart({ label, unit, names, history, startS, endS }: Props) {
  const course = reportCourse(history, names, startS, endS);
  const hatch = `hatch-${names[0]}`;
  return (
    <figure class="report-chart" data-chart={names[0]}>
      <figcaption>
        {label} <span class="unit">{unit}</span>
        <span class="report-range">
          {course === null
            ? words().coverage.noReadings
            : `${formatNumber(course.low, 0)} … ${formatNumber(course.high, 0)}`}
        </span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        <defs>
          <pattern id={hatch} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <line class="report-hatch" x1="0" y1="0" x2="0" y2="5" />
          </pattern>
        </defs>
        <rect class="report-frame" width={WIDTH} height={HEIGHT} />
        {course?.gaps.map((gap) => (
          <rect key={gap.x} class="report-gap" x={gap.x} width={gap.width} height={HEIGHT} fill={`url(#${hatch})`} />
        ))}
        {course?.lines.map((line) => (
          <path key={line} class="report-line" d={line} />
        ))}
      </svg>
    </figure>
  );
}
