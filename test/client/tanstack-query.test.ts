import { MutationObserver, QueryClient, QueryObserver } from "@tanstack/react-query";
import { createTRPCOptionsProxy, type TRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { afterAll, afterEach, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import { isPegError, type PegClient, type PegRouter } from "../../src/client/index.js";
import type { PegComparisonGetOutput } from "../../src/contract/comparison.js";
import type { ErrorCode } from "../../src/contract/errors.js";
import { sampleAnalysis, startBackend, type TestBackend } from "../support/backend.js";

function connect(client: PegClient) {
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return { queryClient, trpc: createTRPCOptionsProxy({ client, queryClient }) };
}

describe("TanStack Query", () => {
  let backend: TestBackend;
  let alice: PegClient;
  let id: string;
  const queryClients: QueryClient[] = [];
  const withAlice = () => {
    const connected = connect(alice);
    queryClients.push(connected.queryClient);
    return connected;
  };
  beforeAll(async () => {
    backend = await startBackend();
    alice = await backend.clientOf("alice");
    ({ id } = await alice.analysis.create.mutate(sampleAnalysis()));
  });
  afterEach(() => {
    for (const queryClient of queryClients.splice(0)) queryClient.clear();
  });
  afterAll(() => backend?.stop());

  test("fetches a comparison, and keeps it under the key of its input", async () => {
    const { queryClient, trpc } = withAlice();
    const answer = await queryClient.fetchQuery(trpc.pegComparison.get.queryOptions({ id }));
    expectTypeOf(answer).toEqualTypeOf<PegComparisonGetOutput>();
    if (answer.status !== "COMPLETED") throw new Error("not completed");
    expect(answer.data.analysis_metadata?.calculated_at).toBeInstanceOf(Date);
    expect(queryClient.getQueryData(trpc.pegComparison.get.queryKey({ id }))).toBe(answer);
    expect(queryClient.getQueryData(trpc.pegComparison.get.queryKey({ id: "other" }))).toBeUndefined();
  });

  test("tells what failed as an error of the backend, once", async () => {
    const { queryClient, trpc } = withAlice();
    const observer = new QueryObserver(
      queryClient,
      trpc.pegComparison.get.queryOptions({ id: "of-another" }),
    );
    const { error, failureCount } = await observer.refetch();
    if (!error) throw new Error("was not refused");
    // Before isPegError has looked at it, since it may be none of the backend's.
    expectTypeOf(error.data?.error.code).toEqualTypeOf<ErrorCode | undefined>();
    expect(error.data?.error).toMatchObject({ code: "PERMISSION_DENIED" });
    expect(isPegError(error, "PERMISSION_DENIED")).toBe(true);
    expect(failureCount).toBe(1);
  });

  test("runs a mutation, after which what it changed is asked for anew", async () => {
    const { queryClient, trpc } = withAlice();
    const before = await queryClient.fetchQuery(trpc.pegComparison.get.queryOptions({ id }));
    const recompute = new MutationObserver(queryClient, {
      ...trpc.pegComparison.recompute.mutationOptions(),
      onSuccess: () => queryClient.invalidateQueries(trpc.pegComparison.pathFilter()),
    });
    const task = await recompute.mutate({ id });
    expectTypeOf(task.task_id).toEqualTypeOf<string>();
    expect(task.task_id).toMatch(/^[0-9a-f-]{36}$/);
    const after = await queryClient.fetchQuery({
      ...trpc.pegComparison.get.queryOptions({ id }),
      staleTime: 60_000,
    });
    expect(after).not.toBe(before);
  });

  test("makes a wrong field or procedure an error of the compiler", () => {
    const { trpc } = withAlice();
    expectTypeOf(trpc).toEqualTypeOf<TRPCOptionsProxy<PegRouter>>();
    // @ts-expect-error a field that is not there
    trpc.pegComparison.get.queryOptions({ id, cacheTtl: 1 });
    // @ts-expect-error a mutation asked as a query
    expect(() => trpc.analysis.create.queryOptions({ id })).not.toThrow();
  });
});
