import { createPegClient } from "../../../src/client/index.js";
  const peg = createPegClient({ url: "http://127.0.0.1", token: "t" });
  await peg.pegComparison.get.query({ id: "a", cache_ttl: "1" });