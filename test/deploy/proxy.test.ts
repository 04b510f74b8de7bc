import { describe, expect, test } from "vitest";
import { createPegClient, isPegError } from "../../src/client/index.js";
import { sampleAnalysis, tokenFor } from "../support/backend.js";
import { hasPostgres, hasRedis } from "../support/database.js";
import { nginxProgram, startNginx } from "../support/nginx.js";
import { watch } from "../support/task-processes.js";
import { startTwoBackends } from "../support/two-backends.js";

describe.skipIf(!hasPostgres || !hasRedis || !nginxProgram)("behind nginx, as deploy/nginx.conf says", () => {
  test("calls go to both, streams come as they are told, and a server that stops is passed by", {
    timeout: 60_000,
  }, async () => {
    const { first, second, service, stop } = await startTwoBackends({ redis: true });
    const nginx = await startNginx([first.url, second.url]);
    try {
      const anna = createPegClient({ url: nginx.url, token: await tokenFor("anna") });
      const permit = async (origin: string) => {
        const authorization = `Bearer ${await tokenFor("anna")}`;
        const headers = { authorization, origin, "content-type": "application/json" };
        const address = `${nginx.url}/api/analysis/results/shared/permissions/bert`;
        const body = '{"permission_type":"read"}';
        return (await fetch(address, { method: "PUT", headers, body })).status;
      };
      await anna.analysis.create.mutate(sampleAnalysis({ id: "shared" }));
      // The page's own origin, and another one.
      expect(await permit(nginx.url)).toBe(200);
      expect(await permit("http://127.0.0.1:1")).toBe(403);

      const release = service.hold();
      const { id } = await anna.analysis.create.mutate(sampleAnalysis());
      await anna.pegComparison.get.query({ id, async: true });
      const watched = watch(anna, id);
      // Told while nothing ended: buffered, it would not be.
      await watched.until(({ status }) => status === "PROCESSING");
      release();
      await watched.ended;
      expect(watched.states.at(-1)).toMatchObject({ status: "COMPLETED" });
      for (let i = 0; i < 10; i++) await anna.pegComparison.get.query({ id });
      for (const { queries } of [first, second]) expect(queries.length).toBeGreaterThan(0);

      // 502 is the word of a process that is well: it is passed on, asked for once, and takes none away.
      service.misbehaveAlways((response) => response.writeHead(200).end("no comparison"));
      const before = service.calls;
      for (let i = 1; i <= 5; i++) {
        const { id: broken } = await anna.analysis.create.mutate(sampleAnalysis());
        await expect(anna.pegComparison.get.query({ id: broken })).rejects.toSatisfy((error) =>
          isPegError(error, "MCP_PROCESSING_ERROR"),
        );
        expect(service.calls - before).toBe(i);
        expect(await anna.pegComparison.get.query({ id })).toMatchObject({ cached: true });
      }
      service.behave();

      await first.runtime.stop();
      for (let i = 0; i < 10; i++) expect((await fetch(`${nginx.url}/readyz`)).status).toBe(200);
      const large = { ...sampleAnalysis({ samples: 5_000 }), name: "more than nginx takes unasked" };
      expect((await anna.analysis.create.mutate(large)).rows).toBe(20_000);
    } finally {
      await nginx.stop();
      await stop();
    }
  });
});
