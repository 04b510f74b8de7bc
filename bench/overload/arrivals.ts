import { connect, type Socket } from "node:net";

/** Load that arrives at its own rate, however the server fares. */
export interface ArrivalOrder {
  port: number;
  requests: string[];
  /** Requests a second. */
  rate: number;
  seconds: number;
  /** Connections at most. */
  connections: number;
  /** What arrives while all are busy: waits here, and its time runs; or is turned away, as by a proxy. */
  whenBusy: "wait" | "turn-away";
}

/** What came of the requests that arrived in one slice of the time. */
export interface Slice {
  arrived: number;
  /** Milliseconds from arrival to the end of the answer. */
  ok: number[];
  /** Answers with 429 or 503: milliseconds from when they were sent. */
  refused: number[];
  /** That found all connections busy, and were turned away. */
  turnedAway: number;
  /** Connections that broke, answers with any other status, and what was never answered. */
  failed: number;
  /** The longest that this process itself was late, in milliseconds: what is measured is no more exact than that. */
  lateMs: number;
}

export const SLICE_MS = 500;
const TICK_MS = 1;
/** How long after the last arrival an answer is still waited for. */
const PATIENCE_MS = 15_000;
const HEAD_END = Buffer.from("\r\n\r\n");

interface Pending {
  arrivedAt: number;
  sentAt: number;
  slice: Slice;
}

class Client {
  readonly socket: Socket;
  pending: Pending | undefined;
  #head = Buffer.alloc(0);
  #missing = 0;
  #status = 0;

  constructor(
    port: number,
    readonly request: string,
    readonly done: (client: Client, pending: Pending, status: number) => void,
    readonly lost: (client: Client, pending: Pending | undefined) => void,
  ) {
    this.socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.socket.on("data", (bytes) => this.#read(bytes));
    this.socket.on("error", () => undefined);
    this.socket.once("close", () => lost(this, this.pending));
  }

  send(pending: Pending): void {
    this.pending = pending;
    pending.sentAt = performance.now();
    this.socket.write(this.request, "latin1");
  }

  #read(bytes: Buffer): void {
    if (this.#missing === 0) {
      const head = this.#head.length ? Buffer.concat([this.#head, bytes]) : bytes;
      const end = head.indexOf(HEAD_END);
      if (end === -1) {
        this.#head = Buffer.from(head);
        return;
      }
      this.#head = Buffer.alloc(0);
      const text = head.toString("latin1", 0, end);
      this.#status = Number(text.slice(9, 12));
      this.#missing = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0);
      this.#missing -= head.length - end - HEAD_END.length;
    } else this.#missing -= bytes.length;
    if (this.#missing > 0) return;
    this.#missing = 0;
    const { pending } = this;
    this.pending = undefined;
    if (pending) this.done(this, pending, this.#status);
  }
}

/** Sends requests at a rate. @returns what came of them, by the half second in which they arrived */
export function sendArrivals(order: ArrivalOrder): Promise<Slice[]> {
  const { port, requests, rate, seconds, connections, whenBusy } = order;
  const slices: Slice[] = [];
  const idle: Client[] = [];
  const open = new Set<Client>();
  /** What waits for a connection, oldest first from `next` on. */
  const waiting: Pending[] = [];
  let [next, outstanding, made] = [0, 0, 0];
  return new Promise((resolve) => {
    const begin = performance.now();
    const end = begin + seconds * 1000;

    const sendNext = (client: Client): void => {
      const pending = waiting[next];
      if (!pending) return void idle.push(client);
      next++;
      client.send(pending);
    };
    const done = (client: Client, { arrivedAt, sentAt, slice }: Pending, status: number): void => {
      outstanding--;
      const now = performance.now();
      if (status === 200) slice.ok.push(now - arrivedAt);
      else if (status === 503 || status === 429) slice.refused.push(now - sentAt);
      else slice.failed++;
      sendNext(client);
    };
    const lost = (client: Client, pending: Pending | undefined): void => {
      open.delete(client);
      const at = idle.indexOf(client);
      if (at !== -1) idle.splice(at, 1);
      if (!pending) return;
      outstanding--;
      pending.slice.failed++;
    };
    const tick = setInterval(() => {
      const now = performance.now();
      const due = Math.floor(((Math.min(now, end) - begin) / 1000) * rate);
      for (; made < due; made++) {
        const arrivedAt = begin + (made / rate) * 1000;
        const index = Math.floor((arrivedAt - begin) / SLICE_MS);
        slices[index] ??= { arrived: 0, ok: [], refused: [], turnedAway: 0, failed: 0, lateMs: 0 };
        const slice = slices[index] as Slice;
        slice.arrived++;
        slice.lateMs = Math.max(slice.lateMs, now - arrivedAt);
        const client = idle.pop();
        if (!client && open.size >= connections && whenBusy === "turn-away") {
          slice.turnedAway++;
          continue;
        }
        outstanding++;
        waiting.push({ arrivedAt, sentAt: 0, slice });
        if (client) sendNext(client);
        else if (open.size < connections) {
          const request = requests[open.size % requests.length] as string;
          const fresh = new Client(port, request, done, lost);
          open.add(fresh);
          fresh.socket.once("connect", () => sendNext(fresh));
        }
      }
      if (now < end || (outstanding > 0 && now < end + PATIENCE_MS)) return;
      clearInterval(tick);
      for (const { slice } of waiting.slice(next)) slice.failed++;
      for (const client of open) {
        if (client.pending) client.pending.slice.failed++;
        client.pending = undefined;
        client.socket.destroy();
      }
      resolve(slices);
    }, TICK_MS);
  });
}

// A process of its own, on another core than the server.
if (process.send) {
  process.on("message", (order: ArrivalOrder) => {
    sendArrivals(order).then(
      (slices) => process.send?.({ slices }),
      (error: unknown) => process.send?.({ problem: String(error) }),
    );
  });
  process.on("disconnect", () => process.exit(0));
}
