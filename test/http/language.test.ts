import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { languageOf } from "../../src/http/language.js";

const app = new Hono().get("/", (c) => c.text(languageOf(c.req.header("accept-language"))));

async function languageFor(headers: Record<string, string>): Promise<string> {
  return (await app.request("/", { headers })).text();
}

describe("Accept-Language", () => {
  test.each([
    ["ko", "ko"],
    ["KO-kr", "ko"],
    ["ko-Kore-KR", "ko"],
    ["en;q=0.5, ko;q=0.6", "ko"],
    ["fr, de;q=0.9, ko;q=0.1", "ko"],
    ["ko;q=0.9,en;q=0.9", "ko"],
    ["ko , en", "ko"],
    ["en, ko", "en"],
    ["en-GB;q=0.9, ko;q=0.8", "en"],
    ["ko;q=0, en;q=0.1", "en"],
    ["ko;q=0", "en"],
    ["*", "en"],
    ["*;q=0.9, ko;q=0.5", "en"],
    ["fr", "en"],
    ["kok-IN, konkani", "en"],
    ["", "en"],
    [',;q=,;;="', "en"],
    ["ko;q=-1", "en"],
    ["__proto__, constructor", "en"],
    [`${"x,".repeat(400)}ko`, "ko"],
    ["ko,".repeat(5000), "en"],
  ])("of %j gives %s", async (value, language) => {
    expect(await languageFor({ "accept-language": value })).toBe(language);
  });

  test("that is not sent gives English", async () => {
    expect(await languageFor({})).toBe("en");
  });
});
