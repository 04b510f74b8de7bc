/** What the engine writes of a CPU profile, as far as it is read here. */
export interface CpuProfile {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
    children?: number[];
  }[];
  samples: number[];
  timeDeltas: number[];
}

/** Where time went: a function or a package. */
export interface Share {
  name: string;
  /** Share of the time that the process was busy. */
  self: number;
  /** With all that was called from it; of a package the same as `self`. */
  total: number;
}

const NOT_WORK = new Set(["(idle)", "(program)", "(root)"]);

function shortUrl(url: string): string {
  const path = url.replace(/^file:\/\//, "").replace(/\?.*$/, "");
  const inPackage = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?:.*\/)?([^/]+)$/.exec(path);
  if (inPackage) return `${inPackage[1]}/${inPackage[2]}`;
  return /\/((?:dist|src)\/.*)$/.exec(path)?.[1] ?? path;
}

function packageOf(url: string): string {
  if (url === "") return "V8 and natives";
  if (url.startsWith("node:internal/deps/")) return url.split("/").slice(0, 3).join("/");
  if (url.startsWith("node:")) return `node: ${url.slice(5).split("/").slice(0, 2).join("/")}`;
  return /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? "our own";
}

/** Adds up a profile by function and by package, the largest first; idle time is left out. */
export function readProfile(profile: CpuProfile): { functions: Share[]; packages: Share[]; busy: number } {
  const selfTimes = new Map<number, number>();
  let [all, work] = [0, 0];
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  profile.samples.forEach((id, i) => {
    const time = profile.timeDeltas[i] ?? 0;
    all += time;
    if (NOT_WORK.has(names.get(id)?.functionName ?? "")) return;
    work += time;
    selfTimes.set(id, (selfTimes.get(id) ?? 0) + time);
  });
  const functions = new Map<string, Share>();
  const packages = new Map<string, Share>();
  const add = (into: Map<string, Share>, name: string, self: number, total: number): void => {
    const share = into.get(name) ?? { name, self: 0, total: 0 };
    share.self += self / work;
    share.total += total / work;
    into.set(name, share);
  };
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const visit = (id: number, above: ReadonlySet<string>): number => {
    const node = byId.get(id);
    if (!node) return 0;
    const { functionName, url, lineNumber } = node.callFrame;
    const name = `${functionName || "(anonymous)"} ${shortUrl(url)}:${lineNumber + 1}`;
    const self = selfTimes.get(id) ?? 0;
    const inside = new Set(above).add(name);
    const total = self + (node.children ?? []).reduce((sum, child) => sum + visit(child, inside), 0);
    // A function that calls itself is counted once.
    add(functions, name, self, above.has(name) ? 0 : total);
    add(packages, packageOf(url), self, self);
    return total;
  };
  visit(profile.nodes[0]?.id ?? 0, new Set());
  const bySelf = (a: Share, b: Share): number => b.self - a.self;
  return {
    functions: [...functions.values()].sort(bySelf),
    packages: [...packages.values()].sort(bySelf),
    busy: work / all,
  };
}
