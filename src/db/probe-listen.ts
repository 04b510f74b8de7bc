import postgres from "postgres";

const CHANNEL = "peg_probe";
const DEADLINE_MS = 2_000;

/**
 * Whether what is said over one connection is heard over the other. Through a pooler in transaction mode it is not.
 *
 * @throws Error of the driver where either connection cannot be had
 */
export async function probeListen(listenUrl: string, sayUrl: string): Promise<boolean> {
  const settings = { max: 1, connect_timeout: 5, prepare: false, fetch_types: false, onnotice: () => {} };
  let hear = (_heard: boolean) => {};
  const heard = new Promise<boolean>((resolve) => {
    hear = resolve;
  });
  const word = crypto.randomUUID();
  const listener = postgres(listenUrl, {
    ...settings,
    onnotify: (_channel: string, payload: string) => {
      if (payload === word) hear(true);
    },
  } as postgres.Options<Record<string, never>>);
  const speaker = postgres(sayUrl, settings);
  const timer = setTimeout(() => hear(false), DEADLINE_MS);
  try {
    await listener.unsafe(`listen ${CHANNEL}`);
    await speaker.unsafe("select pg_notify($1, $2)", [CHANNEL, word]);
    return await heard;
  } finally {
    clearTimeout(timer);
    await Promise.all([listener.end({ timeout: 1 }), speaker.end({ timeout: 1 })]);
  }
}
