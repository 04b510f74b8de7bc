import { existsSync, statfsSync } from "node:fs";
import type { Config } from "../config.js";
import { developmentKeysFile } from "../development-keys.js";
import { createSealer } from "../keys.js";
import { MIGRATIONS } from "../stores.js";
import { checkDatabase, openForExamination } from "./check-database.js";
import { checkFiles } from "./check-files.js";
import { checkKeys } from "./check-keys.js";
import { checkRedis } from "./check-redis.js";
import { checkAnalysisService, checkTokens } from "./check-services.js";
import { checkSettings } from "./check-settings.js";
import type { Examination, Finding } from "./finding.js";

function freeBytes(path: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return null;
  }
}

/**
 * Looks at everything that the settings name, and changes nothing.
 *
 * @param instead of this machine's own clock and disk, for tests
 */
export async function examine(
  env: Record<string, string | undefined>,
  instead: Partial<Pick<Examination, "now" | "freeBytes">> = {},
): Promise<Finding[]> {
  const { config, findings } = checkSettings(env);
  if (!config) return findings;
  const examination: Examination = {
    config,
    now: () => Date.now(),
    freeBytes,
    migrationsFolder: MIGRATIONS,
    ...instead,
  };
  const files = checkFiles(examination);
  const others = Promise.all([
    checkRedis(examination),
    checkAnalysisService(examination),
    checkTokens(examination),
  ]);
  const filesFit = !files.some(({ status }) => status === "fault");
  const stored = filesFit || config.DATABASE_URL ? await examineStored(examination, filesFit) : [];
  return [...findings, ...files, ...stored, ...(await others)];
}

async function examineStored(examination: Examination, filesFit: boolean): Promise<Finding[]> {
  const open = await openForExamination(examination);
  if ("status" in open) return [open];
  try {
    const findings = await checkDatabase(open, examination);
    // The keys may lie in a file.
    if (!filesFit || findings.some(({ status }) => status === "fault")) return findings;
    return [...findings, await checkKeys(open, await createSealer(withKeysThere(examination.config)))];
  } finally {
    await open.close();
  }
}

/** Settings whose keys are there, or made for this look alone: like those of a first start they open nothing stored. */
function withKeysThere(config: Config): Config {
  const isThere = config.ENCRYPTION_KEYS ?? existsSync(developmentKeysFile(config.DATA_DIR));
  return isThere ? config : { ...config, DATA_DIR: "memory://" };
}
