// In place of what is not there: still loading, or why not.
import { words } from "../words";

interface Props {
  readonly state: "loading" | "failed";
  readonly failed: string;
}

export function NotLoaded({ state, failed }: Props) {
  if (state === "loading") return <p class="note">{words().alerts.loading}</p>;
  return (
    <p class="failure" role="alert">
      {failed}
    </p>
  );
}
