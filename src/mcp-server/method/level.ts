export type Level = "high" | "medium" | "low";
