/** An object some of whose methods are others: those of a driver, with something around them. */
export function withCalls<T extends object>(target: T, calls: Record<string, unknown>): T {
  return new Proxy(target, {
    get: (object, name) =>
      typeof name === "string" && Object.hasOwn(calls, name) ? calls[name] : Reflect.get(object, name),
  });
}
