import { z } from "zod";
import { isOrdinary, parseTime } from "./parse-time.js";
import type { PlainText } from "./words.js";

/** A time as a caller may send it: a Date, or ISO 8601 text. Read as a Date. */
export const timeInput = z
  .union([z.date(), z.string().max(40)], { error: "must be a Date or an ISO 8601 time" satisfies PlainText })
  .transform((value, context): Date => {
    const instant = typeof value === "string" ? parseTime(value) : value;
    if (instant && isOrdinary(instant)) return instant;
    const message: PlainText = "must be an ISO 8601 time, like 2024-01-15T10:35:00Z";
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });

/** A time zone by its IANA name. */
export const timeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, "must be a time zone of the IANA database" satisfies PlainText);

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

/** A time in an answer: a Date over tRPC, ISO 8601 UTC text over REST. */
export const time = z.date();
