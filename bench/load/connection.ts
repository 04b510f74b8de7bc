import { connect, type Socket } from "node:net";

const HEAD_END = Buffer.from("\r\n\r\n");
/** The end of a chunked body. JSON text holds no bare line ends, so that it cannot stand within one. */
const LAST_CHUNK = Buffer.from("\r\n0\r\n\r\n");
const OK = Buffer.from("HTTP/1.1 200 ");
/** Without a body. */
const UNCHANGED = Buffer.from("HTTP/1.1 304 ");
/** Sockets are read one at a time, so that all can read into the same memory. */
const READ_INTO = Buffer.allocUnsafe(1024 * 1024);

export interface ConnectionOptions {
  port: number;
  request: string;
  /** Between an answer and the next request; 0: none. */
  pauseMs: number;
  /** Told of every whole answer, and how long it took; returns whether to send the request again. */
  answered(ms: number): boolean;
  failed(problem: string): void;
}

/**
 * One keep-alive connection that sends a request, waits for the whole answer, and sends it again. It looks at no
 * more than status and length, so that the load costs less than what it loads.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  #head = Buffer.alloc(0);
  #inHead = true;
  #ok = false;
  /** Bytes of the body still to come; undefined for a chunked one. */
  #missing: number | undefined;
  #tail = Buffer.alloc(0);
  #done = false;
  #sentAt = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#socket = connect({
      port: options.port,
      host: "127.0.0.1",
      noDelay: true,
      onread: {
        buffer: READ_INTO,
        callback: (length, buffer) => {
          this.#read((buffer as Buffer).subarray(0, length));
          return true;
        },
      },
    });
    this.#socket.once("connect", () => this.#send());
    this.#socket.on("error", (error) => this.#fail(error.message));
    this.#socket.on("close", () => this.#fail("the server closed the connection"));
  }

  #send(): void {
    this.#sentAt = performance.now();
    this.#socket.write(this.#options.request, "latin1");
  }

  #fail(problem: string): void {
    if (this.#done) return;
    this.#done = true;
    this.#socket.destroy();
    this.#options.failed(problem);
  }

  #read(bytes: Buffer): void {
    if (!this.#inHead) {
      this.#readBody(bytes);
      return;
    }
    const head = this.#head.length ? Buffer.concat([this.#head, bytes]) : bytes;
    const end = head.indexOf(HEAD_END);
    if (end === -1) {
      this.#head = Buffer.from(head);
      return;
    }
    this.#head = Buffer.alloc(0);
    this.#inHead = false;
    const status = head.subarray(0, OK.length);
    const unchanged = status.equals(UNCHANGED);
    this.#ok = unchanged || status.equals(OK);
    const text = head.toString("latin1", 0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
    this.#missing = unchanged ? 0 : length === undefined ? undefined : Number(length);
    if (!this.#ok) {
      this.#fail(
        `answered ${text.split("\r\n")[0]} ${head
          .subarray(end + HEAD_END.length)
          .toString()
          .slice(0, 300)}`,
      );
      return;
    }
    this.#readBody(head.subarray(end + HEAD_END.length));
  }

  #readBody(bytes: Buffer): void {
    if (this.#missing === undefined) {
      const seen = bytes.length >= LAST_CHUNK.length ? bytes : Buffer.concat([this.#tail, bytes]);
      const tail = seen.subarray(-LAST_CHUNK.length);
      if (!tail.equals(LAST_CHUNK)) {
        this.#tail = Buffer.from(tail);
        return;
      }
      this.#tail = Buffer.alloc(0);
    } else {
      this.#missing -= bytes.length;
      if (this.#missing > 0) return;
    }
    this.#inHead = true;
    if (this.#options.answered(performance.now() - this.#sentAt)) {
      if (this.#options.pauseMs) setTimeout(() => this.#send(), this.#options.pauseMs);
      else this.#send();
    } else {
      this.#done = true;
      this.#socket.destroy();
    }
  }
}
