import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { ANALYSES, REST_ROUTES } from "../src/http/rest/routes.js";

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const read = (path: string) => readFileSync(at(path), "utf8");

interface Table {
  rows: number;
  /** What stands as code in the first cell of each row. */
  code: string[][];
}

interface Page {
  headings: { level: number; slug: string }[];
  /** With their languages. */
  blocks: string[];
  tables: Table[];
  links: string[];
  /** All of what stands as code within text. */
  code: string[];
}

const BLOCK = /^```[\s\S]*?^```$/gm;
const CODE = /`[^`\n]+`/g;

/** As GitHub makes the address of a heading. */
function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");
}

function pageOf(text: string): Page {
  const blocks = text.match(BLOCK) ?? [];
  const prose = text.replace(BLOCK, "");
  const headings = [...prose.matchAll(/^(#+) (.+)$/gm)].map(([, marks = "", words = ""]) => ({
    level: marks.length,
    slug: slugOf(words),
  }));
  const tables = [...prose.matchAll(/(?:^\|.*\n)+/gm)].map(([table]) => {
    const rows = table.trim().split("\n");
    return { rows: rows.length, code: rows.map((row) => row.split("|")[1]?.match(CODE) ?? []) };
  });
  // What is shown as code may hold brackets and parentheses.
  const links = [...prose.replace(CODE, "").matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) => link);
  return { headings, blocks, tables, links, code: prose.match(CODE) ?? [] };
}

const english = pageOf(read("README.md"));
const korean = pageOf(read("README.ko.md"));

describe("the README in Korean", () => {
  test("has the sections of the English one", () => {
    const levels = ({ headings }: Page) => headings.map(({ level }) => level);
    expect(levels(korean)).toEqual(levels(english));
  });

  test("shows the same commands, programs and data, to the letter", () => {
    // Output, and the tree of folders, are in text blocks and may be in Korean.
    const shown = ({ blocks }: Page) =>
      blocks.map((block) => (block.startsWith("```text\n") ? "```text" : block));
    expect(shown(korean)).toEqual(shown(english));
  });

  test("has the same tables of the same things", () => {
    expect(korean.tables).toEqual(english.tables);
  });

  test("leads to the same places", () => {
    const places = ({ links, headings }: Page) =>
      links.slice(1).map((link) => {
        const own = headings.findIndex(({ slug }) => link === `#${slug}`);
        return own === -1 ? link : own;
      });
    expect(places(korean)).toEqual(places(english));
    expect([english.links[0], korean.links[0]]).toEqual(["README.ko.md", "README.md"]);
  });

  test("names the same settings, codes and commands", () => {
    const named = ({ code }: Page) => [...new Set(code)].sort();
    expect(named(korean)).toEqual(named(english));
  });
});

describe("the README", () => {
  test("leads to nothing that is not there", () => {
    for (const page of [english, korean])
      for (const link of page.links)
        expect({ link, there: isThere(link, page) }).toEqual({ link, there: true });
  });

  function isThere(link: string, page: Page): boolean {
    return link.startsWith("#")
      ? page.headings.some(({ slug }) => link === `#${slug}`)
      : existsSync(at(link));
  }

  test("names every route of the REST face, and its procedure", () => {
    const rows = [...read("README.md").matchAll(/^\| `([A-Z]+)(?: ([^`]+))?` \| `(\w+\.\w+)` \|/gm)].map(
      ([, method, path = "", procedure]) => `${method} ${ANALYSES}${path} ${procedure}`,
    );
    const routes = REST_ROUTES.map(({ method, path, procedure }) => `${method} ${path} ${procedure}`);
    expect(rows.sort()).toEqual(routes.sort());
  });
});
