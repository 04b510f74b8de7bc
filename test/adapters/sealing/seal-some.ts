import { createKeyRing } from "../../../src/adapters/sealing/key-ring.js";
import { RingSealer } from "../../../src/adapters/sealing/sealer.js";

// A process that seals so many entries and so many values with one key, and tells their nonces, a line each.
const count = Number(process.argv[2]);
const secret = new Uint8Array(Buffer.alloc(32, 1));
const sealer = new RingSealer(await createKeyRing([{ kid: "k1", secret }]));
const lines: string[] = [];
for (let i = 0; i < count; i++) {
  const entry = Buffer.from(sealer.sealBytes(new Uint8Array(1), "a context"));
  // Behind the format, the length of the key id, and the key id.
  lines.push(`entry ${entry.subarray(4, 16).toString("hex")}`);
  const [, , iv = ""] = (await sealer.seal("CELL-1", { table: "t", record: "r", field: "f" })).split(".");
  lines.push(`record ${Buffer.from(iv, "base64url").toString("hex")}`);
}
console.log(lines.join("\n"));
