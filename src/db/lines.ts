import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { EncryptedSocket, type Encryption } from "./encrypted-socket.js";
import { WholeSocket } from "./whole-socket.js";

/** What postgres.js tells whoever makes its sockets. Several hosts are tried in turn. */
interface Address {
  host: string[];
  port: number[];
  path?: string | false;
}

interface Line {
  socket: Socket;
  read: number;
  written: number;
  silentFor: number;
}

/**
 * The connections of a client, and for how long nothing has moved on each, either way: postgres.js waits for ever on
 * one that is half open. Time is counted in looks, so that a process that stood still blames nobody.
 */
export class Lines {
  readonly #lines = new Set<Line>();
  #next = 0;
  #received = 0;

  /** Bytes that have come on all of them, as far as was looked. */
  get received(): number {
    return this.#received;
  }

  /** For the option `socket` of postgres.js: makes its sockets, encrypted where they leave the machine. */
  connecting(encryption: Encryption | undefined): (options: unknown) => Duplex {
    return (options) => {
      const { path, host, port } = options as Address;
      const socket = new WholeSocket();
      const line = { socket, read: 0, written: 0, silentFor: 0 };
      this.#lines.add(line);
      const turn = this.#next++ % port.length;
      const at = { host: host[turn] ?? "localhost", port: port[turn] ?? 5432 };
      if (path) socket.connect(path);
      else socket.connect(at.port, at.host);
      // The driver names them in its errors.
      return Object.assign(
        encryption && !path ? new EncryptedSocket(socket, encryption, at.host) : socket,
        at,
      );
    };
  }

  /** Looks at all of them once. Encrypted or not: what is counted are the bytes on the wire. */
  look(): void {
    for (const line of this.#lines) {
      const { socket } = line;
      // Asked here, since the driver takes all listeners off a socket that closed.
      if (socket.destroyed) {
        this.#lines.delete(line);
        continue;
      }
      const { bytesRead, bytesWritten } = socket;
      const moved = bytesRead !== line.read || bytesWritten !== line.written;
      line.silentFor = moved ? 0 : line.silentFor + 1;
      this.#received += bytesRead - line.read;
      line.read = bytesRead;
      line.written = bytesWritten;
    }
  }

  /**
   * Closes those on which something moved so many looks ago at least, and so many at most. The driver then fails what
   * waits on them, and connects anew.
   */
  closeSilent(looks: { from: number; to: number }): number {
    let closed = 0;
    for (const { socket, silentFor } of this.#lines) {
      if (silentFor < looks.from || silentFor > looks.to) continue;
      socket.destroy();
      closed++;
    }
    return closed;
  }
}
