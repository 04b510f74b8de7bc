import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { sql } from "drizzle-orm";
import { expect, inject, test, vi } from "vitest";
import { startBackupServer } from "../src/backup-server.js";
import { schemaOf } from "../src/domain/backup/backup-tables.js";
import { openFromTemplate } from "./support/embedded-template.js";

// An embedded database takes its time where others want the processor.
vi.setConfig({ testTimeout: 60_000 });

test("whoever stops reading a backup does not keep the database", async () => {
  const database = await openFromTemplate(inject("embeddedTemplate"));
  const schema = await schemaOf(database.db);
  // More than all buffers on the way hold, and it does not compress.
  const noise = randomBytes(1_000_000).toString("base64");
  await database.db.execute(sql`
    insert into audit_log (actor_id, action, details)
    select 'anna', 'test', jsonb_build_object('noise', ${noise}::text || n) from generate_series(1, 20) as n`);
  const logger = { debug() {}, info() {}, warn: vi.fn(), error() {} };
  const source = { db: database.db, clock: { now: Date.now }, program: "test", schema };
  const server = await startBackupServer(source as never, logger as never, 200);
  const { port, hostname } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  try {
    socket.pause();
    socket.write(`GET / HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${server.secret}\r\n\r\n`);
    await vi.waitFor(
      () => expect(logger.warn).toHaveBeenCalledWith(expect.anything(), "a backup was not written"),
      {
        timeout: 30_000,
      },
    );
    await database.ping();
  } finally {
    socket.destroy();
    server.close();
    await database.close();
  }
});
