import { Socket } from "node:net";

/**
 * A socket that tells of a failure when it closes, in one go. Of its own a socket tells some time before; what the
 * driver is given to ask in between it writes to nobody, and takes the first words of the next connection for the
 * answer. Where TLS is spoken the driver puts a socket of its own over this one, which does not wait.
 */
class WholeSocket extends Socket {
  #failure: unknown;

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event === "error") {
      this.#failure = args[0];
      return true;
    }
    if (event === "close" && this.#failure !== undefined) super.emit("error", this.#failure);
    return super.emit(event, ...args);
  }
}

/** What the driver knows of where to connect. */
export interface Target {
  host: readonly string[];
  port: readonly number[];
  path: string | false | undefined;
}

/** Makes sockets for the driver: to each host of a list in turn, as it does itself. */
export function wholeSockets(): (target: Target) => Socket {
  let next = 0;
  return ({ host: hosts, port: ports, path }) => {
    const socket = new WholeSocket();
    if (path) return socket.connect(path);
    const host = hosts[next % hosts.length] ?? "localhost";
    const port = ports[next % ports.length] ?? 5432;
    next++;
    // The driver writes at once, which waits for the connection; it reads the two for TLS and for its errors.
    return Object.assign(socket.connect(port, host), { host, port });
  };
}
