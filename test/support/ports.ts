import { createServer } from "node:net";

/** A TCP port of 127.0.0.1 that was free a moment ago. @param wanted any where absent */
export function freePort(wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(wanted, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** The first of two ports that follow each other and were free a moment ago. */
export async function twoFreePorts(): Promise<number> {
  for (;;) {
    const first = await freePort();
    if (await freePort(first + 1).catch(() => undefined)) return first;
  }
}

/** Runs `start` on a free port, and again on another one where somebody else was quicker to take it. */
export async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePort());
    } catch (error) {
      const taken = /address already in use|could not (bind|create any TCP)/i.test(String(error));
      if (!taken || attempt === 5) throw error;
    }
  }
}
