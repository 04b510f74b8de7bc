import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to a server over TCP that can be cut, closed, held up and slowed. */
export interface TcpWay {
  readonly port: number;
  /** Breaks every connection; new ones are made. */
  cut(): void;
  /** Breaks every connection and refuses new ones, until `open`. */
  refuse(): void;
  /** Nothing gets through either way, and nobody is told, until `open`. */
  hang(): void;
  open(): void;
  /** By how much later what the server says arrives, in order, on connections that begin with such words. */
  delay(ms: number, greeting?: string): void;
  /** New connections go to another port, as where a name begins to mean another server; those that are open stay. */
  leadTo(port: number): void;
  stop(): Promise<void>;
}

/** Opens a way to a port of 127.0.0.1. */
export async function openWay(target: number): Promise<TcpWay> {
  const sockets = new Set<Socket>();
  let state: "open" | "refused" | "hanging" = "open";
  let delayed = { ms: 0, greeting: "" };
  let goal = target;

  /** Passes on in order, however the delay changes. */
  function pass(from: Socket, to: Socket, delayMs: () => number): void {
    const waiting: { chunk: Buffer; due: number }[] = [];
    let timer: NodeJS.Timeout | undefined;
    const drain = (): void => {
      timer = undefined;
      for (;;) {
        const [next] = waiting;
        if (!next || !to.writable) return;
        const left = next.due - performance.now();
        if (left > 0) {
          timer = setTimeout(drain, Math.ceil(left));
          return;
        }
        waiting.shift();
        to.write(next.chunk);
      }
    };
    from.on("data", (chunk: Buffer) => {
      waiting.push({ chunk, due: performance.now() + delayMs() });
      if (!timer) drain();
    });
  }

  const server = createServer((near) => {
    if (state === "refused") {
      near.on("error", () => undefined);
      near.destroy();
      return;
    }
    const far = connect(goal, "127.0.0.1");
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    let greeting = "";
    near.once("data", (chunk: Buffer) => {
      greeting = chunk.toString("latin1");
    });
    pass(near, far, () => 0);
    pass(far, near, () => (greeting.includes(delayed.greeting) ? delayed.ms : 0));
    if (state === "hanging") for (const socket of [near, far]) socket.pause();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    refuse() {
      state = "refused";
      cut();
    },
    hang() {
      state = "hanging";
      for (const socket of sockets) socket.pause();
    },
    open() {
      state = "open";
      for (const socket of sockets) socket.resume();
    },
    delay(ms, greeting = "") {
      delayed = { ms, greeting };
    },
    leadTo(other) {
      goal = other;
    },
    async stop() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The same address, by another way. */
export function through(url: string, { port }: TcpWay): string {
  const by = new URL(url);
  by.host = `127.0.0.1:${port}`;
  return by.href;
}
