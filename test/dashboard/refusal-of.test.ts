import { TRPCClientError } from "@trpc/client";
import { expect, test } from "vitest";
import { refusalOf } from "../../src/dashboard/upload/refusal-of.js";
import { Refused } from "../../src/dashboard/upload/refused.js";

/** What the client throws where the backend answered with a code. */
function answered(code: string, message: string, details?: { path: string; message: string }[]) {
  const data = { error: { code, message, ...(details && { details }) } };
  return TRPCClientError.from({ error: { code: -32603, message, data } } as never);
}

test("a fault of the file is told in its own words", () => {
  const problem = { place: "line 2", text: "It is odd." };
  const refused = new Refused((say) => say("The file is not CSV."), [() => problem]);
  expect(refusalOf(refused, "en")).toEqual({
    told: "refused",
    message: "The file is not CSV.",
    problems: [problem],
  });
  expect(refusalOf(refused, "ko").message).toBe("CSV 파일이 아닙니다.");
});

test("a refusal of the server is told in the server's words, field by field", () => {
  const error = answered("API_VALIDATION_ERROR", "It does not fit.", [
    { path: "stats.0", message: "is odd" },
  ]);
  expect(refusalOf(error, "en")).toEqual({
    told: "refused",
    message: "It does not fit.",
    problems: [{ place: "stats.0", text: "is odd" }],
  });
});

test("what may have been stored is told to be that, in the server's words", () => {
  const refusal = refusalOf(answered("SERVICE_UNAVAILABLE", "Try again soon."), "en");
  expect(refusal).toMatchObject({ unanswered: true, problems: [] });
  expect(refusal.message).toMatch(/^Try again soon. Then store again, and change nothing before/);
});

test("a token that is taken no more asks for another, and speaks of no headers", () => {
  const refusal = refusalOf(
    answered("API_AUTHENTICATION_ERROR", "send it as Authorization: Bearer TOKEN."),
    "en",
  );
  expect(refusal).toMatchObject({ needsToken: true, problems: [] });
  expect(refusal.message).toMatch(/token has expired[\s\S]*Sign in with a new one[\s\S]*stay/);
  expect(refusal.message).not.toContain("Bearer");
});

test.each<[unknown, RegExp]>([
  [
    new TRPCClientError("Failed to fetch"),
    /^The server cannot be reached[\s\S]*Then store again, and change nothing/,
  ],
  [new RangeError("Invalid string length"), /not enough memory for this file/],
  [new TypeError("no file is open"), /page failed at the file \(TypeError: no file is open\)/],
])("%s is told for what it is", (error, words) => {
  expect(refusalOf(error, "en").message).toMatch(words);
});
