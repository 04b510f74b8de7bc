import { randomBytes } from "node:crypto";
import { ServerResponse } from "node:http";
import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { expect, inject, test, vi } from "vitest";
import { startBackupServer } from "../src/backup-server.js";
import { schemaOf } from "../src/domain/backup/backup-tables.js";
import { openFromTemplate } from "./support/embedded-template.js";

// An embedded database takes its time where others want the processor.
vi.setConfig({ testTimeout: 60_000 });

const STALLED_MS = 200;

/** A server with more to write than all buffers on the way hold, and somebody who asked it and reads nothing yet. */
async function askedForMuch() {
  const database = await openFromTemplate(inject("embeddedTemplate"));
  const schema = await schemaOf(database.db);
  // It does not compress.
  const noise = randomBytes(1_000_000).toString("base64");
  await database.db.execute(sql`
    insert into audit_log (actor_id, action, details)
    select 'anna', 'test', jsonb_build_object('noise', ${noise}::text || n) from generate_series(1, 20) as n`);
  const logger = { debug() {}, info() {}, warn: vi.fn(), error() {} };
  const source = { db: database.db, clock: { now: Date.now }, program: "test", schema };
  const server = await startBackupServer(source as never, logger as never, STALLED_MS);
  const { port, hostname } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.pause();
  socket.write(`GET / HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${server.secret}\r\n\r\n`);
  const close = async () => {
    socket.destroy();
    server.close();
    await database.close();
  };
  return { database, logger, socket, close };
}

/** Nobody can read meanwhile, nor be waited for. */
function standStill(): void {
  const until = performance.now() + 2 * STALLED_MS;
  while (performance.now() < until);
}

test("whoever stops reading a backup does not keep the database", async () => {
  const { database, logger, close } = await askedForMuch();
  try {
    await vi.waitFor(
      () => expect(logger.warn).toHaveBeenCalledWith(expect.anything(), "a backup was not written"),
      {
        timeout: 30_000,
      },
    );
    await database.ping();
  } finally {
    await close();
  }
});

test("whoever reads on once the process that stood still goes on gets the whole backup", async () => {
  const timeouts = vi.spyOn(ServerResponse.prototype, "setTimeout");
  const { logger, socket, close } = await askedForMuch();
  try {
    await vi.waitFor(
      () =>
        expect((timeouts.mock.contexts[0] as ServerResponse | undefined)?.writableLength).toBeGreaterThan(0),
      { timeout: 30_000, interval: 1 },
    );
    let end = "";
    socket.on("data", (data) => {
      end = (end + data.toString("latin1")).slice(-7);
    });
    // Node lets the first of two such times pass: something was written since it looked.
    standStill();
    await setTimeout();
    socket.resume();
    standStill();
    await vi.waitFor(() => expect(end.endsWith("0\r\n\r\n")).toBe(true), { timeout: 30_000 });
    expect(logger.warn).not.toHaveBeenCalled();
  } finally {
    timeouts.mockRestore();
    await close();
  }
});
