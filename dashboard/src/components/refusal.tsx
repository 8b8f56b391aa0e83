// Why something that was asked for was not done, or not yet, in the server's words: the loser of a race reads who has it.
import { useApp } from "../context";
import { words } from "../words";
import { Unheard } from "./unheard";

export function Refusal({ of }: { readonly of: string }) {
  const doing = useApp().answering.doing.value.get(of);
  if (doing === undefined || doing.kind === "sending") return null;
  if (doing.kind === "unheard") return <Unheard stop={doing.stop} />;
  return (
    <p class="failure" role="alert" data-testid="refusal">
      {doing.kind === "failed" ? words().answers.failed : sentence(doing.words)}
    </p>
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
