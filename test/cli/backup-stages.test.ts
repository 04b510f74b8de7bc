import { expect, test, vi } from "vitest";
import { sayStages } from "../../src/cli/backup-stages.js";
import { createSay } from "../../src/cli/words.js";
import type { CheckedBackup } from "../../src/domain/backup/check-backup.js";

/** What is written on standard error of a backup that was checked with this outcome. */
function toldOf(outcome: Pick<CheckedBackup, "unreadable" | "missingKeys">, env = {}): string {
  const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  try {
    sayStages(createSay(env)).sayTables({ sums: [], ...outcome } as unknown as CheckedBackup);
    return written.mock.calls.join("");
  } finally {
    written.mockRestore();
  }
}

test("what was taken along without being opened is told, with the keys that are missing", () => {
  expect(toldOf({ unreadable: 0, missingKeys: [] })).toBe("");
  expect(toldOf({ unreadable: 7, missingKeys: ["k1", "k2"] })).toBe(
    "7 values that do not open were taken along as they are. Keys that are missing: k1, k2\n",
  );
  expect(toldOf({ unreadable: 1, missingKeys: [] })).toContain("Keys that are missing: no key\n");
  expect(toldOf({ unreadable: 1, missingKeys: ["k1"] }, { LANG: "ko_KR.UTF-8" })).toContain("없는 키: k1\n");
});
