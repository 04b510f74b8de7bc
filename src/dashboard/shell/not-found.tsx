import { Link } from "wouter";
import { useWords } from "../words/words.js";
import { Empty } from "./states.js";
import { useTitle } from "./use-title.js";

export function NotFound() {
  const { say } = useWords();
  useTitle(say("Not found"));
  return (
    <main className="page">
      <Empty heading="h1" title={say("There is nothing at this address.")}>
        <p>
          <Link href="/">{say("All analyses")}</Link>
        </p>
      </Empty>
    </main>
  );
}
