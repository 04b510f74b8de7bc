import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const REPOSITORY = fileURLToPath(new URL("..", import.meta.url));

const OURS = `import { createPegClient } from "peg-comparison-bff/client";
const peg = createPegClient({ url: "https://peg.example.com", token: "t" });
peg.pegComparison.get.query({ id: "a" }).then(console.log);`;

const BARE = `import { createTRPCClient, httpBatchLink } from "@trpc/client";
import superjson from "superjson";
const links = [httpBatchLink({ url: "https://peg.example.com/trpc", transformer: superjson })];
createTRPCClient({ links }).pegComparison.get.query({ id: "a" }).then(console.log);`;

/** What a page loads, in bytes: minified, and that gzipped. */
export interface BundleSize {
  minified: number;
  gzipped: number;
}

/** Of the typed client as built, and of what it stands on. */
export interface ClientSize {
  ours: BundleSize;
  bare: BundleSize;
}

async function bundle(contents: string): Promise<BundleSize> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: REPOSITORY },
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
  });
  const text = outputFiles[0]?.text ?? "";
  return { minified: Buffer.byteLength(text), gzipped: gzipSync(text).length };
}

/** Bundles one query of each for a browser. */
export async function measureClientSize(progress: (text: string) => void): Promise<ClientSize> {
  progress("client: bundled for a browser");
  return { ours: await bundle(OURS), bare: await bundle(BARE) };
}

/** One line. */
export function describeClientSize({ ours, bare }: ClientSize): string {
  const read = ({ minified, gzipped }: BundleSize) => `${gzipped} bytes gzipped (${minified} minified)`;
  const ratio = (ours.gzipped / bare.gzipped).toFixed(2);
  return `Client in a browser: ${read(ours)}; bare @trpc/client with superjson: ${read(bare)}; ratio ${ratio}`;
}
