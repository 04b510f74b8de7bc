// A worker outlives a vitest that was killed, and with it what its tests have started.
if (process.listenerCount("disconnect", leave) === 0) process.once("disconnect", leave);

function leave(): void {
  process.exit(1);
}

/** Whatever any test fetches from the REST face has to be as the OpenAPI document says. */
function checkAnswers(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const url = new URL(input instanceof Request ? input.url : input);
    if (!url.pathname.startsWith("/api/")) return response;
    const { undocumented } = await import("./documented.js");
    const method = init?.method ?? (input instanceof Request ? input.method : "GET");
    const differences = await undocumented(method.toUpperCase(), url, response);
    if (differences.length) throw new Error(`an answer is not as documented:\n${differences.join("\n")}`);
    return response;
  };
}

// Once a worker, whose files share it.
const checked = globalThis as { answersAreChecked?: true };
if (!checked.answersAreChecked) {
  globalThis.fetch = checkAnswers(globalThis.fetch);
  checked.answersAreChecked = true;
}
