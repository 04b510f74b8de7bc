import type { Socket } from "node:net";

/** What Node keeps behind a socket and tells nowhere else. */
interface Handle {
  /** How much the system has taken or is to take. */
  bytesWritten: number;
  /** How much it is to take. */
  writeQueueSize: number;
}

/** What was taken of what was written to a connection, and how many looks in a row have found no more. */
interface Seen {
  taken: number;
  looks: number;
}

/** @returns how many bytes the system has taken for the reader of a connection; it takes more as there is room */
function takenBy(socket: Socket): number {
  const { _handle: handle } = socket as unknown as { _handle?: Partial<Handle> | null };
  if (handle?.bytesWritten === undefined || handle.writeQueueSize === undefined)
    return socket.bytesWritten - socket.writableLength;
  return handle.bytesWritten - handle.writeQueueSize;
}

/**
 * Bounds how long each connection may take nothing of what was written to it: what waits for its reader is held in
 * memory for it alone. Not Node's own timeout of a socket, which begins anew with whatever the reader sends.
 */
export class StalledReaders {
  readonly #patience: number;
  /** Those for which something waits. */
  #waiting = new Map<Socket, Seen>();

  /** @param patience after so many looks that find nothing taken a connection ends */
  constructor(patience: number) {
    this.#patience = patience;
  }

  /** Looks at all that are open. Looks are counted, and not the time: a process that stood still saw nobody read. */
  look(open: Iterable<Socket>): void {
    const waiting = new Map<Socket, Seen>();
    for (const socket of open) {
      if (socket.writableLength === 0) continue;
      const taken = takenBy(socket);
      const before = this.#waiting.get(socket);
      const looks = before?.taken === taken ? before.looks + 1 : 0;
      if (looks >= this.#patience) socket.destroy();
      else waiting.set(socket, { taken, looks });
    }
    this.#waiting = waiting;
  }
}
