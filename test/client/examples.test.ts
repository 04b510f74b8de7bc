import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runTsc } from "./run-tsc.js";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const CLIENT = fileURLToPath(new URL("../../src/client/", import.meta.url));

/** What the examples take for granted. */
const AROUND = `import { createPegClient, isPegError } from "../../../src/client/index.js";
import type { PegClient, PegClientError, PegClientOptions, PegRouter } from "../../../src/client/index.js";
import type { inferRouterOutputs } from "@trpc/server";
declare const session: { token: string; expiresSoon: boolean; renew(): Promise<string> };
declare const peg: PegClient;
declare const error: unknown;
declare function sleep(ms: number): Promise<void>;
export type Names = [PegClient, PegClientError, PegClientOptions, PegRouter, inferRouterOutputs<PegRouter>];
export const values = [createPegClient, isPegError, session, peg, error, sleep];
`;

/** The examples of each exported declaration, by its name. */
async function readExamples(): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const file of await readdir(CLIENT)) {
    const text = await readFile(join(CLIENT, file), "utf8");
    const documented = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport (?:function|type|interface) (\w+)/g;
    for (const [, comment = "", name = ""] of text.matchAll(documented)) {
      const lines = comment.replace(/^ \* ?/gm, "");
      found.set(name, lines.split("@example\n").slice(1));
    }
  }
  return found;
}

test("every name that the client exports has an example, and all examples compile", async () => {
  const examples = await readExamples();
  const index = await readFile(join(CLIENT, "index.ts"), "utf8");
  const exported = [...index.matchAll(/\{([^}]*)\}/g)]
    .flatMap(([, names = ""]) => names.split(","))
    .map((name) => name.replace("type ", "").trim());
  expect(exported.length).toBeGreaterThan(4);
  expect(exported.filter((name) => !examples.get(name)?.length)).toEqual([]);

  // TypeScript passes over folders with a dot, git over this one.
  const folder = await mkdtemp(join(HERE, ".examples-"));
  try {
    await writeFile(join(folder, ".gitignore"), "*\n");
    const compilerOptions = { noUnusedLocals: false };
    const config = { extends: "../../../tsconfig.json", compilerOptions, include: ["*.ts"] };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
    for (const name of exported) {
      const bodies = examples
        .get(name)
        ?.map((code, i) => `export const example${i} = async () => {\n${code}\n};`);
      await writeFile(join(folder, `${name}.ts`), AROUND + bodies?.join("\n"));
    }
    expect((await runTsc(folder)).output).toBe("");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
