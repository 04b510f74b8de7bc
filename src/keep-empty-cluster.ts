import { existsSync, readdirSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fromPglite } from "./db/embedded.js";
import { archiveCluster, keptCluster } from "./db/empty-cluster.js";
import { createLogger } from "./log.js";
import { migrateAll } from "./stores.js";

// A step of the build: keeps a cluster with empty tables, from which embedded databases start.
const file = fileURLToPath(keptCluster());
if (!existsSync(file)) {
  const archive = await archiveCluster((client) =>
    migrateAll(fromPglite(client, false), createLogger("silent")),
  );
  const folder = dirname(file);
  for (const name of readdirSync(folder)) if (name.endsWith(".tar.gz")) await rm(join(folder, name));
  await writeFile(`${file}.new`, Buffer.from(await archive.arrayBuffer()));
  await rename(`${file}.new`, file);
}
