import { createPegClient, isPegError, type PegClient } from "../../../src/client/index.js";

// What a frontend may get wrong. Each has to be an error of the compiler; nothing runs it.

export async function wrongInputs(peg: PegClient): Promise<void> {
  // @ts-expect-error a field that is not there
  await peg.pegComparison.get.query({ id: "a", includeMetadata: true });
  // @ts-expect-error a number for text
  await peg.pegComparison.get.query({ id: 7 });
  // @ts-expect-error text for a number
  await peg.pegComparison.get.query({ id: "a", cache_ttl: "3600" });
  // @ts-expect-error no input
  await peg.pegComparison.get.query();
  // @ts-expect-error no id
  await peg.pegComparison.summary.query({});
  // @ts-expect-error an option of another procedure
  await peg.analysis.byId.query({ id: "a", include_metadata: true });

  const period_info = {
    n1_start: "2024-01-01",
    n1_end: "2024-01-07",
    n_start: "2024-01-08",
    n_end: "2024-01-14",
  };
  const request_params = { peg_definitions: {} };
  await peg.analysis.create.mutate({
    // @ts-expect-error a period that is none
    stats: [{ kpi_name: "RSRP", period: "N+1", avg: 1, cell_id: "A" }],
    request_params,
    period_info,
  });
  await peg.analysis.create.mutate({
    // @ts-expect-error text for a measurement
    stats: [{ kpi_name: "RSRP", period: "N", avg: "-98", cell_id: "A" }],
    request_params,
    period_info,
  });
  await peg.analysis.create.mutate({
    // @ts-expect-error a row without its cell
    stats: [{ kpi_name: "RSRP", period: "N", avg: 1 }],
    request_params,
    period_info,
  });
  await peg.analysis.create.mutate({
    stats: [],
    // @ts-expect-error a direction that is none
    request_params: { peg_definitions: { RSRP: { direction: "up" } } },
    period_info,
  });
  // @ts-expect-error a period without its end
  await peg.analysis.create.mutate({ stats: [], request_params, period_info: { n1_start: "2024-01-01" } });
}

export async function wrongProcedures(peg: PegClient): Promise<void> {
  // @ts-expect-error a procedure that is not there
  await peg.pegComparison.fetch.query({ id: "a" });
  // @ts-expect-error a router that is not there
  await peg.comparison.get.query({ id: "a" });
  // @ts-expect-error a query asked as a mutation
  await peg.pegComparison.get.mutate({ id: "a" });
  // @ts-expect-error a mutation asked as a query
  await peg.analysis.create.query({ id: "a" });
}

export async function wrongOutputs(peg: PegClient): Promise<unknown[]> {
  const answer = await peg.pegComparison.get.query({ id: "a" });
  const summary = await peg.pegComparison.summary.query({ id: "a" });
  const analysis = await peg.analysis.byId.query({ id: "a" });
  // @ts-expect-error the data of what may not have been computed
  const early = answer.data;
  // @ts-expect-error a state that is none
  const never = answer.status === "DONE";
  if (answer.status !== "COMPLETED") {
    // @ts-expect-error the data of what has not been computed
    return [early, never, answer.data];
  }
  const { data } = answer;
  return [
    // @ts-expect-error the progress of what has been computed
    answer.progress,
    // @ts-expect-error a field that is not there
    data.pegs,
    // @ts-expect-error the first PEG of what may be none
    data.peg_comparison_results[0].peg_name,
    // @ts-expect-error metadata that may have been left out
    data.analysis_metadata.calculated_at,
    // @ts-expect-error the text of what is a date
    summary.data.analysis_metadata.calculated_at.slice(0, 10),
    // @ts-expect-error the PEGs of a summary
    summary.data.peg_comparison_results,
    // @ts-expect-error the raw rows, which do not come back
    analysis.stats,
    // @ts-expect-error a name that may be null
    analysis.name.length,
  ];
}

export function wrongErrors(error: unknown): unknown[] {
  // @ts-expect-error what was thrown is not known to be an answer
  const early = error.data;
  // @ts-expect-error a code that is none
  isPegError(error, "RATE_LIMITED");
  if (!isPegError(error)) return [early];
  // @ts-expect-error a code that is none
  if (error.data.error.code === "NOT_FOUND") return [];
  if (isPegError(error, "PERMISSION_DENIED")) {
    // @ts-expect-error another code than the one that was asked for
    return [error.data.error.code === "CONFLICT"];
  }
  return [
    // @ts-expect-error a field that is not there
    error.data.error.reason,
    // @ts-expect-error details that may be absent
    error.data.error.details[0],
  ];
}

export const wrongOptions = [
  // @ts-expect-error a client without a token
  () => createPegClient({ url: "https://peg.example.com" }),
  // @ts-expect-error a token that may be absent
  (token: string | undefined) => createPegClient({ url: "https://peg.example.com", token }),
  // @ts-expect-error an option that is not there
  () => createPegClient({ url: "https://peg.example.com", token: "", baseUrl: "" }),
];
