// Why an alert fired, drawn: what its rule read from ten minutes before it to five minutes after.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { type BeforeStrip, beforeStrips } from "../charts/before";
import { stoodAlone } from "../charts/happenings";
import { readInk } from "../charts/ink";
import { stripOptions } from "../charts/plot";
import { drawGoal } from "../charts/strip";
import { useApp } from "../context";
import { describeFigure } from "../format/figures";
import { signalFormat } from "../format/signals";
import type { AlertView, AlertBefore as Before } from "../messages";
import { theme } from "../theme";
import { signalLabel, words } from "../words";

export function AlertBefore({ alert }: { readonly alert: AlertView }) {
  // Nobody who may not see what is stored is offered it; of an alert that is not saved nothing is.
  if (alert.unsaved || !useApp().session.may("see history")) return null;
  return <Loaded alert={alert} />;
}

function Loaded({ alert }: { readonly alert: AlertView }) {
  const { api } = useApp();
  const t = words().alerts;
  const loaded = useSignal<Before | "loading" | "failed">("loading");
  // Asked again with each change of the alert: the minutes after it are then there.
  useEffect(() => {
    let current = true;
    api.alertBefore(alert.alert_id).then(
      (answer) => {
        if (current) loaded.value = answer;
      },
      () => {
        if (current) loaded.value = "failed";
      },
    );
    return () => {
      current = false;
    };
  }, [api, loaded, alert.alert_id, alert.state, alert.changed_at]);
  const before = loaded.value;
  if (before === "loading") return <p class="note">{t.loading}</p>;
  if (before === "failed") return <p class="note">{t.beforeFailed}</p>;
  return <BeforeStrips alert={alert} before={before} />;
}

export function BeforeStrips({ alert, before }: { readonly alert: AlertView; readonly before: Before }) {
  const t = words().alerts;
  if (before.signals.length === 0) return <p class="note">{t.beforeNone}</p>;
  const strips = beforeStrips(before);
  return (
    <section class="before" aria-label={t.before} data-testid="alert-before">
      <h4>{t.before}</h4>
      {!before.rule_in_force && <p class="note">{t.beforeChanged}</p>}
      {strips.map((strip, index) => (
        <Strip key={strip.signal} strip={strip} alert={alert} withAxis={index === strips.length - 1} />
      ))}
    </section>
  );
}

interface StripProps {
  readonly strip: BeforeStrip;
  readonly alert: AlertView;
  readonly withAxis: boolean;
}

function Strip({ strip, alert, withAxis }: StripProps) {
  const label = signalLabel(strip.signal);
  const said = inWords(strip);
  return (
    <figure class="before-strip" data-before={strip.signal}>
      <figcaption>
        <span class="figure-label">{label}</span> <span>{said}</span>
      </figcaption>
      {strip.extent !== null && <Plot strip={strip} alert={alert} withAxis={withAxis} label={`${label}: ${said}`} />}
    </figure>
  );
}

/** The same for whoever does not see the picture: least, greatest, limit. */
function inWords({ signal, extent, limits }: BeforeStrip): string {
  const t = words().alerts;
  const figure = (value: number) => describeFigure(signal, value);
  if (extent === null) return t.beforeNothing;
  const range = `${t.beforeRange(figure(extent[0]).value, figure(extent[1]).value)} ${figure(extent[1]).unit}`;
  return [range, ...limits.map((limit) => t.beforeLimit(figure(limit).value))].join(" · ");
}

function Plot({ strip, alert, withAxis, label }: StripProps & { readonly label: string }) {
  const host = useRef<HTMLDivElement>(null);
  // Made anew with the theme, because a canvas keeps the colours it was drawn with.
  const themeNow = theme.value;
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const plot = draw(element, strip, alert, withAxis);
    const watcher = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: plot.height }));
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      plot.destroy();
    };
  }, [themeNow, strip, alert, withAxis]);
  return <div ref={host} class="strip-plot" role="img" aria-label={label} />;
}

function draw(element: HTMLElement, strip: BeforeStrip, alert: AlertView, withAxis: boolean): uPlot {
  const ink = readInk();
  const { track, x, y, gaps, marks } = strip;
  // Whatever the figures on record are called, the rule looked at this signal.
  const marked = { ...alert, inputs: { ...alert.inputs, [strip.signal]: null } };
  const options = stripOptions({
    width: element.clientWidth,
    withAxis,
    ink,
    decimals: signalFormat(strip.signal)?.decimals ?? 0,
    signals: [strip.signal],
    view: () => ({ x, y, alerts: [stoodAlone(marked)], gaps, marks }),
    values: 3,
    course: track,
    draw: (plot) => {
      for (const limit of strip.limits) drawGoal(plot, limit, ink.alerts[alert.priority]);
    },
    onCursor: () => undefined,
  });
  // Apart from the live strips: those do not show this time.
  return new uPlot({ ...options, cursor: { show: false } }, [track.times, track.max, track.min, track.mean], element);
}
