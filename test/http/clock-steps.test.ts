import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startBackend, type TestBackend, tokenFor } from "../support/backend.js";

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 0, 1);
const REFUSED = 429;

/** A date that is set, and time that goes by whatever the date. */
describe("limits in process, where the clock of the machine is set", () => {
  let backend: TestBackend;
  let passed: number;

  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    passed = 0;
    const real = performance.now.bind(performance);
    vi.spyOn(performance, "now").mockImplementation(() => real() + passed);
    backend = await startBackend({ RATE_LIMIT_ALL: "3/1h", RATE_LIMIT_UNAUTHENTICATED: "3/1h" });
  });
  afterAll(async () => {
    await backend?.stop();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
  beforeEach(() => void vi.setSystemTime(NOW));
  // What one test used up is not there for the next.
  afterEach(() => {
    passed += 2 * HOUR_MS;
  });

  async function statusWith(token: string): Promise<number> {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${backend.url}/api/analysis/results`, { headers })).status;
  }
  const valid = () => tokenFor("alice", { now: NOW - 3 * HOUR_MS, expiresInSeconds: 36_000 });
  const kinds: [string, () => Promise<string>, number][] = [
    ["of a user", valid, 200],
    ["of calls without a valid token", async () => "no.valid.token", 401],
  ];

  async function useUp(token: string, expected: number): Promise<void> {
    for (let i = 0; i < 3; i++) expect(await statusWith(token)).toBe(expected);
    expect(await statusWith(token)).toBe(REFUSED);
  }

  test.each(kinds)("those %s are not there anew when it is set on", async (_, tokenOf, expected) => {
    const token = await tokenOf();
    await useUp(token, expected);
    vi.setSystemTime(NOW + 2 * HOUR_MS);
    expect(await statusWith(token)).toBe(REFUSED);
  });

  test.each(kinds)("those %s are there again in time when it is set back", async (_, tokenOf, expected) => {
    const token = await tokenOf();
    await useUp(token, expected);
    vi.setSystemTime(NOW - 2 * HOUR_MS);
    passed += HOUR_MS;
    expect(await statusWith(token)).toBe(expected);
  });
});
