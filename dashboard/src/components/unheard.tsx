// Under a button that was pressed without a network: nobody knows of it yet, it is sent again, and one may stop that.
import { words } from "../words";

export function Unheard({ stop }: { readonly stop: () => void }) {
  const t = words().answers.unheard;
  return (
    <div class="unheard" data-testid="unheard">
      <p class="failure" role="alert">
        {t.said}
      </p>
      <button type="button" class="button" data-action="stop-sending" onClick={stop}>
        {t.stop}
      </button>
    </div>
  );
}
