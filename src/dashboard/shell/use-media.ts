import { useCallback, useSyncExternalStore } from "react";
import { flushSync } from "react-dom";
import { createStore, useStore } from "../store.js";

/** Whether a media query holds; the component is drawn again when that changes. */
export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const list = matchMedia(query);
      list.addEventListener("change", listener);
      return () => list.removeEventListener("change", listener);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
}

const printing = createStore(false);
// What is not drawn when the listener returns is not printed.
addEventListener("beforeprint", () => flushSync(() => printing.set(true)));
addEventListener("afterprint", () => printing.set(false));

/** Whether the page is being printed: then all of it is drawn, and not just what is in sight. */
export function usePrinting(): boolean {
  return useStore(printing);
}
