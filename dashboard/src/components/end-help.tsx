// A patient who asked for help has had it: only of a call that somebody has seen, and by whoever looks after it.
import { useSignal } from "@preact/signals";
import { useApp } from "../context";
import type { AlertView } from "../messages";
import { words } from "../words";

/** The rule of calls for help (alerts/rules_asked). */
export const HELP = "H01";

export function EndHelp({ alert }: { readonly alert: AlertView }) {
  const { api, session, store } = useApp();
  const t = words().home;
  const sending = useSignal(false);
  const failed = useSignal(false);
  if (alert.rule !== HELP || alert.state !== "active, acknowledged" || !session.may("end help")) return null;
  const end = async () => {
    sending.value = true;
    failed.value = false;
    try {
      store.putAlert(await api.helped(alert.alert_id));
    } catch {
      failed.value = true;
    }
    sending.value = false;
  };
  return (
    <>
      <button type="button" class="button" data-action="end-help" disabled={sending.value} onClick={() => void end()}>
        {t.endHelp}
      </button>
      {failed.value && (
        <span class="failure" role="alert">
          {t.endHelpFailed}
        </span>
      )}
    </>
  );
}
