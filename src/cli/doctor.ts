import type { Command } from "commander";
import type { Finding } from "../doctor/finding.js";
import { displayWidth, padToWidth } from "./format-table.js";
import type { Say } from "./words.js";

const MARKS = { ok: "✓", warning: "!", fault: "✗", skipped: "-" } as const;

export function addDoctor(program: Command, env: NodeJS.ProcessEnv, say: Say): void {
  program
    .command("doctor")
    .description(say("examine settings and all that they name, and say how to mend what is wrong"))
    .option("--json", say("JSON on a terminal too"))
    .action(async (options: { json?: boolean }) => {
      const { examine } = await import("../doctor/examine.js");
      const findings = await examine(env);
      const asTable = process.stdout.isTTY && !options.json;
      process.stdout.write(
        `${asTable ? formatFindings(findings, say) : JSON.stringify(asPlain(findings, say))}\n`,
      );
      if (findings.some(({ status }) => status === "fault")) process.exitCode = 1;
    });
}

/** For programs: `status` is the same in every language. */
function asPlain(findings: readonly Finding[], say: Say) {
  return findings.map(({ check, status, found, mend }) => ({
    check: check(say),
    status,
    found: found(say),
    ...(mend ? { mend: mend(say) } : {}),
  }));
}

/** A line for each check, and below each that is not well how to mend it. */
export function formatFindings(findings: readonly Finding[], say: Say): string {
  const width = Math.max(...findings.map(({ check }) => displayWidth(check(say))));
  return findings
    .flatMap(({ check, status, found, mend }) => {
      const line = `${MARKS[status]} ${padToWidth(check(say), width)}  ${found(say)}`;
      return mend ? [line, `  ${" ".repeat(width)}  → ${mend(say)}`] : [line];
    })
    .join("\n");
}
