import { createPegClient } from "../../../src/client/index.js";
  const peg = createPegClient({ url: "http://127.0.0.1", token: "t" });
  console.log((await peg.analysis.byId.query({ id: "a" })).created_at);