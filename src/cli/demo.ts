import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { createPegClient, type PegClient } from "../client/index.js";
import { type Config, parseConfig } from "../config.js";
import type { CompletedComparison } from "../contract/comparison.js";
import type { Runtime } from "../runtime.js";
import { CommandError } from "./command-error.js";
import { formatTruth } from "./demo/format-truth.js";
import { type InjectedChange, simulateNetwork } from "./demo/simulate-network.js";
import { formatComparison, painter } from "./format-comparison.js";
import type { AnalysisFile } from "./read-analysis-file.js";
import { type FileOptions, readAnyAnalysis, withFileOptions } from "./read-any-analysis.js";
import { signToken } from "./sign-token.js";
import { type Say, sayCount, sayCounts } from "./words.js";

interface DemoOptions extends FileOptions {
  data?: string;
  once?: boolean;
}

const USER = "demo-engineer";

async function completed(client: PegClient, id: string): Promise<CompletedComparison> {
  const answer = await client.pegComparison.get.query({ id });
  if (answer.status !== "COMPLETED")
    throw new CommandError((say) => say("The comparison is {status}.", { status: answer.status }));
  return answer;
}

/** Starts on the usual port, or on a free one where that is taken. */
async function start(config: Config): Promise<{ runtime: Runtime; url: string }> {
  const { createRuntime } = await import("../runtime.js");
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

async function prepare(options: DemoOptions, say: Say): Promise<Material> {
  const { data } = options;
  if (data === undefined) {
    step(say("simulating two weeks of a small network"));
    return simulateNetwork();
  }
  step(say("reading {file}", { file: data }));
  return { analysis: await readAnyAnalysis(data, options, say) };
}

/**
 * Stores an analysis, compares it through the typed client, and shows what came of it.
 *
 * @returns its id
 */
async function showComparison(
  client: PegClient,
  { analysis, truth }: Material,
  color: boolean,
  say: Say,
): Promise<string> {
  step(say("storing {rows} as an analysis", { rows: sayCount(say, analysis.stats.length, "row") }));
  const created = await client.analysis.create.mutate(analysis);
  step(say("comparing N-1 with N"));
  const answer = await completed(client, created.id);
  print("");
  const { columns } = process.stdout;
  print(formatComparison(answer, { say, color, columns }));
  if (truth) {
    print(`\n${painter(color)("bold", say("Injected beside found"))}`);
    print(formatTruth(truth, answer, say, columns));
  }
  step(say("asking again"));
  const again = await completed(client, created.id);
  const second = { cached: say(`${again.cached}`) };
  const compared = answer.cached
    ? say("The first answer was cached; the second one came with cached: {cached}.", second)
    : say("The first answer was not cached; the second one came with cached: {cached}.", second);
  print(`\n${compared}`);
  const { id } = created;
  print(`\n${say("Analysis {id} holds {rows} of {pegs} in {cells}.", { id, ...sayCounts(say, created) })}`);
  return id;
}

export function addDemo(program: Command, env: NodeJS.ProcessEnv, say: Say): void {
  withFileOptions(program.command("demo"), say)
    .description(say("the whole way on embedded parts: store, compare, show; then serve until you stop it"))
    .option("--data <file>", say("a real analysis instead of a simulated one: JSON or CSV, gzipped or not"))
    .option("--once", say("leave after printing"))
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
      const material = await prepare(options, say);
      step(say("starting the embedded database and the analysis service"));
      const { runtime, url } = await start(config);
      stop = () => runtime.stop();
      try {
        const token = await signToken(config, { sub: USER, expires: "12h" });
        const color = process.stdout.isTTY && !env.NO_COLOR;
        const client = createPegClient({ url, token, language: say.language });
        const id = await showComparison(client, material, color, say);
        if (options.once) return await stop();
        print(
          `\n${say("The same as a page, whose link signs you in:")}\n${url}/analyses/${id}#token=${token}`,
        );
        print(`\n${say("The API listens on {url} until you press Ctrl-C. Your token:", { url })}\n${token}`);
      } catch (error) {
        await stop();
        throw error;
      }
    });
}
