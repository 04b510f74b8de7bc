import { type AddressInfo, connect, createServer, type Socket } from "node:net";

const LOOK_MS = 100;

/** Spreads connections over the servers that say they are ready, as the proxy before a real deployment does. */
export interface Balancer {
  readonly url: string;
  /** What it noticed: servers that stopped being ready, and connections for which none was. */
  readonly notes: readonly string[];
  /** Resolves once the server is ready. */
  add(url: string): Promise<void>;
  remove(url: string): void;
  stop(): Promise<void>;
}

interface Backend {
  url: URL;
  ready: boolean;
}

/** On 127.0.0.1. Knows connections only: it repeats no request and hides no error. */
export async function startBalancer(): Promise<Balancer> {
  const backends = new Map<string, Backend>();
  const sockets = new Set<Socket>();
  const notes: string[] = [];
  let turn = 0;
  const began = performance.now();
  const note = (text: string) => notes.push(`${Math.round(performance.now() - began)} ms: ${text}`);

  const look = async (backend: Backend) => {
    const answer = await fetch(new URL("/readyz", backend.url), { headers: { connection: "close" } }).catch(
      () => undefined,
    );
    const text = await answer?.text().catch(String);
    if (backend.ready && !answer?.ok) note(`${backend.url.port} is not ready: ${text ?? "no answer"}`);
    backend.ready = answer?.ok ?? false;
  };
  const timer = setInterval(() => {
    for (const backend of backends.values()) void look(backend);
  }, LOOK_MS);

  function forward(near: Socket, tried: number): void {
    const ready = [...backends.values()].filter((backend) => backend.ready);
    const backend = ready[turn++ % ready.length];
    if (!backend || tried > 3) {
      note(`a connection was turned away, ${ready.length} ready`);
      near.destroy();
      return;
    }
    const far = connect(Number(backend.url.port), backend.url.hostname);
    sockets.add(far);
    far.once("close", () => sockets.delete(far));
    // Refused: nothing was sent yet, so that another may have it.
    const refused = () => {
      backend.ready = false;
      forward(near, tried + 1);
    };
    far.once("error", refused);
    const accepted = performance.now();
    far.once("connect", () => {
      const connected = performance.now();
      let asked: number | undefined;
      near.once("data", () => {
        asked = performance.now();
      });
      far.once("close", () => {
        if (far.bytesRead > 0 || asked === undefined) return;
        const [first, second, third] = [connected - accepted, asked - accepted, performance.now() - accepted];
        const times = `connected after ${first.toFixed()}, asked after ${second.toFixed()}, closed after ${third.toFixed()} ms`;
        note(`${backend.url.port} closed a connection without an answer: ${times}`);
      });
      far.off("error", refused);
      far.on("error", () => near.destroy());
      near.on("error", () => far.destroy());
      near.pipe(far).pipe(near);
    });
  }

  const server = createServer((near) => {
    sockets.add(near);
    near.once("close", () => sockets.delete(near));
    near.on("error", () => undefined);
    forward(near, 0);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    notes,
    async add(url) {
      const backend = { url: new URL(url), ready: false };
      while (!backend.ready) {
        await look(backend);
        if (!backend.ready) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
      backends.set(url, backend);
    },
    remove: (url) => void backends.delete(url),
    async stop() {
      clearInterval(timer);
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
