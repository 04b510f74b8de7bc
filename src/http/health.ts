import { Hono } from "hono";
import type { AppEnv } from "./refuse.js";

/** Whether a dependency can be used: `required` ones decide whether traffic should come here at all. */
export interface Probe {
  /** Asked once it is known whether the dependency is away. */
  required: boolean | (() => boolean);
  /** Rejects where the dependency is away. */
  check(): Promise<void>;
}

const PROBE_DEADLINE_MS = 2000;

async function answersInTime(check: () => Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PROBE_DEADLINE_MS);
  });
  const checked = check().then(
    () => true,
    () => false,
  );
  const ok = await Promise.race([checked, late]);
  clearTimeout(timer);
  return ok;
}

/** One look at a time, for all who ask meanwhile: whoever asks needs no token, and each look asks a dependency. */
function shared(check: () => Promise<void>): () => Promise<boolean> {
  let looking: Promise<boolean> | undefined;
  return () => {
    looking ??= answersInTime(check).finally(() => {
      looking = undefined;
    });
    return looking;
  };
}

function dependenciesOf(checks: readonly { name: string; ok: boolean }[]): Record<string, string> {
  return Object.fromEntries(checks.map(({ name, ok }) => [name, ok ? "ok" : "away"]));
}

/**
 * `/healthz`: the process runs. `/readyz`: it can serve, and which dependency is away.
 *
 * @param isDraining whether it serves for the last time: traffic should go elsewhere
 */
export function healthRoutes(probes: Record<string, Probe>, isDraining: () => boolean): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  const looks = Object.entries(probes).map(([name, { required, check }]) => ({
    name,
    required,
    look: shared(check),
  }));
  routes.get("/healthz", (c) => c.json({ status: "ok" }));
  routes.get("/readyz", async (c) => {
    const checks = await Promise.all(
      looks.map(async ({ name, required, look }) => {
        const ok = await look();
        return { name, ok, required: typeof required === "function" ? required() : required };
      }),
    );
    const ready = checks.every(({ ok, required }) => ok || !required);
    const degraded = checks.some(({ ok }) => !ok);
    if (isDraining()) return c.json({ status: "stopping", dependencies: dependenciesOf(checks) }, 503);
    const status = ready ? (degraded ? "degraded" : "ready") : "unavailable";
    return c.json({ status, dependencies: dependenciesOf(checks) }, ready ? 200 : 503);
  });
  return routes;
}
