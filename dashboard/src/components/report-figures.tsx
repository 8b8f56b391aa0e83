// What was prescribed against what was delivered; what nobody measured is a dash.
import { formatNumber } from "../format/signals";
import type { ReviewView } from "../messages";
import { words } from "../words";

export function ReportFigures({ review }: { readonly review: ReviewView }) {
  const t = words().reviews.page;
  const { prescribed, treatment } = review;
  const { summary } = treatment;
  const flow = summary?.signals.blood_flow;
  const dialysate = summary?.signals.dialysate_flow;
  const systolic = summary?.signals.systolic;
  const rows: readonly (readonly [string, string, string])[] = [
    [
      t.time,
      figure(prescribed.treatment_min, 0, "min"),
      figure(summary === null ? null : summary.treated_s / 60, 0, "min"),
    ],
    [t.dose, figure(prescribed.spktv, 2, ""), figure(summary?.spktv, 2, "")],
    [t.removed, figure(prescribed.ultrafiltration_ml, 0, "mL"), figure(summary?.volume_removed_ml, 0, "mL")],
    [t.bloodFlow, figure(prescribed.blood_flow_ml_min, 0, "mL/min"), figure(flow?.median, 0, "mL/min")],
    [t.dialysateFlow, figure(prescribed.dialysate_flow_ml_min, 0, "mL/min"), figure(dialysate?.median, 0, "mL/min")],
    [t.weightBefore, "–", figure(review.weight_before_kg, 1, "kg")],
    [t.weightAfter, figure(prescribed.target_weight_kg, 1, "kg"), figure(review.weight_after_kg, 1, "kg")],
    [
      t.pressure,
      "–",
      systolic === undefined ? "–" : `${figure(systolic.min, 0, "")} … ${figure(systolic.max, 0, "mmHg")}`,
    ],
  ];
  return (
    <table class="report-figures">
      <thead>
        <tr>
          <th scope="col">{t.figure}</th>
          <th scope="col">{t.prescribed}</th>
          <th scope="col">{t.delivered}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, wanted, found]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{wanted}</td>
            <td>{found}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function figure(value: number | null | undefined, decimals: number, unit: string): string {
  return value === null || value === undefined ? "–" : `${formatNumber(value, decimals)} ${unit}`.trim();
}
