import { type Command, InvalidArgumentError } from "commander";
import type { Say } from "./words.js";

function port(text: string, say: Say): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new InvalidArgumentError(say("A port is a number from 0 to 65535."));
}

export function addMcpServer(program: Command, env: NodeJS.ProcessEnv, say: Say): void {
  program
    .command("mcp-server")
    .description(say("run the bundled analysis service alone (MCP_TOKEN, where set, is asked of callers)"))
    .option("--host <host>", say("address to listen on"), "127.0.0.1")
    .option("--port <port>", say("port to listen on; 0 picks a free one"), (text) => port(text, say), 3001)
    .action(async (options: { host: string; port: number }) => {
      const { createMcpServer, logError } = await import("../mcp-server/server.js");
      const server = createMcpServer({ token: env.MCP_TOKEN || undefined, onError: logError });
      const { url } = await server.listen(options.host, options.port);
      process.stdout.write(`${say("The analysis service listens on {url}", { url })}\n`);
      for (const signal of ["SIGTERM", "SIGINT"] as const) {
        process.once(signal, () => void server.close().then(() => process.exit(0)));
      }
    });
}
