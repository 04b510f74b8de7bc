import type { Socket } from "node:net";

/** A request sent at the last moment, or by a client whose timer is late, still finds its connection open. */
export const LATE_REQUEST_MS = 2_000;

/** The connections that wait for a request. */
export class QuietConnections {
  readonly #answered = new Set<Socket>();
  /** Those of which one more is to be expected, and since when: new ones, and those that nobody told of the end. */
  readonly #expected = new Map<Socket, number>();
  /** How many requests of a connection are being answered: a client may send the next before it has the first answer. */
  readonly #asking = new Map<Socket, number>();

  opened(socket: Socket): void {
    this.#expected.set(socket, performance.now());
    socket.once("close", () => {
      this.#expected.delete(socket);
      this.#answered.delete(socket);
      this.#asking.delete(socket);
    });
  }

  asked(socket: Socket): void {
    this.#expected.delete(socket);
    this.#answered.delete(socket);
    this.#asking.set(socket, (this.#asking.get(socket) ?? 0) + 1);
  }

  /** @param told whether the client knows that the connection may end */
  answered(socket: Socket, told: boolean): void {
    const left = (this.#asking.get(socket) ?? 1) - 1;
    if (socket.destroyed) return;
    this.#asking.set(socket, left);
    if (left > 0) return;
    if (told) this.#answered.add(socket);
    else this.#expected.set(socket, performance.now());
  }

  /** Closes those of which no request is to be expected any more. @param since when the server began to close */
  close(since: number): void {
    const now = performance.now();
    for (const socket of this.#answered) socket.destroy();
    for (const [socket, quietSince] of this.#expected)
      if (now - Math.max(quietSince, since) >= LATE_REQUEST_MS) socket.destroy();
  }
}
