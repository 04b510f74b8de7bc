import { useCallback, useEffect, useRef, useState } from "react";
import { session } from "../session/session.js";
import type { Language } from "../words/words.js";
import type { Ask, Caller, Told } from "./protocol.js";

/** Files are read, checked and sent beside the page, which stays responsive meanwhile. */
export function useFileReader(language: Language) {
  const worker = useRef<Worker>(undefined);
  const [busy, setBusy] = useState(false);
  useEffect(() => () => worker.current?.terminate(), []);

  const ask = useCallback(
    async (question: Ask): Promise<Told> => {
      if (question.ask === "open") worker.current?.terminate();
      const reader =
        question.ask === "open" || !worker.current
          ? new Worker(new URL("./file-reader.ts", import.meta.url), { type: "module" })
          : worker.current;
      worker.current = reader;
      const caller: Caller = { url: location.origin, token: session.get()?.token ?? "", language };
      setBusy(true);
      try {
        return await new Promise<Told>((resolve, reject) => {
          reader.onmessage = (event: MessageEvent<Told>) => resolve(event.data);
          reader.onerror = (event) => reject(new Error(event.message));
          reader.postMessage({ question, caller });
        });
      } finally {
        setBusy(false);
      }
    },
    [language],
  );
  return { ask, busy };
}
