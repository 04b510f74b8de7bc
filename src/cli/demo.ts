import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { createPegClient, type PegClient } from "../client/index.js";
import { type Config, parseConfig } from "../config.js";
import type { CompletedComparison } from "../contract/comparison.js";
import { createRuntime, type Runtime } from "../runtime.js";
import { CommandError } from "./command-error.js";
import { formatTruth } from "./demo/format-truth.js";
import { type InjectedChange, simulateNetwork } from "./demo/simulate-network.js";
import { formatComparison, formatCount, painter } from "./format-comparison.js";
import type { AnalysisFile } from "./read-analysis-file.js";
import { type FileOptions, readAnyAnalysis, withFileOptions } from "./read-any-analysis.js";
import { signToken } from "./sign-token.js";

interface DemoOptions extends FileOptions {
  data?: string;
  once?: boolean;
}

const USER = "demo-engineer";

async function completed(client: PegClient, id: string): Promise<CompletedComparison> {
  const answer = await client.pegComparison.get.query({ id });
  if (answer.status !== "COMPLETED") throw new CommandError(`The comparison is ${answer.status}.`);
  return answer;
}

/** Starts on the usual port, or on a free one where that is taken. */
async function start(config: Config): Promise<{ runtime: Runtime; url: string }> {
  const runtime = await createRuntime(config);
  try {
    return { runtime, url: (await runtime.listen()).url };
  } catch (error) {
    await runtime.stop();
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || config.PORT === 0) throw error;
    return start({ ...config, PORT: 0 });
  }
}

const print = (text: string) => process.stdout.write(`${text}\n`);
const step = (text: string) => process.stderr.write(`> ${text}\n`);

/** What is compared, and of a simulation what should be found. */
interface Material {
  analysis: AnalysisFile;
  truth?: InjectedChange[];
}

async function prepare(options: DemoOptions): Promise<Material> {
  const { data } = options;
  step(data === undefined ? "simulating two weeks of a small network" : `reading ${data}`);
  return data === undefined ? simulateNetwork() : { analysis: await readAnyAnalysis(data, options) };
}

/** Stores an analysis, compares it through the typed client, and shows what came of it. */
async function showComparison(
  client: PegClient,
  { analysis, truth }: Material,
  color: boolean,
): Promise<void> {
  step(`storing ${formatCount(analysis.stats.length, "row")} as an analysis`);
  const created = await client.analysis.create.mutate(analysis);
  step("comparing N-1 with N");
  const answer = await completed(client, created.id);
  print("");
  const { columns } = process.stdout;
  print(formatComparison(answer, { color, columns }));
  if (truth) {
    print(`\n${painter(color)("bold", "Injected beside found")}`);
    print(formatTruth(truth, answer, columns));
  }
  step("asking again");
  const again = await completed(client, created.id);
  print(
    `\nThe first answer was ${answer.cached ? "" : "not "}cached; the second one came with cached: ${again.cached}.`,
  );
  const { id, rows, pegs, cells } = created;
  const size = `${formatCount(rows, "row")} of ${formatCount(pegs, "PEG")} in ${formatCount(cells, "cell")}`;
  print(`\nAnalysis ${id} holds ${size}.`);
}

export function addDemo(program: Command, env: NodeJS.ProcessEnv): void {
  withFileOptions(program.command("demo"))
    .description("the whole way on embedded parts: store, compare, show; then serve until you stop it")
    .option("--data <file>", "a real analysis instead of a simulated one: JSON or CSV, gzipped or not")
    .option("--once", "leave after printing")
    .action(async (options: DemoOptions) => {
      const dataDir = mkdtempSync(join(tmpdir(), "peg-bff-demo-"));
      // However the process ends: a failure, Ctrl-C at any moment, or its work being done.
      process.once("exit", () => rmSync(dataDir, { recursive: true, force: true }));
      let stop: () => Promise<void> = async () => undefined;
      let interrupted = false;
      const leave = () => {
        if (interrupted) process.exit(130);
        interrupted = true;
        void stop().then(() => process.exit(0));
      };
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, leave);

      const config = parseConfig({
        DATA_DIR: dataDir,
        LOG_LEVEL: "warn",
        HOST: env.HOST,
        PORT: options.once ? "0" : env.PORT,
      });
      // First: a file that cannot be read needs no server.
      const material = await prepare(options);
      step("starting the embedded database and the analysis service");
      const { runtime, url } = await start(config);
      stop = () => runtime.stop();
      try {
        const token = await signToken(config, { sub: USER, expires: "12h" });
        const color = process.stdout.isTTY && !env.NO_COLOR;
        await showComparison(createPegClient({ url, token }), material, color);
        if (options.once) return await stop();
        print(`\nThe API listens on ${url} until you press Ctrl-C. Your token:\n${token}`);
      } catch (error) {
        await stop();
        throw error;
      }
    });
}
