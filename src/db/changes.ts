import { sql } from "drizzle-orm";
import postgres from "postgres";
import type { Database } from "./open.js";

const CHANNEL = "peg_changes";
const HEARTBEAT_MS = 2_000;
/** Whoever hears nothing for so long, not even its own heartbeat, trusts nothing any more. */
const SILENCE_MS = 2 * HEARTBEAT_MS;

/** Says within a transaction that something about an analysis changes: it is heard once that commits. */
export async function announceChange(tx: Database, analysisId: string): Promise<void> {
  await tx.execute(sql`select pg_notify(${CHANNEL}, ${analysisId})`);
}

export interface ChangeListener {
  /** Whether every change is sure to be heard. */
  hearing(): boolean;
  /** Resolves when every listener has heard what was announced before, or knows that it does not hear. */
  settled(): Promise<void>;
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

const RECONNECT_MS = 250;

/**
 * Listens for the changes that other processes announce. Reconnects by itself.
 *
 * Not by the driver's own `listen`, which reconnects in silence: whoever holds a cache has to know.
 */
export async function listenForChanges({ url, onChange, onResume }: ListenOptions): Promise<ChangeListener> {
  const heartbeat = `${HEARTBEAT}${crypto.randomUUID()}`;
  let hearing = false;
  let closed = false;
  let lastHeard = 0;

  const options = {
    max: 1,
    connect_timeout: 5,
    // The connection that listens stays until it breaks.
    max_lifetime: null,
    idle_timeout: 0,
    fetch_types: false,
    onnotice: () => {},
    onnotify: (_channel: string, payload: string) => {
      if (payload === heartbeat) lastHeard = performance.now();
      else if (!payload.startsWith(HEARTBEAT)) onChange(payload);
    },
    onclose: () => {
      hearing = false;
      if (!closed) setTimeout(() => void listen(), RECONNECT_MS).unref();
    },
    connection: { application_name: "peg-comparison-bff listen" },
  };
  const client = postgres(url, options);

  async function listen(): Promise<void> {
    if (closed || hearing) return;
    try {
      await client.unsafe(`listen ${CHANNEL}`);
      lastHeard = performance.now();
      hearing = true;
      onResume();
    } catch {
      // Where the connection closed, that asks again.
      if (!closed) setTimeout(() => void listen(), RECONNECT_MS).unref();
    }
  }

  await listen();
  const timer = setInterval(() => {
    if (performance.now() - lastHeard > SILENCE_MS) hearing = false;
    // Over the connection that listens: the answer shows that it lives, both ways.
    client.notify(CHANNEL, heartbeat).then(
      () => void listen(),
      () => {
        hearing = false;
      },
    );
  }, HEARTBEAT_MS);
  timer.unref();
  return {
    hearing: () => hearing && performance.now() - lastHeard <= SILENCE_MS,
    settled: () => new Promise((resolve) => setTimeout(resolve, SILENCE_MS + HEARTBEAT_MS / 4)),
    async close() {
      closed = true;
      hearing = false;
      clearInterval(timer);
      await client.end({ timeout: 1 });
    },
  };
}
