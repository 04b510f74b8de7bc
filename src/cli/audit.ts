import type { Command } from "commander";
import type { AuditEntry } from "../contract/audit.js";
import { type ConnectOptions, connect, withConnectOptions } from "./connect.js";
import { formatTable, printable } from "./format-table.js";
import type { Say } from "./words.js";

function detailsOf(details: Record<string, unknown>): string {
  return Object.entries(details)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => printable(`${name}=${typeof value === "string" ? value : JSON.stringify(value)}`))
    .join(" ");
}

export function addAudit(program: Command, env: NodeJS.ProcessEnv, say: Say): void {
  withConnectOptions(program.command("audit"), say)
    .description(say("show who did what to an analysis, newest first: a table on a terminal, JSON in a pipe"))
    .argument("<id>", say("the analysis, which may be deleted"))
    .action(async (id: string, options: ConnectOptions) => {
      const { client, close } = await connect(env, options, say);
      try {
        const entries: AuditEntry[] = [];
        let cursor: string | null = null;
        do {
          const page = await client.audit.list.query({ id, ...(cursor === null ? {} : { cursor }) });
          entries.push(...page.entries);
          cursor = page.next_cursor;
        } while (cursor !== null);
        if (!process.stdout.isTTY) {
          process.stdout.write(`${JSON.stringify(entries)}\n`);
        } else if (entries.length) {
          const rows = entries.map((entry) => [
            entry.at.toISOString(),
            printable(entry.actor_id),
            say(entry.action),
            detailsOf(entry.details),
            entry.request_id ?? "",
          ]);
          const head = [say("When"), say("Who"), say("What"), say("Details"), say("Request")];
          const { columns } = process.stdout;
          process.stdout.write(`${formatTable([head, ...rows], { numeric: [], columns })}\n`);
        } else {
          process.stdout.write(`${say("Nothing was ever done to {id}.", { id })}\n`);
        }
      } finally {
        await close();
      }
    });
}
