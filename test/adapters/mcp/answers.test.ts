import { type AddressInfo, createServer } from "node:net";
import { inspect } from "node:util";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AnalysisService } from "../../../src/domain/ports.js";
import { answers, type FakeService, goodAnswer, type Reaction, startFakeService } from "./fake-service.js";
import { CELL, failureOf, packSeries, rawData, request, serviceAt } from "./fixtures.js";

let fake: FakeService;
let service: AnalysisService;
beforeEach(async () => {
  fake = await startFakeService();
  // Some answers are large: to unpack them takes its time on a busy machine.
  service = serviceAt(fake.url, { timeoutMs: 20_000 });
});
afterEach(async () => {
  await service.close();
  await fake.stop();
});

/** The error after one request: bad answers are not asked for again. */
async function badAnswer(reaction: Reaction) {
  const before = fake.requests.length;
  fake.otherwise(reaction);
  const error = await failureOf(service.compare(request()));
  expect(fake.requests.length - before).toBe(1);
  return error;
}

describe("a good answer", () => {
  it("becomes a comparison, its time taken from the service", async () => {
    const comparison = await service.compare(request());
    expect(comparison).toMatchObject({ processingTime: 1.23, mcpVersion: "v2.1.0" });
    expect(comparison.pegs[0]).toMatchObject({ pegName: "PEG_0", weight: 5 });
    expect(JSON.parse(comparison.pegs[0]?.n1Period ?? "")).toEqual({
      avg: 97,
      rsd: 0.5,
      values: [97, 97.1, 97.2],
      count: 3,
    });
  });

  it("has a measured time where the service tells none", async () => {
    fake.otherwise(answers({ ...goodAnswer(), processing_time: undefined }));
    const { processingTime } = await service.compare(request());
    expect(processingTime).toBeGreaterThan(0);
    expect(processingTime).toBeLessThan(5);
  });

  it("may come compressed", async () => {
    fake.otherwise((response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(JSON.stringify(goodAnswer())));
    });
    expect((await service.compare(request())).pegs).toHaveLength(1);
  });
});

describe("U5: a bad answer is MCP_PROCESSING_ERROR and is not asked for again:", () => {
  const html = "<html><body>Login at http://internal.example</body></html>";
  const bent = (change: (answer: ReturnType<typeof goodAnswer>) => void) => {
    const answer = goodAnswer();
    change(answer);
    return answers(answer);
  };
  const cases: [string, Reaction][] = [
    ["HTML", answers(html)],
    ["nothing", answers("")],
    ["204", (response) => void response.writeHead(204).end()],
    ["half of a JSON text", answers(JSON.stringify(goodAnswer()).slice(0, -10))],
    ["JSON that is no object", answers("[1]")],
    ["a wrong schema", bent((answer) => (answer.data.summary.improved = "many"))],
    [
      "bytes that are not UTF-8",
      (response) => void response.writeHead(200).end(Buffer.from([0x22, 0xff, 0x22])),
    ],
    ["another analysis", bent((answer) => (answer.data.analysis_id = "result_999"))],
    ["success: false with text", answers({ success: false, error: "boom at cell C1" })],
    ["success: false with an object", answers({ success: false, error: { code: "X", message: "boom" } })],
    ["success: false with nothing", answers({ success: false })],
    [
      "NaN in a number of the contract",
      answers(JSON.stringify(goodAnswer()).replace('"rsd":0.5', '"rsd":NaN')),
    ],
    [
      "gzip cut short",
      (response) =>
        void response
          .writeHead(200, { "content-encoding": "gzip" })
          .end(gzipSync(JSON.stringify(goodAnswer(5, 100))).subarray(0, 90)),
    ],
    [
      "no gzip at all",
      (response) => void response.writeHead(200, { "content-encoding": "gzip" }).end("plain"),
    ],
  ];
  it.each(cases)("%s", async (_, reaction) => {
    const error = await badAnswer(reaction);
    expect(error.code).toBe("MCP_PROCESSING_ERROR");
    expect(error.message).not.toMatch(/boom|html|internal\.example|result_999/);
  });

  it("a body over the cap, of which no more is read than the cap", async () => {
    await service.close();
    service = serviceAt(fake.url, { maxAnswerBytes: 1024 * 1024 });
    let written = 0;
    const error = await badAnswer((response) => {
      const block = Buffer.alloc(256 * 1024, " ");
      const more = () => {
        while (!response.destroyed && written < 60_000_000) {
          written += block.length;
          if (!response.write(block)) return void response.once("drain", more);
        }
        response.end();
      };
      more();
    });
    expect(error.code).toBe("MCP_PROCESSING_ERROR");
    await expect.poll(() => fake.openSockets()).toBe(0);
    expect(written).toBeLessThan(30_000_000);
  });

  it("a body that only unpacks to more than the cap", async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000, " "));
    const error = await badAnswer((response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
    });
    expect(error.code).toBe("MCP_PROCESSING_ERROR");
  });
});

describe("a redirect", () => {
  it.each([301, 302, 303, 307, 308])("U6: with status %i is not followed", async (code) => {
    const trap = await startFakeService();
    try {
      const error = await badAnswer((response) => {
        response.writeHead(code, { location: `${trap.url}/mcp/peg-comparison/analysis` }).end();
      });
      expect(error.code).toBe("MCP_PROCESSING_ERROR");
      expect(trap.connections()).toBe(0);
    } finally {
      await trap.stop();
    }
  });
});

describe("a refusal of the data is DATA_VALIDATION_ERROR", () => {
  const refusal = (error: object) => ({ success: false, error });
  const details = [{ path: "raw_data.stats.3.avg", message: "must be finite" }];

  it.each([200, 400, 422])("with the service's message and details, on status %i", async (code) => {
    const body = refusal({ code: "DATA_VALIDATION_ERROR", message: "Row 3 is not finite.", details });
    const error = await badAnswer(answers(body, code));
    expect(error).toMatchObject({ code: "DATA_VALIDATION_ERROR", message: "Row 3 is not finite.", details });
  });

  it("also where its type says so", async () => {
    const error = await badAnswer(answers(refusal({ type: "DATA_VALIDATION_ERROR", message: "no" })));
    expect([error.code, error.details]).toEqual(["DATA_VALIDATION_ERROR", undefined]);
  });

  it("with details that are well-formed and bounded, and no others", async () => {
    const many = [
      1,
      null,
      { path: 3 },
      ...Array.from({ length: 200 }, () => ({ path: "p", message: "m".repeat(900) })),
    ];
    const message = `a\u0000b${"x".repeat(900)}`;
    const error = await badAnswer(
      answers(refusal({ code: "DATA_VALIDATION_ERROR", message, details: many })),
    );
    expect(error.message.length).toBeLessThanOrEqual(500);
    expect(error.message.startsWith("a b")).toBe(true);
    expect(error.details).toHaveLength(97);
    expect(error.details?.[0]?.message).toHaveLength(500);
  });

  it("without the cell ids that it names", async () => {
    const named = `Cell ${CELL} ('${CELL}') has no data, ${CELL}0 has.`;
    const body = refusal({
      code: "DATA_VALIDATION_ERROR",
      message: named,
      details: [{ path: CELL, message: named }],
    });
    const error = await badAnswer(answers(body, 400));
    const masked = `Cell [cell] ('[cell]') has no data, ${CELL}0 has.`;
    expect(error).toMatchObject({ message: masked, details: [{ path: "[cell]", message: masked }] });
    const other = await badAnswer(answers({ success: false, error: `KeyError: '${CELL}'` }));
    expect(inspect(other, { depth: 9 })).toContain("KeyError: '[cell]'");
    expect(inspect(other, { depth: 9 })).not.toContain(CELL);
  });

  it("heard though the service answers before it has read a big request", async () => {
    const early = createServer((socket) => {
      const answer = JSON.stringify(refusal({ code: "DATA_VALIDATION_ERROR", message: "too early" }));
      socket.on("error", () => {});
      socket.once("data", () =>
        socket.write(`HTTP/1.1 400 No\r\ncontent-length: ${answer.length}\r\n\r\n${answer}`),
      );
    });
    await new Promise<void>((resolve) => early.listen(0, "127.0.0.1", resolve));
    const values = new Float64Array(200_000);
    const cells = new Uint32Array(values.length);
    const series = packSeries([{ kpiName: "K", period: "N", values, cells }]);
    const other = serviceAt(`http://127.0.0.1:${(early.address() as AddressInfo).port}`);
    const error = await failureOf(other.compare(request({ data: { ...rawData(), series } })));
    expect(error.message).toBe("too early");
    await other.close();
    await new Promise((resolve) => early.close(resolve));
  });

  it("but not where a 400 says something else", async () => {
    const error = await badAnswer(answers({ detail: [{ loc: ["body"], msg: "field required" }] }, 422));
    expect(error.code).toBe("MCP_PROCESSING_ERROR");
  });
});
