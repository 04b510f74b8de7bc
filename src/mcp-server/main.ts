import { setPriority } from "node:os";
import { z } from "zod";
import { createMcpServer, logError } from "./server.js";

/** Entry of the child process that the backend forks; the token comes over IPC, where no process list shows it. */
const start = z.object({
  host: z.string().min(1),
  port: z.number().int().min(0).max(65_535),
  token: z.string().optional(),
});

// Beside it on the same cores the API answers within milliseconds; it goes first.
try {
  setPriority(5);
} catch {
  // A sandbox may forbid it; the service is the same.
}

process.once("message", async (message) => {
  try {
    const { host, port, token } = start.parse(message);
    const server = createMcpServer({ token, onError: logError });
    process.once("SIGTERM", () => void server.close().then(() => process.exit(0)));
    process.send?.({ type: "listening", ...(await server.listen(host, port)) });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    process.send?.({ type: "error", message: text }, () => process.exit(1));
  }
});

// The parent is gone, however it went.
process.once("disconnect", () => process.exit(0));
// Ctrl-C reaches the whole group: the parent decides when this process may go.
process.on("SIGINT", () => {});
