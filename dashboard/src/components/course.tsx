// One figure over many treatments: a point each, with a line from its least to its greatest value. The table has the numbers.
import { course, type Measure, places } from "../charts/course";
import { formatNumber } from "../format/signals";
import type { TreatmentView } from "../messages";
import { words } from "../words";

const WIDTH = 320;
const HEIGHT = 64;

export function Course({
  measure,
  treatments,
}: {
  readonly measure: Measure;
  readonly treatments: readonly TreatmentView[];
}) {
  const points = course(measure, treatments);
  const last = points.at(-1);
  if (last === undefined) return null;
  const starts = treatments.map((treatment) => Date.parse(treatment.start));
  const at = places(points, Math.min(...starts), Math.max(...starts), WIDTH, HEIGHT);
  const least = Math.min(...points.map((point) => point.low));
  const most = Math.max(...points.map((point) => point.high));
  const number = (value: number) => formatNumber(value, measure.decimals);
  return (
    <figure class="course" data-testid="course" data-measure={measure.key}>
      <figcaption>
        {words().treatments.measures[measure.key]} <span class="unit">{measure.unit}</span>
        <strong class="course-last">{number(last.value)}</strong>
      </figcaption>
      <svg viewBox={`-4 -4 ${WIDTH + 8} ${HEIGHT + 8}`} aria-hidden="true">
        <polyline class="course-line" points={at.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ")} />
        {at.map(({ x, y, top, bottom }, index) => (
          <g key={points[index]?.treatment.treatment_id}>
            {bottom - top > 0.5 && <line class="course-span" x1={x} x2={x} y1={top} y2={bottom} />}
            <circle class="course-point" cx={x} cy={y} r="2.5" />
          </g>
        ))}
      </svg>
      <p class="course-range">{least === most ? number(least) : `${number(least)} … ${number(most)}`}</p>
    </figure>
  );
}
