// Addresses after the #, so that any static server and any proxy path will do and every page has a link of its own.
import { signal } from "@preact/signals";
import type { TrendsOf } from "./api";

export type Route =
  | { readonly page: "wall" }
  | { readonly page: "patient"; readonly unit: string }
  | { readonly page: "treatments"; readonly unit: string }
  | { readonly page: "trends"; readonly of: TrendsOf }
  | { readonly page: "reviews" }
  | { readonly page: "report"; readonly treatment: string }
  | { readonly page: "prescription"; readonly unit: string }
  | { readonly page: "signatures" }
  | { readonly page: "alerts"; readonly alert: string | null }
  | { readonly page: "notices"; readonly notice: string | null }
  | { readonly page: "devices" }
  | { readonly page: "delivery"; readonly delivery: string }
  | { readonly page: "rota" }
  | { readonly page: "handover" }
  | { readonly page: "load" }
  | { readonly page: "units" }
  | { readonly page: "unit"; readonly unit: string }
  | { readonly page: "users" }
  | { readonly page: "audit" }
  | { readonly page: "system" }
  | { readonly page: "teams" }
  | { readonly page: "opened" }
  | { readonly page: "break-glass" };

export function parseRoute(hash: string): Route {
  const [page, argument, more] = hash.replace(/^#\/?/, "").split("/").map(decode);
  if (page === "treatments" && argument && more === "report") return { page: "report", treatment: argument };
  if (page === "reviews") return { page };
  if (page === "patients" && argument && more === "treatments") return { page: "treatments", unit: argument };
  if (page === "patients" && argument && more === "trends") return { page: "trends", of: { unit: argument } };
  if (page === "trends" && argument) return { page, of: { patient: argument } };
  if (page === "patients" && argument && more === "prescription") return { page: "prescription", unit: argument };
  if (page === "patients" && argument) return { page: "patient", unit: argument };
  if (page === "alerts") return { page: "alerts", alert: argument || null };
  if (page === "notices") return { page: "notices", notice: argument || null };
  if (page === "signatures") return { page: "signatures" };
  if (page === "devices") return { page: "devices" };
  if (page === "deliveries" && argument) return { page: "delivery", delivery: argument };
  if (page === "rota" || page === "handover" || page === "load") return { page };
  if (page === "units") return argument && more === "technical" ? { page: "unit", unit: argument } : { page };
  if (page === "users" || page === "audit" || page === "system") return { page };
  if (page === "break-glass" && argument === "opened") return { page: "opened" };
  if (page === "teams" || page === "break-glass") return { page };
  return { page: "wall" };
}

export const link = {
  wall: "#/",
  alerts: "#/alerts",
  patient: (unit: string) => `#/patients/${encodeURIComponent(unit)}`,
  treatments: (unit: string) => `#/patients/${encodeURIComponent(unit)}/treatments`,
  trends: (unit: string) => `#/patients/${encodeURIComponent(unit)}/trends`,
  trendsOf: (patient: string) => `#/trends/${encodeURIComponent(patient)}`,
  reviews: "#/reviews",
  report: (treatment: string) => `#/treatments/${encodeURIComponent(treatment)}/report`,
  prescription: (unit: string) => `#/patients/${encodeURIComponent(unit)}/prescription`,
  signatures: "#/signatures",
  devices: "#/devices",
  notices: "#/notices",
  rota: "#/rota",
  handover: "#/handover",
  load: "#/load",
  units: "#/units",
  unit: (unit: string) => `#/units/${encodeURIComponent(unit)}/technical`,
  users: "#/users",
  audit: "#/audit",
  system: "#/system",
  teams: "#/teams",
  opened: "#/break-glass/opened",
  "break-glass": "#/break-glass",
  notice: (id: string) => `#/notices/${encodeURIComponent(id)}`,
  alert: (id: string) => `#/alerts/${encodeURIComponent(id)}`,
} as const;

export const route = signal<Route>({ page: "wall" });

export function followAddress(): void {
  const follow = () => {
    route.value = parseRoute(window.location.hash);
  };
  window.addEventListener("hashchange", follow);
  follow();
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}
