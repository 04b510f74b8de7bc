import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** By the names of their packages. Both call their command `tsc`, so that .bin has but one of them. */
export type Compiler = "typescript" | "typescript-5";

export interface Compiled {
  code: number;
  /** The first lines of all errors, by the name of their file. */
  errors: Record<string, string[]>;
  output: string;
}

const pathOf = (compiler: Compiler) =>
  fileURLToPath(new URL(`../../node_modules/${compiler}/bin/tsc`, import.meta.url));

/** Tells which files the project in a folder consists of: its own, and the declarations that these lead to. */
export async function listFiles(folder: string, compiler: Compiler): Promise<string[]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [pathOf(compiler), "-p", folder, "--listFilesOnly"],
    { cwd: folder },
  );
  return stdout.trim().split("\n");
}

/** Compiles the project in a folder. */
export function runTsc(folder: string, compiler: Compiler = "typescript"): Promise<Compiled> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [pathOf(compiler), "-p", folder, "--pretty", "false"],
      { cwd: folder },
      (error, stdout, stderr) => {
        const errors: Record<string, string[]> = {};
        for (const line of stdout.split("\n")) {
          const name = /^([\w./-]+\.ts)\(\d+,\d+\): error/.exec(line)?.[1];
          if (name !== undefined) errors[name] = [...(errors[name] ?? []), line];
        }
        resolve({ code: error ? Number(error.code) : 0, errors, output: `${stdout}${stderr}` });
      },
    );
  });
}
