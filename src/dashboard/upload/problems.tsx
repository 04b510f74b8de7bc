import { type ReactNode, useEffect, useRef } from "react";
import { useWords } from "../words/words.js";
import type { Refusal } from "./protocol.js";

/** Why nothing was stored: each place that does not fit, by line and column; and below what may be done here. */
export function Problems({
  refusal: { message, problems, unanswered },
  children,
}: {
  refusal: Refusal;
  children?: ReactNode;
}) {
  const { say } = useWords();
  const box = useRef<HTMLElement>(null);
  // It may lie below what is in sight.
  // biome-ignore lint/correctness/useExhaustiveDependencies: anew for each refusal
  useEffect(() => {
    // In braces: newer browsers give a promise back, which React would take for what undoes the effect.
    void box.current?.scrollIntoView({ block: "nearest" });
  }, [message, problems]);
  return (
    <section className="failure" role="alert" ref={box}>
      <h2>{unanswered ? say("It is not known whether it was stored") : say("Nothing was stored")}</h2>
      <p>{message}</p>
      {problems.length > 0 && (
        <ul>
          {problems.map(({ place, text }) => (
            <li key={`${place} ${text}`}>
              <b>{place}</b>: {text}
            </li>
          ))}
        </ul>
      )}
      {children}
    </section>
  );
}
