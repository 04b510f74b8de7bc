import { useTitle } from "../shell/use-title.js";
import { useStore } from "../store.js";
import { useWords } from "../words/words.js";
import { refused } from "./session.js";
import { TokenForm } from "./token-form.js";

/** Asks for a token: who wants to see anything has one. */
export function SignIn() {
  const { say } = useWords();
  const wasRefused = useStore(refused);
  useTitle(say("Sign in"));
  return (
    <main className="sign-in">
      <TokenForm
        className="card"
        problem={wasRefused ? say("The token has expired or is not valid here. Paste a new one.") : undefined}
      >
        <h1>{say("Sign in")}</h1>
        <p>{say("Whoever runs this server gives you a token. It stays in this tab until you close it.")}</p>
      </TokenForm>
    </main>
  );
}
