import { type FormEvent, useState } from "react";
import { useTitle } from "../shell/use-title.js";
import { useStore } from "../store.js";
import { useWords } from "../words/words.js";
import { refused, signIn } from "./session.js";

/** Asks for a token: who wants to see anything has one. */
export function SignIn() {
  const { say } = useWords();
  const wasRefused = useStore(refused);
  const [unreadable, setUnreadable] = useState(false);
  useTitle(say("Sign in"));

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget).get("token") ?? "");
    setUnreadable(!signIn(text));
  }

  const problem = unreadable
    ? say("This is no token. Paste all of it: three parts with dots between them.")
    : wasRefused
      ? say("The token has expired or is not valid here. Paste a new one.")
      : undefined;
  return (
    <main className="sign-in">
      <form className="card" onSubmit={submit}>
        <h1>{say("Sign in")}</h1>
        <p>{say("Whoever runs this server gives you a token. It stays in this tab until you close it.")}</p>
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
    </main>
  );
}
