import { existsSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { PGlite } from "@electric-sql/pglite";
import { EMPTY_CLUSTER } from "./empty-cluster.js";

// A step of the build: keeps an empty cluster, from which embedded databases start.
if (!existsSync(EMPTY_CLUSTER)) {
  const client = await PGlite.create();
  const archive = await client.dumpDataDir("gzip");
  await client.close();
  const file = fileURLToPath(EMPTY_CLUSTER);
  await writeFile(`${file}.new`, Buffer.from(await archive.arrayBuffer()));
  await rename(`${file}.new`, file);
}
