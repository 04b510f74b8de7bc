import { bodyCutOff, tooManyUploads } from "../trpc/errors.js";
import type { AppEnv } from "./refuse.js";

type Rooms = Pick<AppEnv["Variables"]["services"], "arriving" | "uploads">;

const RETRY_AFTER_S = 5;

/**
 * Lets `text()` read a body only where there is room for it, and give what it has read in its turn only: what is made
 * of it takes many times as much. Its turn does not begin before it is read, or whoever sends slowly would keep others
 * waiting.
 *
 * @param size how many bytes it has at most
 * @param onRefusal is called where there is no room, before `text()` throws
 * @returns what tells that nothing is made of it any more
 */
export function readInTurn(
  request: Request,
  size: number,
  { arriving, uploads }: Rooms,
  onRefusal: () => void,
): () => void {
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
    let arrived = arriving.enterNow(size);
    if (!arrived) {
      onRefusal();
      throw tooManyUploads(RETRY_AFTER_S);
    }
    try {
      const text = await read();
      // One whose length was not told may have turned out shorter.
      arrived();
      arrived = arriving.enterNow(text.length);
      await waitForTurn(text);
      return text;
    } finally {
      arrived?.();
    }
  }

  Object.defineProperty(request, "text", { value: inTurn });
  return end;
}

function cutOff(cause: unknown): never {
  throw bodyCutOff(cause);
}
