import ts from "typescript-5";
import type { SourceFile } from "./layer-rules.js";

/** What leads to the database outside of any transaction. */
const BESIDE = new Set(["db", "database", "patient"]);
/** What holds such a thing, and may be handed on whole only together with the transaction. */
const HOLDERS = new Set(["services", "ctx", "runtime"]);

const nameOf = (node: ts.Node | undefined): string | undefined =>
  node && ts.isIdentifier(node) ? node.text : undefined;

function isTransaction(node: ts.Node): boolean {
  return ts.isCallExpression(node) && /(^transact|\.transaction)$/.test(node.expression.getText());
}

/** Whether what a function does may be done within a transaction: it is given one, or is the work of one. */
function isWithin(node: ts.Node): boolean {
  if (!ts.isFunctionLike(node) || !("body" in node)) return false;
  const given = node.parameters.some(
    ({ name, type }) => nameOf(name) === "tx" || /^(Database|Transaction)$/.test(type?.getText() ?? ""),
  );
  return given || isTransaction(node.parent);
}

/** Whether a name stands for a value here, not for a member, a key or what is declared. */
function isUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent) || ts.isVariableDeclaration(parent)) return parent.initializer === node;
  return !(ts.isParameter(parent) || ts.isBindingElement(parent) || ts.isTypeNode(parent));
}

/** Whether services are taken apart, or asked for one of them, or go along with the transaction. */
function isHarmless({ parent }: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(parent)) return true;
  if (ts.isVariableDeclaration(parent)) return ts.isObjectBindingPattern(parent.name);
  if (ts.isSpreadAssignment(parent)) return /\bdb: tx\b/.test(parent.parent.getText());
  return ts.isCallExpression(parent) && parent.arguments.some((given) => nameOf(given) === "tx");
}

/** Uses of the database outside of the transaction; those of a function's own parameters are none. */
function usesBeside(root: ts.Node, outer: ReadonlySet<string> = new Set()): string[] {
  const own = ts.isFunctionLike(root) ? root.parameters.map(({ name }) => nameOf(name) ?? "") : [];
  const known = new Set([...outer, ...own]);
  const found: string[] = [];
  const look = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) return void found.push(...usesBeside(node, known));
    if (ts.isPropertyAccessExpression(node) && /^(db|patient)$/.test(node.name.text)) {
      return void found.push(node.getText());
    }
    if (ts.isIdentifier(node) && BESIDE.has(node.text) && isUse(node) && !known.has(node.text)) {
      found.push(node.text);
    }
    ts.forEachChild(node, look);
  };
  ts.forEachChild(root, look);
  return found;
}

/** Services that are handed on whole to whoever does not know of the transaction, and calls of who asks beside it. */
function handedOn(root: ts.Node, askers: ReadonlySet<string>): string[] {
  const found: string[] = [];
  const look = (node: ts.Node): void => {
    const holds = ts.isIdentifier(node)
      ? HOLDERS.has(node.text) && isUse(node)
      : ts.isPropertyAccessExpression(node) && node.name.text === "services";
    if (holds && !isHarmless(node)) found.push(node.parent.getText());
    if (ts.isCallExpression(node) && askers.has(nameOf(node.expression) ?? "")) found.push(node.getText());
    ts.forEachChild(node, look);
  };
  ts.forEachChild(root, look);
  return found;
}

/** The functions of a file that ask the database and are given no transaction. */
function askersOf(file: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const look = (node: ts.Node): void => {
    const name =
      ts.isVariableDeclaration(node) || ts.isFunctionDeclaration(node) ? nameOf(node.name) : undefined;
    const work = ts.isVariableDeclaration(node) ? node.initializer : node;
    if (name && work && ts.isFunctionLike(work) && !isWithin(work) && usesBeside(work).length)
      names.add(name);
    ts.forEachChild(node, look);
  };
  look(file);
  return names;
}

/**
 * What is asked beside a transaction within it: on one connection it would wait for the transaction's end for ever.
 * That are the database itself, services that are handed on without the transaction, and calls of the file's own
 * functions that ask the database.
 */
export function asideFrom({ path, text }: SourceFile): string[] {
  if (!/\btx\b|\btransact\(|\.transaction\(|: Database\b/.test(text)) return [];
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const askers = askersOf(file);
  const found: string[] = [];
  const look = (node: ts.Node): void => {
    if (isWithin(node)) return void found.push(...usesBeside(node), ...handedOn(node, askers));
    ts.forEachChild(node, look);
  };
  look(file);
  return found;
}
