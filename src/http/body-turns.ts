import { bodyCutOff } from "../trpc/errors.js";
import type { AppEnv } from "./refuse.js";

type Services = AppEnv["Variables"]["services"];
export type Share = ReturnType<Services["arriving"]["share"]>;

/**
 * Lets `text()` give what it has read in its turn only: what is made of it takes many times as much. Its turn does not
 * begin before it is read, or whoever sends slowly would keep others waiting.
 *
 * @param held the room that its text takes until its turn comes, or it breaks off
 * @returns what tells that nothing is made of it any more
 */
export function readInTurn(request: Request, uploads: Services["uploads"], held: Share): () => void {
  const read = request.text.bind(request);
  let over = false;
  let leave = () => {};
  const end = () => {
    over = true;
    leave();
    leave = () => {};
  };

  async function waitForTurn({ length }: string): Promise<void> {
    // Whoever left while it waited leaves the line.
    leave = uploads.enterNow(length) ?? (await uploads.enter(length, request.signal).catch(cutOff));
    if (!over) return;
    end();
    cutOff(new Error("its sender did not wait for its turn"));
  }

  async function inTurn(): Promise<string> {
    try {
      const text = await read();
      await waitForTurn(text);
      return text;
    } finally {
      held.leave();
    }
  }

  Object.defineProperty(request, "text", { value: inTurn });
  return end;
}

function cutOff(cause: unknown): never {
  throw bodyCutOff(cause);
}
