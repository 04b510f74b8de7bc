import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** What is wrong with the way to a server. */
export type Fault =
  /** Nobody listens, and connections that there are break. */
  | { kind: "refuse" }
  /** A black hole: connections stand, and what is sent on them is lost. They stay dead when it is over. */
  | { kind: "hang" }
  /** Every connection is reset, those that come as well. */
  | { kind: "reset" }
  /** Every piece of an answer comes late. */
  | { kind: "latency"; ms: number }
  /** Answers come byte by byte. */
  | { kind: "trickle"; everyMs: number }
  /** Each connection breaks after so many bytes of answers. */
  | { kind: "cut"; afterBytes: number }
  /** Answers are noise. */
  | { kind: "garbage" }
  /** By turns nobody listens and all is well. */
  | { kind: "flap"; everyMs: number };

/** Stands before a server, and is at fault when told so. */
export interface TcpProxy {
  readonly port: number;
  /** Connections so far. */
  readonly connections: number;
  /** Of the connections that there are, and of those that come. */
  setFault(fault: Fault): Promise<void>;
  heal(): Promise<void>;
  stop(): Promise<void>;
}

interface Pair {
  client: Socket;
  server: Socket;
  dead: boolean;
  passed: number;
  timers: Set<NodeJS.Timeout>;
}

/** Starts a proxy on a free port of 127.0.0.1. */
export async function startTcpProxy(target: { host?: string; port: number }): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let fault: Fault | undefined;
  let flapping: NodeJS.Timeout | undefined;
  let connections = 0;
  let listener: Server = createServer(accept);
  await listen(0);
  const { port } = listener.address() as AddressInfo;

  function listen(at: number): Promise<void> {
    return new Promise((resolve, reject) => {
      listener.once("error", reject);
      listener.listen(at, "127.0.0.1", resolve);
    });
  }

  function breakPair(pair: Pair): void {
    for (const timer of pair.timers) clearTimeout(timer);
    pairs.delete(pair);
    pair.client.resetAndDestroy();
    pair.server.destroy();
  }

  function accept(client: Socket): void {
    connections++;
    const server = connect(target.port, target.host ?? "127.0.0.1");
    const pair: Pair = { client, server, dead: fault?.kind === "hang", passed: 0, timers: new Set() };
    pairs.add(pair);
    for (const socket of [client, server]) {
      socket.on("error", () => breakPair(pair));
      socket.setNoDelay(true);
    }
    if (fault?.kind === "reset") {
      breakPair(pair);
      return;
    }
    client.on("data", (chunk) => {
      if (!pair.dead) server.write(chunk);
    });
    server.on("data", (chunk) => answer(pair, chunk));
    // A black hole does not tell that the other side has left.
    client.on("close", () => breakPair(pair));
    server.on("close", () => {
      if (!pair.dead && pair.timers.size === 0) breakPair(pair);
    });
  }

  function later(pair: Pair, ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      pair.timers.delete(timer);
      work();
    }, ms);
    pair.timers.add(timer);
  }

  function answer(pair: Pair, chunk: Buffer): void {
    const { client } = pair;
    if (pair.dead) return;
    if (fault?.kind === "latency") later(pair, fault.ms, () => client.write(chunk));
    else if (fault?.kind === "garbage") client.write(Buffer.alloc(chunk.length, 0xa5));
    else if (fault?.kind === "trickle") trickle(pair, chunk, fault.everyMs);
    else if (fault?.kind === "cut") {
      const left = Math.max(0, fault.afterBytes - pair.passed);
      pair.passed += chunk.length;
      if (chunk.length < left) client.write(chunk);
      else client.write(chunk.subarray(0, left), () => breakPair(pair));
    } else client.write(chunk);
  }

  function trickle(pair: Pair, chunk: Buffer, everyMs: number): void {
    pair.server.pause();
    let sent = 0;
    const next = () => {
      pair.client.write(chunk.subarray(sent, sent + 1));
      sent++;
      if (sent < chunk.length && fault?.kind === "trickle") return later(pair, everyMs, next);
      pair.client.write(chunk.subarray(sent));
      pair.server.resume();
    };
    next();
  }

  async function close(): Promise<void> {
    const closed = new Promise((resolve) => listener.close(resolve));
    for (const pair of [...pairs]) breakPair(pair);
    await closed;
  }

  async function open(): Promise<void> {
    if (listener.listening) return;
    listener = createServer(accept);
    await listen(port);
  }

  async function heal(): Promise<void> {
    clearInterval(flapping);
    fault = undefined;
    await open();
  }

  return {
    port,
    get connections() {
      return connections;
    },
    async setFault(given) {
      await heal();
      fault = given;
      if (given.kind === "hang") for (const pair of pairs) pair.dead = true;
      if (given.kind === "reset") for (const pair of [...pairs]) breakPair(pair);
      if (given.kind === "refuse" || given.kind === "flap") await close();
      if (given.kind === "flap") {
        let turning: Promise<void> = Promise.resolve();
        flapping = setInterval(() => {
          turning = turning.then(() => (listener.listening ? close() : open()));
        }, given.everyMs);
      }
    },
    heal,
    async stop() {
      clearInterval(flapping);
      await close();
    },
  };
}

/** The address of a server, by way of the proxy. */
export function through(proxy: TcpProxy, url: string): string {
  const via = new URL(url);
  via.host = `127.0.0.1:${proxy.port}`;
  return via.href;
}
