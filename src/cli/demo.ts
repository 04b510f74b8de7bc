import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { createPegClient, type PegClient } from "../client/index.js";
import { parseConfig } from "../config.js";
import type { CompletedComparison } from "../contract/comparison.js";
import { createRuntime, type Runtime } from "../runtime.js";
import { CommandError } from "./command-error.js";
import { formatTruth } from "./demo/format-truth.js";
import { simulateNetwork } from "./demo/simulate-network.js";
import { formatComparison, painter } from "./format-comparison.js";
import { type AnalysisFile, readAnalysisFile } from "./read-analysis-file.js";
import { signToken } from "./sign-token.js";

interface DemoOptions {
  data?: string;
  once?: boolean;
}

const USER = "demo-engineer";

async function completed(client: PegClient, id: string): Promise<CompletedComparison> {
  const answer = await client.pegComparison.get.query({ id });
  if (answer.status !== "COMPLETED") throw new CommandError(`The comparison is ${answer.status}.`);
  return answer;
}

async function listen(
  runtime: Runtime,
  fallback: () => Promise<Runtime>,
): Promise<{ runtime: Runtime; url: string }> {
  try {
    return { runtime, url: (await runtime.listen()).url };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    await runtime.stop();
    const other = await fallback();
    return { runtime: other, url: (await other.listen()).url };
  }
}

/** Stores an analysis, compares it through the typed client, and shows what came of it. */
async function showComparison(client: PegClient, options: DemoOptions, color: boolean): Promise<void> {
  const print = (text: string) => process.stdout.write(`${text}\n`);
  const step = (text: string) => process.stderr.write(`${painter(color)("dim", `> ${text}`)}\n`);
  const simulated = options.data === undefined ? simulateNetwork() : undefined;
  step(simulated ? "simulating two weeks of a small network" : `reading ${options.data}`);
  const analysis: AnalysisFile = simulated?.analysis ?? (await readAnalysisFile(options.data ?? ""));
  step(`storing ${analysis.stats.length} rows as an analysis`);
  const created = await client.analysis.create.mutate(analysis);
  step("comparing N-1 with N");
  const answer = await completed(client, created.id);
  print("");
  print(formatComparison(answer, { color, columns: process.stdout.columns }));
  if (simulated) {
    print(`\n${painter(color)("bold", "Injected beside found")}`);
    print(formatTruth(simulated.truth, answer));
  }
  step("asking again");
  const again = await completed(client, created.id);
  print(
    `\nThe first answer was ${answer.cached ? "" : "not "}cached; the second one came with cached: ${again.cached}.`,
  );
  print(
    `\nAnalysis ${created.id} holds ${created.rows} rows of ${created.pegs} PEGs in ${created.cells} cells.`,
  );
}

export function addDemo(program: Command, env: NodeJS.ProcessEnv): void {
  program
    .command("demo")
    .description("the whole way on embedded parts: store, compare, show; then serve until you stop it")
    .option("--data <file>", "a real analysis instead of a simulated one: JSON, gzipped or not")
    .option("--once", "leave after printing")
    .action(async (options: DemoOptions) => {
      const dataDir = mkdtempSync(join(tmpdir(), "peg-bff-demo-"));
      const embedded = {
        DATA_DIR: dataDir,
        LOG_LEVEL: "warn",
        HOST: env.HOST,
        PORT: options.once ? "0" : env.PORT,
      };
      const config = parseConfig(embedded);
      process.stderr.write("> starting the embedded database and the analysis service\n");
      const started = await createRuntime(config);
      const { runtime, url } = await listen(started, () =>
        createRuntime(parseConfig({ ...embedded, PORT: "0" })),
      );
      const close = async () => {
        await runtime.stop();
        rmSync(dataDir, { recursive: true, force: true });
      };
      try {
        const token = await signToken(config, { sub: USER, expires: "12h" });
        const color = process.stdout.isTTY && !env.NO_COLOR;
        await showComparison(createPegClient({ url, token }), options, color);
        if (options.once) return await close();
        process.stdout.write(`\nThe API listens on ${url} until you press Ctrl-C. Your token:\n${token}\n`);
        for (const signal of ["SIGINT", "SIGTERM"] as const)
          process.once(signal, () => void close().then(() => process.exit(0)));
      } catch (error) {
        await close();
        throw error;
      }
    });
}
