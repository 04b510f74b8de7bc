import ts from "typescript-5";

/** One call of `test`, `it` or `describe`. */
export interface Block {
  /** As it is written; what a template puts into it is an ellipsis. Empty where it is computed. */
  title: string;
  /** Whether it runs nothing, wherever it runs: it is skipped, left for later, or empty. */
  idle: boolean;
}

/** Members that give back another `test` or `describe` when they are called. */
const CURRIED = new Set(["each", "for", "skipIf", "runIf"]);
const PUT_OFF = new Set(["skip", "todo", "fails"]);

/** What is called, taken apart: `describe.skipIf(x).each(y)` is `describe`, then `skipIf` and `each`. */
interface Callee {
  names: string[];
  conditions: ts.Expression[];
}

function partsOf(callee: ts.Expression): Callee | undefined {
  if (ts.isIdentifier(callee)) return { names: [callee.text], conditions: [] };
  if (ts.isTaggedTemplateExpression(callee)) return partsOf(callee.tag);
  if (ts.isPropertyAccessExpression(callee)) {
    const inner = partsOf(callee.expression);
    return inner && { ...inner, names: [...inner.names, callee.name.text] };
  }
  if (!ts.isCallExpression(callee)) return undefined;
  const inner = partsOf(callee.expression);
  const conditional = /If$/.test(inner?.names.at(-1) ?? "");
  return (
    inner && (conditional ? { ...inner, conditions: [...inner.conditions, ...callee.arguments] } : inner)
  );
}

function titleOf(node: ts.Expression | undefined): string {
  if (node && ts.isStringLiteralLike(node)) return node.text;
  if (!node || !ts.isTemplateExpression(node)) return "";
  return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join("");
}

function isEmpty(work: ts.Expression): boolean {
  if (!ts.isArrowFunction(work) && !ts.isFunctionExpression(work)) return false;
  return ts.isBlock(work.body) && work.body.statements.length === 0;
}

function isIdle(given: readonly ts.Expression[], { names, conditions }: Callee): boolean {
  const options = given.filter((one) => ts.isObjectLiteralExpression(one));
  const work = given.find((one) => !ts.isObjectLiteralExpression(one) && !ts.isNumericLiteral(one));
  const settled = (condition: ts.Expression) =>
    condition.kind === ts.SyntaxKind.TrueKeyword || condition.kind === ts.SyntaxKind.FalseKeyword;
  const byOption = options.some(({ properties }) =>
    properties.some(({ name }) => name && ts.isIdentifier(name) && PUT_OFF.has(name.text)),
  );
  const byName = names.some((name) => PUT_OFF.has(name)) || names[0]?.startsWith("x");
  return !work || isEmpty(work) || byName || byOption || conditions.some(settled);
}

/** All tests of a file, and what groups them. A condition of the machine, as in `skipIf(!hasRedis)`, is none of ours. */
export function blocksIn(text: string): Block[] {
  const file = ts.createSourceFile("x.test.ts", text, ts.ScriptTarget.Latest);
  const found: Block[] = [];
  const look = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const callee = partsOf(node.expression);
      const names = callee?.names ?? [];
      // `test.each(table)` is called once more, with the title.
      const curried = ts.isPropertyAccessExpression(node.expression) && CURRIED.has(names.at(-1) ?? "");
      if (callee && /^x?(?:test|it|describe)$/.test(names[0] ?? "") && !curried) {
        const [title, ...given] = node.arguments;
        found.push({ title: titleOf(title), idle: isIdle(given, callee) });
      }
    }
    ts.forEachChild(node, look);
  };
  look(file);
  return found;
}
