import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parseConfig } from "../../src/config.js";
import { TEST_ENCRYPTION_KEYS, TEST_SECRET } from "../support/backend.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

interface Service {
  image?: string;
  build?: string;
  command?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  restart?: string;
  stop_grace_period?: string;
  volumes?: string[];
}
const { services } = parse(read("compose.yaml"), { merge: true }) as { services: Record<string, Service> };
const ours = Object.entries(services).filter(([, { build }]) => build !== undefined);

describe("compose.yaml", () => {
  test("starts two API processes, two workers, PostgreSQL, Redis and a proxy", () => {
    expect(Object.keys(services).sort()).toEqual(
      ["api-1", "api-2", "postgres", "proxy", "redis", "worker-1", "worker-2"].sort(),
    );
    for (const [name, { command }] of ours)
      expect(command).toEqual(
        name.startsWith("worker") ? ["node", "dist/bundle/peg-bff.js", "worker"] : undefined,
      );
  });

  test("sets what a start in production asks for, and nothing that is no setting", () => {
    const secrets: Record<string, string> = {
      POSTGRES_PASSWORD: "secret",
      JWT_SECRET: TEST_SECRET,
      JWT_ISSUER: "https://login.example.com",
      JWT_AUDIENCE: "peg",
      ENCRYPTION_KEYS: TEST_ENCRYPTION_KEYS,
    };
    const filled = (value: string) =>
      value.replace(/\$\{(\w+):[?-][^}]*\}/g, (_, name) => secrets[name] ?? "");
    for (const [, { environment = {} }] of ours) {
      const env = Object.fromEntries(
        Object.entries(environment).map(([name, value]) => [name, filled(value)]),
      );
      expect(parseConfig({ NODE_ENV: "production", ...env }).DATABASE_URL).toBe(
        "postgres://peg:secret@postgres:5432/peg",
      );
      // Mistyped, a setting would be passed over.
      for (const name of Object.keys(env)) expect(read(".env.example")).toContain(`\n${name}=`);
    }
  });

  test("comes back whole after the machine was started anew", () => {
    for (const [name, { restart }] of Object.entries(services))
      expect([name, restart]).toEqual([name, "unless-stopped"]);
  });

  test("waits for what is healthy, and gives time to stop", () => {
    for (const { depends_on: others = {} } of Object.values(services))
      for (const [name, { condition }] of Object.entries(others)) {
        expect(condition).toBe("service_healthy");
        // Those of ours have the one of the image.
        expect(services[name]?.healthcheck !== undefined || services[name]?.build !== undefined).toBe(true);
      }
    for (const [, service] of ours) expect(service.stop_grace_period).toBe("45s");
    for (const volume of services.proxy?.volumes ?? [])
      expect(existsSync(join(ROOT, volume.split(":")[0] ?? ""))).toBe(true);
  });
});

describe("the Dockerfile", () => {
  const text = read("Dockerfile");
  const stages = text.split(/^FROM /m).slice(1);
  const last = stages.at(-1) ?? "";

  test("copies what is there and not ignored", () => {
    const ignored = read(".dockerignore").trim().split("\n");
    const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = ""]) =>
      names.split(" "),
    );
    expect(copied).toContain("src");
    for (const name of copied) {
      // With brackets: copied where it is there.
      if (!name.includes("["))
        expect({ name, there: existsSync(join(ROOT, name)) }).toEqual({ name, there: true });
      expect(ignored).not.toContain(name);
    }
    const { files } = JSON.parse(read("package.json")) as { files: string[] };
    for (const name of files.filter((file) => /^\w+$/.test(file)))
      expect(last).toMatch(new RegExp(` ${name}\\b`));
  });

  test("runs on a supported Node, without root, with a health check and what production needs", () => {
    expect(stages.length).toBe(3);
    for (const stage of stages) expect(stage).toMatch(/^node:(22|24)-slim/);
    expect(last).toMatch(/\nUSER node\n/);
    expect(last).toMatch(/\nHEALTHCHECK /);
    expect(text).toContain("npm ci --omit=dev --ignore-scripts");
    const [, env = ""] = /^ENV (.*)$/m.exec(last) ?? [];
    expect(Object.fromEntries(env.split(" ").map((pair) => pair.split("=")))).toMatchObject({
      NODE_ENV: "production",
      HOST: "0.0.0.0",
    });
    const [, command = ""] =
      /^CMD (\[.*\])$/m.exec(last.split("HEALTHCHECK")[1]?.split("\n").slice(2).join("\n") ?? "") ?? [];
    expect(JSON.parse(command)).toEqual(["node", "dist/bundle/server.js"]);
    expect(existsSync(join(ROOT, "src/server.ts"))).toBe(true);
  });
});
