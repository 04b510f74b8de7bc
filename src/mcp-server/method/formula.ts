import jsep from "jsep";

/** Longest formula, in UTF-16 code units, as the contract has it for analyses. */
export const MAX_LENGTH = 1000;
/** Deepest nesting of parentheses and of operations; `a + b + c` does not nest. */
export const MAX_DEPTH = 50;

/** Computes one sample from one value per name; NaN where it cannot be computed. */
type Evaluate = (values: readonly number[]) => number;

export interface Formula {
  /** The PEGs it is computed from, each once, in the order they are first named. */
  names: readonly string[];
  /** `values[i]` is the value of `names[i]`. */
  evaluate: Evaluate;
}

/** A formula that is not arithmetic over PEGs; the message says what is wrong, for the person who wrote it. */
export class FormulaError extends Error {
  override readonly name = "FormulaError";
}

/** Letters of any script, with the marks that some are written with. */
const NAME = /^[\p{L}_][\p{L}\p{M}\p{N}_]*$/u;

/**
 * Reads a formula: numbers, PEG names, + - * / with their usual precedence, unary minus and parentheses.
 *
 * @throws FormulaError for anything else
 */
export function parseFormula(text: string): Formula {
  if (text.length > MAX_LENGTH) throw new FormulaError(`must have at most ${MAX_LENGTH} characters`);
  refuseDeepParentheses(text);
  const names: string[] = [];
  const evaluate = compile(parse(text), names, 0);
  if (names.length === 0) throw new FormulaError("must name at least one PEG");
  return { names, evaluate };
}

/** Before the parser sees them, because it recurses. */
function refuseDeepParentheses(text: string): void {
  let depth = 0;
  for (const character of text) {
    if (character === "(") depth++;
    else if (character === ")") depth--;
    if (depth > MAX_DEPTH) throw tooDeep();
  }
}

function tooDeep(): FormulaError {
  return new FormulaError(`must be nested at most ${MAX_DEPTH} deep`);
}

function parse(text: string): jsep.Expression {
  try {
    return jsep(text);
  } catch {
    // The parser's own words speak of its internals.
    throw new FormulaError("is not an arithmetic expression");
  }
}

/** Turns the allowed kinds of node into functions; what is not listed is refused. */
function compile(node: jsep.Expression, names: string[], depth: number): Evaluate {
  if (depth > MAX_DEPTH) throw tooDeep();
  switch (node.type) {
    case "Literal":
      return constant((node as jsep.Literal).value);
    case "Identifier":
      return variable((node as jsep.Identifier).name, names);
    case "UnaryExpression": {
      const { operator, argument } = node as jsep.UnaryExpression;
      if (operator !== "-") throw new FormulaError(`must not use the operator ${operator}`);
      const operand = compile(argument, names, depth + 1);
      return (values) => -operand(values);
    }
    case "BinaryExpression": {
      const { operator, left, right } = node as jsep.BinaryExpression;
      const apply = operation(operator);
      const one = compile(left, names, depth);
      const other = compile(right, names, depth + 1);
      return (values) => apply(one(values), other(values));
    }
    default:
      throw new FormulaError("may hold only numbers, PEG names, + - * / and parentheses");
  }
}

function constant(value: unknown): Evaluate {
  if (typeof value !== "number") throw new FormulaError("may hold no constants but numbers");
  if (!Number.isFinite(value)) throw new FormulaError("holds a number that is too large");
  return () => value;
}

function variable(name: string, names: string[]): Evaluate {
  if (!NAME.test(name)) throw new FormulaError("may name only PEGs whose names are letters, digits and _");
  let position = names.indexOf(name);
  if (position < 0) position = names.push(name) - 1;
  return (values) => values[position] as number;
}

function operation(operator: string): (one: number, other: number) => number {
  switch (operator) {
    case "+":
      return (one, other) => finite(one + other);
    case "-":
      return (one, other) => finite(one - other);
    case "*":
      return (one, other) => finite(one * other);
    case "/":
      return (one, other) => finite(one / other);
    default:
      throw new FormulaError(`must not use the operator ${operator}`);
  }
}

/** Dividing by zero or overflowing anywhere spoils the sample: 1 / (1 / 0) must not become 0. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN;
}
