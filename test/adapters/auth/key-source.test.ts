import { expect, test } from "vitest";
import { createKeySource } from "../../../src/adapters/auth/key-source.js";
import { SECRET } from "./tokens.js";

const around = { clock: { now: () => 0 }, logger: { warn() {}, info() {} } };

test("a secret cannot be read out of its key again", async () => {
  const { key, algorithms } = await createKeySource({ kind: "secret", secret: SECRET }, around);
  expect(algorithms).toEqual(["HS256"]);
  expect(key).toMatchObject({ type: "secret", extractable: false });
});
