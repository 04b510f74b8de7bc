import type { z } from "zod";
import { isKnown } from "./translate.js";
import { fill, type Message, type PlainText, verbatim } from "./words.js";

type Issue = z.core.$ZodIssue;
type IssueOf<Code extends Issue["code"]> = Extract<Issue, { code: Code }>;

const TYPES: Record<string, PlainText> = {
  string: "must be a string",
  number: "must be a number",
  int: "must be an integer",
  boolean: "must be true or false",
  array: "must be a list",
  object: "must be an object",
  record: "must be an object",
  date: "must be a date",
  null: "must be null",
};

function typeWords({ expected, message }: IssueOf<"invalid_type">): Message {
  // An issue does not carry what was there, and its own message is all that tells.
  if (message.endsWith("received undefined")) return "is missing";
  return TYPES[expected] ?? "is of another type than it must be";
}

const NUMBERS: readonly string[] = ["number", "int", "bigint"];

function tooSmallWords({ origin, minimum, inclusive }: IssueOf<"too_small">): Message {
  const min = String(minimum);
  if (NUMBERS.includes(origin)) {
    return inclusive === false
      ? fill("must be more than {min}", { min })
      : fill("must be at least {min}", { min });
  }
  if (min === "1") return "must not be empty";
  if (origin === "string") return fill("must have at least {min} characters", { min });
  return fill("must hold at least {min} entries", { min });
}

function tooBigWords({ origin, maximum, inclusive }: IssueOf<"too_big">): Message {
  const max = String(maximum);
  if (NUMBERS.includes(origin)) {
    return inclusive === false
      ? fill("must be less than {max}", { max })
      : fill("must be at most {max}", { max });
  }
  if (origin === "string") return fill("must have at most {max} characters", { max });
  return fill("must hold at most {max} entries", { max });
}

function valueWords({ values }: IssueOf<"invalid_value">): Message {
  const [value] = values;
  if (values.length === 1) return fill("must be {value}", { value: String(value) });
  return fill("must be one of {values}", { values: values.map(String).join(", ") });
}

/** What is wrong with a field: in its schema's own words, else in ours. None of them quotes what was sent. */
export function issueWords(issue: Issue): Message {
  // Its own message holds every field that was sent, which may be millions.
  if (issue.code === "unrecognized_keys") return "is not a known field";
  if (issue.code === "custom" || isKnown(issue.message)) return verbatim(issue.message);
  switch (issue.code) {
    case "invalid_type":
      return typeWords(issue);
    case "too_small":
      return tooSmallWords(issue);
    case "too_big":
      return tooBigWords(issue);
    case "invalid_format":
      return issue.format === "uuid" ? "must be a UUID" : "is not in the form that it must have";
    case "invalid_value":
      return valueWords(issue);
    case "invalid_union":
      return "fits none of the forms that it may have";
    case "invalid_key":
      return "has a name that it must not have";
    case "invalid_element":
      return "holds an entry that does not fit";
    case "not_multiple_of":
      return fill("must be a multiple of {divisor}", { divisor: issue.divisor });
    default:
      return "does not fit";
  }
}
