// What a page asks the server for: again when its key changes, and now and then; the last answer stays meanwhile.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

export type Asked<Answer> = Answer | "loading" | "failed";

/** `everyMs` null: only when the key changes. A new key of another question begins with "loading". */
export function useAsked<Answer extends object>(
  ask: () => Promise<Answer>,
  question: string,
  version: string,
  everyMs: number | null,
): Asked<Answer> {
  const asked = useSignal<{ readonly question: string; readonly answer: Asked<Answer> }>({
    question,
    answer: "loading",
  });
  useEffect(() => {
    let current = true;
    const look = () =>
      ask().then(
        (answer) => {
          if (current) asked.value = { question, answer };
        },
        () => {
          // What was loaded stays: the banner above says when nothing is live.
          const held = asked.value;
          if (current && (held.question !== question || typeof held.answer === "string")) {
            asked.value = { question, answer: "failed" };
          }
        },
      );
    void look();
    const timer = everyMs === null ? null : window.setInterval(() => void look(), everyMs);
    return () => {
      current = false;
      if (timer !== null) window.clearInterval(timer);
    };
    // `ask` is made anew with each drawing; question and version say whether it has to be asked again.
  }, [asked, question, version, everyMs]);
  return asked.value.question === question ? asked.value.answer : "loading";
}
