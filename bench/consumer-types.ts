import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Bench } from "./section.js";
import { median } from "./statistics.js";

const REPOSITORY = fileURLToPath(new URL("..", import.meta.url));
const COMPILER = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));
const ROUNDS = 5;
const WANTED_MS = 1000;

const OURS = `import { createPegClient } from "peg-comparison-bff/client";
const peg = createPegClient({ url: "https://peg.example.com", token: "t" });
const answer = await peg.pegComparison.get.query({ id: "a" });
export const total: number | undefined =
  answer.status === "COMPLETED" ? answer.data.summary.total_pegs : undefined;
`;
/** What every client of tRPC loads, without a router's types. */
const BARE = `import { createTRPCClient, httpBatchLink } from "@trpc/client";
import superjson from "superjson";
import { z } from "zod";
export const links = [httpBatchLink({ url: "https://peg.example.com", transformer: superjson })];
export const client = createTRPCClient<any>({ links: [] });
export const id = z.string();
`;
const EMPTY = "export const nothing = 1;\n";

/** How long the compiler takes over a file that uses the client, in ms, medians. */
export interface ConsumerTypes {
  oursMs: number;
  /** Over one that uses @trpc/client, superjson and zod alone. */
  bareMs: number;
  /** Over one that uses nothing: the compiler itself. */
  emptyMs: number;
}

/** Type-checks a consumer of the client as built, in turn with one of its libraries and an empty one. */
export async function measureConsumerTypes({ closers, progress }: Bench): Promise<ConsumerTypes> {
  progress("client: type-checked");
  const times: Record<"ours" | "bare" | "empty", number[]> = { ours: [], bare: [], empty: [] };
  const folder = await mkdtemp(join(tmpdir(), "peg-types-"));
  closers.add(() => rm(folder, { recursive: true, force: true }));
  await symlink(join(REPOSITORY, "node_modules"), join(folder, "node_modules"));
  const paths = {
    "peg-comparison-bff/client": [join(REPOSITORY, "dist/client/index.d.ts")],
    "peg-comparison-bff/contract": [join(REPOSITORY, "dist/contract/index.d.ts")],
  };
  const compilerOptions = {
    module: "nodenext",
    target: "es2023",
    lib: ["es2023", "dom"],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    paths,
  };
  for (const [name, text] of Object.entries({ ours: OURS, bare: BARE, empty: EMPTY })) {
    await writeFile(join(folder, `${name}.mts`), text);
    const config = { compilerOptions, files: [`${name}.mts`] };
    await writeFile(join(folder, `${name}.json`), JSON.stringify(config));
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of ["ours", "bare", "empty"] as const) {
      const start = performance.now();
      await promisify(execFile)(process.execPath, [COMPILER, "-p", join(folder, `${name}.json`)]);
      times[name].push(performance.now() - start);
    }
  }
  return { oursMs: median(times.ours), bareMs: median(times.bare), emptyMs: median(times.empty) };
}

/** One line. */
export function describeConsumerTypes({ oursMs, bareMs, emptyMs }: ConsumerTypes): string {
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  const verdict = oursMs < WANTED_MS ? "as asked" : "TOO SLOW";
  return `Type-check of a consumer: ${ms(oursMs)}; of its libraries alone ${ms(bareMs)}, of nothing ${ms(emptyMs)}: ours ${ms(oursMs - bareMs)} (below ${WANTED_MS} ms: ${verdict})`;
}
