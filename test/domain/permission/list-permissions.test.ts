import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { permissionListInput } from "../../../src/contract/permission.js";
import { userAnalysisPermissions } from "../../../src/db/schema.js";
import { listPermissions } from "../../../src/domain/permission/list-permissions.js";
import { contextOf, DATABASES, storeAnalysis, type TestWorld } from "../fixtures.js";

const TYPES = ["read", "write", "admin"] as const;
const USERS = [
  "anna",
  "Bob",
  "가".repeat(255),
  "z z",
  "\u{1F600}".repeat(127),
  ...Array.from({ length: 40 }, (_, i) => `u${i}`),
];

describe.each(DATABASES)("the permissions of an analysis, on $kind,", ({ here, open }) => {
  describe.skipIf(!here)("come a page at a time", () => {
    let world: TestWorld;
    let id: string;
    beforeAll(async () => {
      world = await open();
      id = (await storeAnalysis(world.services)).analysisId;
      const other = (await storeAnalysis(world.services)).analysisId;
      const rows = USERS.flatMap((userId) => TYPES.map((permissionType) => ({ userId, permissionType })));
      for (const analysisId of [id, other])
        await world.db
          .insert(userAnalysisPermissions)
          .values(rows.map((row) => ({ ...row, analysisId, grantedBy: "admin" })));
    });
    afterAll(() => world?.close());

    const page = (input: object) =>
      listPermissions({ ctx: contextOf(world.services), input: permissionListInput.parse({ id, ...input }) });

    test.each([1, 7, 100])("of %i, none missed and none twice", async (limit) => {
      const seen: string[] = [];
      let cursor: string | undefined;
      for (;;) {
        const { permissions, next_cursor } = await page({ limit, cursor });
        expect(permissions.length).toBeLessThanOrEqual(limit);
        seen.push(...permissions.map((one) => `${one.user_id} ${one.permission_type}`));
        if (next_cursor === null) break;
        cursor = next_cursor;
      }
      const all = ["owner admin", ...USERS.flatMap((user) => TYPES.map((type) => `${user} ${type}`))];
      expect([...seen].sort()).toEqual([...all].sort());
      expect(new Set(seen).size).toBe(all.length);
    });

    test("and not after a cursor of another list", async () => {
      for (const values of [[1], ["a\0", "read"], ["a", "none"], {}]) {
        const cursor = Buffer.from(JSON.stringify(values)).toString("base64url");
        await expect(page({ cursor })).rejects.toMatchObject({ code: "API_VALIDATION_ERROR" });
      }
    });
  });
});
