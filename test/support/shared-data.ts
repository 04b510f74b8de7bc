import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FOLDER = new URL("../../../shared/data/", import.meta.url);

/** Real measurements, which lie beside the project and are not part of it: tests skip where they are absent. */
export const sharedData = {
  found: existsSync(FOLDER),
  path: (name: string): string => fileURLToPath(new URL(name, FOLDER)),
};
