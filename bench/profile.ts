import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findCores, readOptions } from "./options.js";
import { readWhenThere } from "./processes.js";
import { type CpuProfile, readProfile, type Share } from "./read-profile.js";
import { FORMS, type Form, rawRequest } from "./requests.js";
import { Closers, openWorld } from "./world.js";

// Where the time of our server goes: npm run build && npx tsx bench/profile.ts (options as of the bench; --only REST profiles that form)
const LINES = 40;

function print(title: string, shares: readonly Share[], order: "self" | "total"): void {
  console.log(`\n${title}`);
  const sorted = [...shares].sort((a, b) => b[order] - a[order]);
  for (const share of sorted.slice(0, LINES)) {
    const [self, total] = [share.self, share.total].map((part) => `${(part * 100).toFixed(1)} %`.padStart(7));
    console.log(`${self} ${total}  ${share.name}`);
  }
}

async function main(closers: Closers): Promise<void> {
  const options = readOptions(
    process.argv.slice(2),
    FORMS.map(({ name }) => name),
  );
  const form = FORMS.find(({ name }) => options.only.includes(name)) ?? (FORMS[0] as Form);
  const folder = await mkdtemp(join(tmpdir(), "peg-bench-profiles-"));
  const prefix = join(folder, "ours");
  const { ours, load, cases, tokens } = await openWorld({
    bench: options,
    nodeOptions: ["--import", new URL("./profile-on-signal.mjs", import.meta.url).href],
    env: { BENCH_PROFILE: prefix },
    cores: findCores(),
    closers,
    progress: (text) => console.error(`> ${text}`),
  });
  for (const [i, asked] of cases.entries()) {
    const { pegs, id } = asked;
    const headers = form.headers?.(asked) ?? {};
    const requests = tokens.map((token) => rawRequest(form.target(id), ours.port, token, headers));
    const order = { port: ours.port, requests, seconds: options.seconds };
    await load.run(order);
    process.kill(ours.pid, "SIGUSR2");
    const { answers, seconds } = await load.run(order);
    process.kill(ours.pid, "SIGUSR2");
    const file = `${prefix}-${i + 1}.cpuprofile`;
    const { functions, packages, busy } = readProfile(await readWhenThere<CpuProfile>(file));
    console.log(
      `\n==== ${pegs} PEGs: ${Math.round(answers / seconds)} calls/s while profiled, ${file}\n` +
        `busy ${(busy * 100).toFixed(0)} % of the time; columns: self, total`,
    );
    print("By package", packages, "self");
    print("By function, self", functions, "self");
    print("By function, total", functions, "total");
  }
}

const closers = new Closers();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void closers.closeAll().finally(() => process.exit(130)));
}
try {
  await main(closers);
} finally {
  await closers.closeAll();
}
