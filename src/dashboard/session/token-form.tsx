import { type FormEvent, type ReactNode, useState } from "react";
import { useWords } from "../words/words.js";
import { signIn } from "./session.js";

/** A field for a token, and how to get one. */
export function TokenForm({
  className,
  problem: given,
  onSignedIn,
  children,
}: {
  className?: string;
  /** Why a token is asked for. */
  problem?: string | undefined;
  onSignedIn?: () => void;
  children?: ReactNode;
}) {
  const { say } = useWords();
  const [unreadable, setUnreadable] = useState(false);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const isToken = signIn(String(new FormData(event.currentTarget).get("token") ?? ""));
    setUnreadable(!isToken);
    if (isToken) onSignedIn?.();
  }

  const problem = unreadable
    ? say("This is no token. Paste all of it: three parts with dots between them.")
    : given;
  return (
    <form className={className} onSubmit={submit}>
      {children}
      <label htmlFor="token">{say("Token")}</label>
      <textarea
        id="token"
        name="token"
        rows={4}
        required
        spellCheck={false}
        autoComplete="off"
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? "token-help" : "token-problem token-help"}
      />
      {problem !== undefined && (
        <p id="token-problem" className="problem" role="alert">
          {problem}
        </p>
      )}
      <button type="submit" className="primary">
        {say("Sign in")}
      </button>
      <p id="token-help" className="hint">
        {say("On the machine of the server:")} <code>npx peg-bff token --sub {say("your-name")}</code>
      </p>
    </form>
  );
}
