import { Socket } from "node:net";

/**
 * A socket that tells of a failure when it closes, in one go. Of its own a socket tells some time before; what the
 * driver is given to ask in between it writes to nobody, and takes the first words of the next connection for the
 * answer.
 */
export class WholeSocket extends Socket {
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
