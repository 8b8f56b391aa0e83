// Whose values a page shows. A phone is sent no others: of five hundred homes they are 388 kB a second (decision 61).
import type { Route } from "../routes";

/** Unit ids; everybody's on the wall, and wherever a line carries them. */
export function watched(route: Route, isNarrow: boolean): "all" | readonly string[] {
  if (!isNarrow || route.page === "wall") return "all";
  return route.page === "patient" ? [route.unit] : [];
}
