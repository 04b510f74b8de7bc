import { existsSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { archiveEmptyCluster, EMPTY_CLUSTER } from "./empty-cluster.js";

// A step of the build: keeps an empty cluster, from which embedded databases start.
if (!existsSync(EMPTY_CLUSTER)) {
  const archive = await archiveEmptyCluster();
  const file = fileURLToPath(EMPTY_CLUSTER);
  await writeFile(`${file}.new`, Buffer.from(await archive.arrayBuffer()));
  await rename(`${file}.new`, file);
}
