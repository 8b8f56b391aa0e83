// What every page needs, handed down instead of imported, so that tests can hand in their own.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Acknowledging } from "./alerts/acknowledge";
import type { Answering } from "./alerts/answering";
import type { RuleBook } from "./alerts/rules";
import type { Api } from "./api";
import type { Pages } from "./live/pages";
import type { LiveStore } from "./live/store";
import type { Session } from "./session";
import type { Sounding } from "./sound/sounding";

export interface App {
  readonly api: Api;
  readonly store: LiveStore;
  readonly session: Session;
  readonly acknowledging: Acknowledging;
  readonly answering: Answering;
  readonly pages: Pages;
  readonly rules: RuleBook;
  readonly sounding: Sounding;
}

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
  const app = useContext(AppContext);
  if (app === null) throw new Error("AppContext is missing around this component");
  return app;
}
