import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A pooler as far as LISTEN goes: it passes everything on but notifications, which it loses. */
export interface DeafPooler {
  url: string;
  stop(): void;
}

const NOTIFICATION = "A".charCodeAt(0);

/** Stands before a PostgreSQL that asks for no encryption. */
export async function startDeafPooler(databaseUrl: string): Promise<DeafPooler> {
  const url = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const database = connect(Number(url.port), url.hostname);
    for (const socket of [client, database]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => [client, database].map((other) => other.destroy()));
    }
    client.pipe(database);
    let rest: Buffer = Buffer.alloc(0);
    database.on("data", (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      // A message is a letter, its length but for the letter, and as many bytes.
      for (let end = endOf(rest); end !== undefined; end = endOf(rest)) {
        if (rest[0] !== NOTIFICATION) client.write(rest.subarray(0, end));
        rest = rest.subarray(end);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const through = new URL(databaseUrl);
  through.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: through.href,
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function endOf(bytes: Buffer): number | undefined {
  const end = bytes.length < 5 ? undefined : 1 + bytes.readUInt32BE(1);
  return end !== undefined && bytes.length >= end ? end : undefined;
}
