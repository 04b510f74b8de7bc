import { Hono } from "hono";
import type { AppEnv } from "./refuse.js";

/** Whether a dependency can be used: `required` ones decide whether traffic should come here at all. */
export interface Probe {
  required: boolean;
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

/** `/healthz`: the process runs. `/readyz`: it can serve, and which dependency is away. */
export function healthRoutes(probes: Record<string, Probe>): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.get("/healthz", (c) => c.json({ status: "ok" }));
  routes.get("/readyz", async (c) => {
    const checks = await Promise.all(
      Object.entries(probes).map(async ([name, { required, check }]) => {
        const ok = await answersInTime(check);
        return { name, ok, required };
      }),
    );
    const ready = checks.every(({ ok, required }) => ok || !required);
    const degraded = checks.some(({ ok }) => !ok);
    const status = ready ? (degraded ? "degraded" : "ready") : "unavailable";
    const dependencies = Object.fromEntries(checks.map(({ name, ok }) => [name, ok ? "ok" : "away"]));
    return c.json({ status, dependencies }, ready ? 200 : 503);
  });
  return routes;
}
