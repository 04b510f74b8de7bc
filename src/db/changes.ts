import { sql } from "drizzle-orm";
import postgres from "postgres";
import { breakingWell, greetingOf } from "./broken-connections.js";
import { Lines } from "./lines.js";
import type { OpenDatabase, Transaction } from "./open.js";
import { sqlValue } from "./run-sql.js";

const CHANNEL = "peg_changes";
const HEARTBEAT_MS = 2_000;
/** Whoever hears nothing for so long, not even its own heartbeat, trusts nothing any more. */
const SILENCE_MS = 2 * HEARTBEAT_MS;

/** What processes tell each other: that an analysis or a task changed, or that there is a job to do. */
export type Announcement =
  | { kind: "analysis"; id: string }
  | { kind: "task"; id: string }
  | { kind: "jobs"; id: "" };

/** Says something within a transaction: it is heard once that commits. */
export async function announce(tx: Transaction, { kind, id }: Announcement): Promise<void> {
  await tx.execute(sql`select pg_notify(${CHANNEL}, ${`${kind}/${id}`})`);
}

/** The same of many analyses at once. */
export async function announceAllAnalyses(tx: Transaction, ids: readonly string[]): Promise<void> {
  await tx.execute(sql`
    select pg_notify(${CHANNEL}, 'analysis/' || id) from unnest(${sqlValue([...ids])}::text::text[]) as id`);
}

/** The same within a statement, of each row whose id is given. */
export const announceTaskOf = (id: ReturnType<typeof sql>) => sql`pg_notify(${CHANNEL}, 'task/' || ${id})`;

function readAnnouncement(payload: string): Announcement | undefined {
  const [, kind, id = ""] = /^(analysis|task|jobs)\/(.*)$/s.exec(payload) ?? [];
  return kind === undefined ? undefined : ({ kind, id } as Announcement);
}

export interface ChangeListener {
  /** Whether everything that is announced is sure to be heard. */
  hearing(): boolean;
  /** Resolves when every listener has heard what was announced before, or knows that it does not hear. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface ListenOptions {
  onAnnouncement(announcement: Announcement): void;
  /** Called whenever it hears again after it may have missed something, the first time included. */
  onResume(): void;
}

const HEARTBEAT = "heartbeat/";

const RECONNECT_MS = 250;

/** Listens to an embedded database, which belongs to this process: nothing is missed, nobody else listens. */
export async function listenEmbedded(
  database: OpenDatabase,
  options: ListenOptions,
): Promise<ChangeListener> {
  const stop = await database.listen?.(CHANNEL, (payload) => {
    const announcement = readAnnouncement(payload);
    if (announcement) options.onAnnouncement(announcement);
  });
  options.onResume();
  return { hearing: () => true, settled: async () => undefined, close: async () => stop?.() };
}

/**
 * Listens for what other processes announce. Reconnects by itself.
 *
 * Not by the driver's own `listen`, which reconnects in silence: whoever holds a cache has to know.
 *
 * @param options.url of a direct connection: one through a pooler cannot listen
 */
export async function listenForChanges(options: ListenOptions & { url: string }): Promise<ChangeListener> {
  const { url, onAnnouncement, onResume } = options;
  const heartbeat = `${HEARTBEAT}${crypto.randomUUID()}`;
  let hearing = false;
  let closed = false;
  let lastHeard = 0;
  let asking = false;
  let attempting = false;
  let again: NodeJS.Timeout | undefined;
  const lines = new Lines();

  const settings = {
    max: 1,
    connect_timeout: 5,
    ...breakingWell(url, lines),
    // The connection that listens stays until it breaks.
    max_lifetime: null,
    idle_timeout: 0,
    onnotice: () => {},
    onnotify: (_channel: string, payload: string) => {
      if (payload === heartbeat) lastHeard = performance.now();
      const announcement = readAnnouncement(payload);
      if (announcement) onAnnouncement(announcement);
    },
    onclose: () => {
      hearing = false;
      listenLater();
    },
    connection: { application_name: "peg-comparison-bff listen", ...(await greetingOf(url)) },
  };
  const client = postgres(url, settings);

  /** One attempt at a time: what breaks is told twice, and each attempt would bring two more. */
  async function listen(): Promise<void> {
    if (closed || hearing || attempting) return;
    attempting = true;
    try {
      await client.unsafe(`listen ${CHANNEL}`);
      lastHeard = performance.now();
      hearing = true;
      onResume();
    } catch {
      listenLater();
    } finally {
      attempting = false;
    }
  }

  function listenLater(): void {
    if (closed) return;
    clearTimeout(again);
    again = setTimeout(() => void listen(), RECONNECT_MS).unref();
  }

  await listen();
  const timer = setInterval(() => {
    if (performance.now() - lastHeard > SILENCE_MS) hearing = false;
    lines.look();
    if (asking) {
      // Nothing came of the last one, and nothing moved since: half open, it would stay so for a quarter of an hour.
      lines.closeSilent({ from: 1, to: Number.POSITIVE_INFINITY });
      return;
    }
    asking = true;
    // Over the connection that listens: the answer shows that it lives, both ways.
    client
      .notify(CHANNEL, heartbeat)
      .then(
        () => void listen(),
        () => {
          hearing = false;
        },
      )
      .finally(() => {
        asking = false;
      });
  }, HEARTBEAT_MS);
  timer.unref();
  return {
    hearing: () => hearing && performance.now() - lastHeard <= SILENCE_MS,
    settled: () => new Promise((resolve) => setTimeout(resolve, SILENCE_MS + HEARTBEAT_MS / 4)),
    async close() {
      closed = true;
      hearing = false;
      clearInterval(timer);
      clearTimeout(again);
      await client.end({ timeout: 1 });
    },
  };
}
