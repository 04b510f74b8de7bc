import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ADMIN_SCOPE,
  can,
  type Grant,
  PERMISSION_TYPES,
  type PermissionType,
} from "../../src/contract/permissions.js";

const NOW = Date.UTC(2024, 0, 15);
const at = (ms: number) => new Date(NOW + ms);
const grant = (permission: PermissionType, expiresAt?: Date | null): Grant => ({ permission, expiresAt });

/** What each permission allows, written out. */
const ALLOWS: Record<PermissionType, readonly PermissionType[]> = {
  read: ["read"],
  write: ["read", "write"],
  admin: ["read", "write", "admin"],
};

function bruteForce(
  scopes: readonly string[],
  grants: readonly Grant[],
  needed: PermissionType,
  now: Date,
): boolean {
  for (const scope of scopes) if (scope === "peg:admin") return true;
  for (const { permission, expiresAt } of grants) {
    const lasts = expiresAt === undefined || expiresAt === null || expiresAt.getTime() - now.getTime() > 0;
    if (lasts && ALLOWS[permission].includes(needed)) return true;
  }
  return false;
}

describe("can", () => {
  const permission = fc.constantFrom(...PERMISSION_TYPES);
  const expiry = fc.oneof(fc.integer({ min: -2, max: 2 }).map(at), fc.constant(null), fc.constant(undefined));
  const grants = fc.array(fc.record({ permission, expiresAt: expiry }), { maxLength: 5 });
  const scopes = fc.array(
    fc.constantFrom(ADMIN_SCOPE, "peg:read", "admin", "peg", "peg:admin2", "PEG:ADMIN", "", "constructor"),
    { maxLength: 3 },
  );

  test("F7: says what a brute-force evaluator says", () => {
    fc.assert(
      fc.property(scopes, grants, permission, (held, granted, needed) => {
        const standing = { scopes: held, grants: granted };
        expect(can(standing, needed, at(0))).toBe(bruteForce(held, granted, needed, at(0)));
      }),
      { numRuns: 10_000 },
    );
  });

  test.each(PERMISSION_TYPES.flatMap((held) => PERMISSION_TYPES.map((needed) => [held, needed] as const)))(
    "with %s, decides on %s",
    (held, needed) => {
      const standing = { scopes: [], grants: [grant(held)] };
      expect(can(standing, needed, at(0))).toBe(ALLOWS[held].includes(needed));
    },
  );

  test("a grant ends at its expiry, to the millisecond", () => {
    const standing = { scopes: [], grants: [grant("read", at(0))] };
    expect(can(standing, "read", at(-1))).toBe(true);
    expect(can(standing, "read", at(0))).toBe(false);
    expect(can(standing, "read", at(1))).toBe(false);
  });

  test("an ended grant takes nothing from one that lasts", () => {
    const standing = { scopes: [], grants: [grant("admin", at(-1)), grant("read", null)] };
    expect(can(standing, "read", at(0))).toBe(true);
    expect(can(standing, "write", at(0))).toBe(false);
  });

  test("nobody without grants and scope may do anything, an operator everything", () => {
    for (const needed of PERMISSION_TYPES) {
      expect(can({ scopes: [], grants: [] }, needed, at(0))).toBe(false);
      expect(can({ scopes: [`${ADMIN_SCOPE} `], grants: [] }, needed, at(0))).toBe(false);
      expect(can({ scopes: ["x", ADMIN_SCOPE], grants: [] }, needed, at(0))).toBe(true);
    }
  });
});
