import fc from "fast-check";

/** What no schema asks for. */
export const JUNK: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1e308,
    0.5,
    "",
    "null",
    "1e400",
    [],
    {},
    "\u0000",
    "\ud800",
    "__proto__",
  ),
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.double(),
  fc.jsonValue({ maxDepth: 3 }),
);

type Tree = Record<string, unknown>;
const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null;

const KEYS = fc.oneof(
  fc.constantFrom("id", "__proto__", "constructor", "toString", "json", "meta", "role", "user_id", "0", ""),
  fc.string({ maxLength: 8 }),
);

/** From 0 to less than 1, each as likely as any other: doubles by themselves are mostly close to 0. */
export const SHARE = fc.noBias(fc.nat({ max: 9_999 })).map((n) => n / 10_000);

interface Change {
  /** Which of all places, as a share. */
  where: number;
  how: "replace" | "remove" | "add" | "wrap" | "repeat" | "text";
  key: string;
  value: unknown;
}

function placesOf(value: unknown, found: [Tree, string][] = []): [Tree, string][] {
  if (!isTree(value)) return found;
  for (const key of Object.keys(value)) {
    found.push([value, key]);
    placesOf(value[key], found);
  }
  return found;
}

function define(tree: Tree, key: string, value: unknown): void {
  // Assigned, `__proto__` would be something else than a key.
  Object.defineProperty(tree, key, { value, enumerable: true, configurable: true, writable: true });
}

function apply(root: { value: unknown }, { where, how, key, value }: Change): void {
  const places = placesOf(root);
  const [tree, at] = places[Math.floor(where * places.length)] as [Tree, string];
  const old = tree[at];
  if (how === "replace") define(tree, at, value);
  else if (how === "remove" && tree !== (root as unknown)) {
    if (Array.isArray(tree)) tree.splice(Number(at), 1);
    else delete tree[at];
  } else if (how === "add" && isTree(old) && !Array.isArray(old)) define(old, key, value);
  else if (how === "wrap") define(tree, at, [old]);
  else if (how === "repeat" && Array.isArray(old)) define(tree, at, [...old, ...old, value]);
  else if (how === "text") define(tree, at, typeof old === "string" ? Number(old) : String(old));
}

/** Inputs that were good ones, each with some changes anywhere in it, or none. */
export function mutated(good: readonly unknown[]): fc.Arbitrary<unknown> {
  const change: fc.Arbitrary<Change> = fc.record({
    where: SHARE,
    how: fc.constantFrom("replace", "remove", "add", "wrap", "repeat", "text"),
    key: KEYS,
    value: JUNK,
  });
  return fc.tuple(fc.constantFrom(...good), fc.array(change, { maxLength: 3 })).map(([input, changes]) => {
    const root = { value: structuredClone(input) };
    for (const one of changes) apply(root, one);
    return root.value;
  });
}
