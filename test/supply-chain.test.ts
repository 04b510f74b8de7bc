import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const json = (path: string) => JSON.parse(readFileSync(at(path), "utf8"));

interface Locked {
  version: string;
  resolved?: string;
  integrity?: string;
  dev?: boolean;
  devOptional?: boolean;
  optional?: boolean;
  link?: boolean;
  hasInstallScript?: boolean;
  engines?: { node?: string };
}
const packages = json("package-lock.json").packages as Record<string, Locked>;
const manifest = json("package.json") as Record<
  "dependencies" | "devDependencies",
  Record<string, string>
> & {
  engines: { node: string };
};
const installed = Object.entries(packages).filter(([path]) => path !== "");
const shipped = installed.filter(([, { dev, devOptional }]) => !dev && !devOptional);
const nameOf = (path: string) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);

/** Older ones have a known vulnerability; of hono, whose advisories name no version here, the one that was tested. */
const FLOORS: Record<string, { floor: string; why: string }> = {
  "@trpc/server": { floor: "11.8.0", why: "CVE-2025-68130, CVE-2025-43855" },
  superjson: { floor: "1.8.1", why: "CVE-2022-23631" },
  "drizzle-orm": { floor: "0.45.2", why: "CVE-2026-39356" },
  hono: { floor: "4.13.19", why: "CVE-2026-44456, CVE-2026-22817, CVE-2026-47673" },
};

/** The newest major of each that runs, or is built and tested, on the oldest Node that is promised. */
const NEWEST_MAJORS: Record<string, number> = {
  vitest: 4,
  "pg-boss": 10,
  undici: 7,
  cockatiel: 3,
  commander: 14,
  opossum: 9,
  "p-retry": 8,
  execa: 9,
  msw: 2,
  tsup: 8,
  "zod-openapi": 5,
  "dependency-cruiser": 17,
  "@changesets/cli": 2,
  "@types/node": 20,
  "@stryker-mutator/core": 9,
};

function compare(a: string, b: string): number {
  const [x, y] = [a, b].map((version) => version.split("-")[0]?.split(".").map(Number) ?? []);
  return [0, 1, 2].map((i) => (x?.[i] ?? 0) - (y?.[i] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

describe("what is installed (F9)", () => {
  test("is locked to its contents, all of it", () => {
    expect(installed.length).toBeGreaterThan(100);
    const loose = installed.filter(([, { link, integrity }]) => !link && !/^sha512-/.test(integrity ?? ""));
    expect(loose.map(([path]) => path)).toEqual([]);
  });

  test("comes from the registry, and not from somebody's repository", () => {
    const elsewhere = installed.filter(
      ([, { resolved }]) => resolved !== undefined && !/^https:\/\/[^/]+\/.+\.tgz$/.test(resolved),
    );
    expect(elsewhere.map(([path]) => path)).toEqual([]);
  });

  test("runs nothing when it is installed, of what is shipped", () => {
    const scripts = installed.filter(([, { hasInstallScript }]) => hasInstallScript);
    expect(shipped.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path)).toEqual([]);
    // Works without: what its script fetches is one of its packages.
    expect([...new Set(scripts.map(([path]) => nameOf(path)))]).toEqual(["esbuild"]);
  });

  test.each(Object.entries(FLOORS))("%s is not older than is safe", (name, { floor }) => {
    const found = installed.filter(([path]) => nameOf(path) === name);
    expect(found.length).toBeGreaterThan(0);
    for (const [path, { version }] of found)
      expect({ path, version, safe: compare(version, floor) >= 0 }).toEqual({ path, version, safe: true });
  });

  test.each(Object.entries(NEWEST_MAJORS))(
    "%s is not newer than %i.x, which is the last for Node 20",
    (name, major) => {
      const found = Object.entries(packages).filter(([path]) => path === `node_modules/${name}`);
      for (const [, { version }] of found) expect(Number.parseInt(version, 10)).toBeLessThanOrEqual(major);
    },
  );

  test("is locked in a file that says what package.json says", () => {
    const root = packages[""] as unknown as typeof manifest;
    expect(root.dependencies).toEqual(manifest.dependencies);
    expect(root.devDependencies).toEqual(manifest.devDependencies);
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      const locked = packages[`node_modules/${name}`]?.version;
      expect([name, locked]).toEqual([name, version.replace(/^npm:.*@/, "")]);
    }
  });

  test("is named with exact versions, so that only a reviewed change moves one", () => {
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
      expect(version, name).toMatch(/^(npm:[\w@/-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/);
  });

  test("of what is shipped runs on the oldest Node that is promised", () => {
    const [, oldest = ""] = /(\d+\.\d+)/.exec(manifest.engines.node) ?? [];
    const floors = shipped.flatMap(([path, { engines, optional }]) => {
      // The lowest of the alternatives.
      const alternatives = (optional ? "" : (engines?.node ?? "")).match(/\d+(\.\d+)*/g) ?? [];
      const lowest = alternatives.sort(compare)[0];
      return lowest !== undefined && compare(lowest, oldest) > 0 ? [`${path} ${engines?.node}`] : [];
    });
    expect(floors).toEqual([]);
  });
});

test("the finder of old versions finds them", () => {
  expect(compare("11.7.9", "11.8.0")).toBeLessThan(0);
  expect(compare("11.8.0", "11.8.0")).toBe(0);
  expect(compare("11.25.2", "11.8.0")).toBeGreaterThan(0);
});

describe("the workflow", () => {
  const workflow = readFileSync(at(".github/workflows/ci.yml"), "utf8");

  test("installs what is locked, and lets no package run a script where it looks for known vulnerabilities (F9)", () => {
    expect(workflow).not.toMatch(/npm (install|i|update)\b/);
    const job = workflow.slice(workflow.indexOf("  supply-chain:"));
    expect(job).toMatch(/- run: npm ci --ignore-scripts\n[\s\S]*- run: npm run audit\n/);
    expect(job).not.toMatch(/continue-on-error|\bif:/);
    const { scripts } = json("package.json") as { scripts: Record<string, string> };
    expect(scripts.audit).toBe("npm audit --omit dev");
  });

  test("looks every night for what became known since", () => {
    const nightly = readFileSync(at(".github/workflows/nightly.yml"), "utf8");
    expect(nightly).toMatch(/- run: npm run audit\n/);
    expect(nightly).not.toContain("continue-on-error");
  });
});

describe("the files for a release", () => {
  test("are there, and the workflow runs what exists, on every Node that is promised", () => {
    const workflow = readFileSync(at(".github/workflows/ci.yml"), "utf8");
    const { scripts } = json("package.json") as { scripts: Record<string, string> };
    const run = [...workflow.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, name = ""]) => name);
    expect(run).toContain("check");
    for (const name of run) expect(scripts).toHaveProperty([name]);
    for (const major of [20, 22, 24]) expect(workflow).toMatch(new RegExp(`\\b${major}\\b`));
    for (const file of ["SECURITY.md", "CONTRIBUTING.md", ".changeset/config.json"])
      expect(existsSync(at(file))).toBe(true);
  });
});
