import { connectRest } from "../adapters/redis/rest-client.js";
import { connectTcp, type TcpConnection } from "../adapters/redis/tcp-requester.js";
import { type Examination, type Finding, findingsOf } from "./finding.js";

const told = findingsOf((say) => say("Redis"));
const DEADLINE_MS = 3_000;
const PAUSE_MS = 50;
const PASSWORD = /NOAUTH|WRONGPASS|Unauthorized/i;

/** Asks Redis, over whichever way the settings name. */
export async function checkRedis({ config }: Examination): Promise<Finding> {
  const { REDIS_URL: url, UPSTASH_REDIS_REST_URL: rest, UPSTASH_REDIS_REST_TOKEN: token } = config;
  if (rest && token)
    return ask({ redis: connectRest(rest, token), lastFailure: () => undefined }, new URL(rest).host, {
      address: "UPSTASH_REDIS_REST_URL",
      secret: "UPSTASH_REDIS_REST_TOKEN",
    });
  if (!url) {
    return told.skipped((say) => say("None is set: limits and cache are this process's own."));
  }
  const connection = connectTcp(url);
  try {
    return await ask(connection, new URL(url).host, { address: "REDIS_URL", secret: "REDIS_URL" });
  } finally {
    connection.close();
  }
}

async function ask(
  { redis, lastFailure }: Omit<TcpConnection, "close">,
  host: string,
  settings: { address: string; secret: string },
): Promise<Finding> {
  const refusal = await untilAnswered(() => redis.ping(), lastFailure);
  if (refusal !== undefined) {
    if (PASSWORD.test(refusal)) {
      return told.fault(
        (say) => say("{host} asks for another password.", { host }),
        (say) => say("Put the right password into {setting}.", { setting: settings.secret }),
      );
    }
    return told.fault(
      (say) => say("No Redis answers at {host}.", { host }),
      (say) => say("Start Redis, or set REDIS_URL right. Until then each process counts limits by itself."),
    );
  }
  if (/^role:slave\b/m.test(await infoOf(redis, "replication"))) {
    return told.fault(
      (say) => say("{host} is a replica, which takes no writes.", { host }),
      (say) => say("Point {setting} at the primary.", { setting: settings.address }),
    );
  }
  // By its age an answer goes long before a count that is still looked at.
  const [, evicts] =
    /maxmemory_policy:(allkeys-\w+|volatile-(?!lru\b)\w+)/.exec(await infoOf(redis, "memory")) ?? [];
  if (evicts !== undefined) {
    return told.warning(
      (say) =>
        say("{host} throws keys away where its memory is full ({policy}): limits would be forgotten.", {
          host,
          policy: evicts,
        }),
      (say) => say("Run: redis-cli config set maxmemory-policy volatile-lru"),
    );
  }
  return told.ok((say) => say("{host} answers.", { host }));
}

/** A section of what Redis tells of itself; empty where it tells nothing. */
async function infoOf(redis: TcpConnection["redis"], section: string): Promise<string> {
  return redis.eval(`return redis.call('INFO', '${section}')`, [], []).then(String, () => "");
}

/** The refusal of a server that was given the time to connect; undefined where it answers. */
async function untilAnswered(
  work: () => Promise<unknown>,
  lastFailure: () => string | undefined,
): Promise<string | undefined> {
  const end = performance.now() + DEADLINE_MS;
  for (;;) {
    const refusal = await work().then(
      () => undefined,
      (error: unknown) => `${lastFailure()} ${error instanceof Error ? error.message : error}`,
    );
    if (refusal === undefined || PASSWORD.test(refusal) || performance.now() > end) return refusal;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
