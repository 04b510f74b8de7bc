import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { callTarget } from "../requests.js";
import { readSetup } from "../setup.js";

// Bytes from memory and no duties: what node:http itself costs.
const { setup, port } = readSetup();
const answers = new Map(
  setup.cases.map(({ id, bodyFile }) => {
    const body = readFileSync(bodyFile);
    const headers = ["content-type", "application/json", "content-length", String(body.byteLength)];
    return [callTarget(id), { body, headers }];
  }),
);

createServer((request, response) => {
  const answer = answers.get(request.url ?? "");
  if (answer) response.writeHead(200, answer.headers).end(answer.body);
  else response.writeHead(404).end();
}).listen(port, "127.0.0.1");
