import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type AuditEntry, auditListInput, auditListOutput } from "../../../src/contract/audit.js";
import { auditLog } from "../../../src/db/schema.js";
import { auditPlace } from "../../../src/domain/apply-change.js";
import { listAudit } from "../../../src/domain/audit/list-audit.js";
import { grantPermission } from "../../../src/domain/permission/grant-permission.js";
import { contextOf, DATABASES, storeAnalysis, type TestWorld } from "../fixtures.js";

describe("an audit log in which a user's name does not open", () => {
  let world: TestWorld;
  let id: string;
  beforeAll(async () => {
    world = (await DATABASES[0]?.open()) as TestWorld;
    const { services, db } = world;
    ({ analysisId: id } = await storeAnalysis(services));
    for (const user_id of ["bob", "carol"]) {
      await grantPermission({ ctx: contextOf(services), input: { id, user_id, permission_type: "read" } });
    }
    // As by a key that is gone, or put there from another analysis.
    const elsewhere = await services.sealer.seal("dave", auditPlace("another"));
    const [, entry] = await db
      .select()
      .from(auditLog)
      .where(eq(auditLog.analysisId, id))
      .orderBy(auditLog.id);
    if (!entry) throw new Error("there is no entry");
    await db
      .update(auditLog)
      .set({ details: { ...entry.details, user_id: elsewhere } })
      .where(eq(auditLog.id, entry.id));
  });
  afterAll(() => world.close());

  test("is told all the same, with a mark where the name is missing, and a line of the log", async () => {
    const { services } = world;
    const told = vi.spyOn(services.logger, "error");
    const page = await listAudit({ ctx: contextOf(services), input: auditListInput.parse({ id }) });
    const { entries } = auditListOutput.parse(page);
    expect(entries.map(({ action }: AuditEntry) => action)).toEqual(["grant", "grant", "create"]);
    expect(entries[0]?.details).toMatchObject({ user_id: "carol", permission_type: "read" });
    expect(entries[0]?.details).not.toHaveProperty("user_unreadable");
    expect(entries[1]?.details).toMatchObject({ user_unreadable: true, permission_type: "read" });
    expect(entries[1]?.details).not.toHaveProperty("user_id");
    expect(told.mock.calls).toEqual([
      [
        { request_id: "request", analysis_id: id, err: expect.any(Error) },
        "a user in the audit log cannot be opened",
      ],
    ]);
    told.mockRestore();
  });
});
