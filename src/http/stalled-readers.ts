import type { Socket } from "node:net";

/**
 * Bounds how long each connection may take nothing of what was written to it: what waits for its reader is held in
 * memory for it alone. Looked at now and then and not with each answer, most of which are taken at once.
 *
 * @param answering the answers that each connection still gets
 * @param patienceMs after which Node ends a connection; whatever its reader takes begins that time anew
 */
export function boundStalls(answering: ReadonlyMap<Socket, ReadonlySet<unknown>>, patienceMs: number): void {
  for (const [socket, answers] of answering) {
    // Of one that waits for a request Node keeps the time.
    if (answers.size === 0) continue;
    const wanted = socket.writableLength > 0 ? patienceMs : 0;
    if ((socket.timeout ?? 0) !== wanted) socket.setTimeout(wanted);
  }
}
