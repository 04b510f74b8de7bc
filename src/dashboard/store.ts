import { useSyncExternalStore } from "react";

/** A value outside of the tree of components, which any of them may read and change. */
export interface Store<T> {
  get(): T;
  set(value: T): void;
  subscribe(listener: () => void): () => void;
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The value of a store; the component is drawn again when it changes. */
export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}

/** A store that the browser remembers. What it remembers and is no choice any more is passed over. */
export function createRemembered<T extends string>(key: string, choices: readonly T[], initial: T): Store<T> {
  const known = localStorage.getItem(key);
  const store = createStore<T>(choices.find((choice) => choice === known) ?? initial);
  store.subscribe(() => localStorage.setItem(key, store.get()));
  return store;
}
