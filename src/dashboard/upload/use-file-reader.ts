import { useCallback, useEffect, useState } from "react";
import { session } from "../session/session.js";
import { useWords } from "../words/words.js";
import { FileAsker, type FileWorker, type Hearing } from "./file-asker.js";
import type { Answered, Ask, Caller, Told } from "./protocol.js";

function startWorker(hearing: Hearing): FileWorker {
  const worker = new Worker(new URL("./file-reader.ts", import.meta.url), { type: "module" });
  worker.onmessage = (event: MessageEvent<Answered>) => hearing.answer(event.data);
  worker.onerror = () => hearing.failure();
  return { ask: (asked) => worker.postMessage(asked), stop: () => worker.terminate() };
}

/**
 * Files are read, checked and sent beside the page, which stays responsive meanwhile. What is asked is answered by
 * undefined where nobody waits for it any more.
 */
export function useFileReader() {
  const { say, language } = useWords();
  const [busy, setBusy] = useState(false);
  const [asker] = useState(() => new FileAsker(startWorker, setBusy));
  useEffect(() => () => asker.stop(), [asker]);

  const ask = useCallback(
    async (question: Ask): Promise<Told | undefined> => {
      const caller: Caller = { url: location.origin, token: session.get()?.token ?? "", language };
      const told = await asker.ask(question, caller);
      if (told !== "failed") return told;
      const message = say(
        "The part of this page that reads files cannot be loaded. Check your connection, load the page again, and choose the file anew.",
      );
      return { told: "refused", message, problems: [] };
    },
    [asker, say, language],
  );
  return { ask, busy };
}
