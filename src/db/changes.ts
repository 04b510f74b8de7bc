import { sql } from "drizzle-orm";
import postgres from "postgres";
import type { Database } from "./open.js";

const CHANNEL = "peg_changes";
/** A connection that went silent is found out within two of these. */
const HEARTBEAT_MS = 2_000;

/** Says within a transaction that something about an analysis changes: it is heard once that commits. */
export async function announceChange(tx: Database, analysisId: string): Promise<void> {
  await tx.execute(sql`select pg_notify(${CHANNEL}, ${analysisId})`);
}

export interface ChangeListener {
  /** Whether every change is sure to be heard. */
  hearing(): boolean;
  close(): Promise<void>;
}

export interface ListenOptions {
  /** A direct connection: one through a pooler cannot listen. */
  url: string;
  onChange(analysisId: string): void;
  /** Called whenever it hears again after it may have missed something, the first time included. */
  onResume(): void;
}

/** Analysis ids hold no slash, so that no heartbeat is taken for one. */
const HEARTBEAT = "heartbeat/";

/** Listens for the changes that other processes announce. Reconnects by itself. */
export async function listenForChanges({ url, onChange, onResume }: ListenOptions): Promise<ChangeListener> {
  const own = `${HEARTBEAT}${crypto.randomUUID()}`;
  let hearing = false;
  let lastHeard = 0;
  const client = postgres(url, {
    max: 1,
    connect_timeout: 5,
    onnotice: () => {},
    connection: { application_name: "peg-comparison-bff listen" },
    onclose: () => {
      hearing = false;
    },
  });
  const speaker = postgres(url, { max: 1, connect_timeout: 5, idle_timeout: 60, onnotice: () => {} });
  const heard = () => {
    lastHeard = performance.now();
    if (hearing) return;
    hearing = true;
    onResume();
  };
  await client.listen(
    CHANNEL,
    (payload) => {
      if (payload === own) heard();
      else if (!payload.startsWith(HEARTBEAT)) onChange(payload);
    },
    heard,
  );
  const timer = setInterval(() => {
    if (performance.now() - lastHeard > 2 * HEARTBEAT_MS) hearing = false;
    speaker.notify(CHANNEL, own).catch(() => {
      hearing = false;
    });
  }, HEARTBEAT_MS);
  timer.unref();
  return {
    hearing: () => hearing,
    async close() {
      clearInterval(timer);
      hearing = false;
      await Promise.all([client.end({ timeout: 1 }), speaker.end({ timeout: 1 })]);
    },
  };
}
