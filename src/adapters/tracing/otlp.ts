import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { PegError } from "../../domain/errors.js";
import type { RunningSpan, Tracing } from "../../domain/tracing.js";

export interface OtlpOptions {
  /** Base address of a collector; `/v1/traces` is added. */
  endpoint: string;
  headers: Record<string, string>;
  serviceName: string;
  version: string;
  /** 0 to 1: which share of all traces is kept. */
  share: number;
}

export interface OtlpTracing extends Tracing {
  /** Sends what is still held. Never rejects. */
  close(): Promise<void>;
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Spans for an OpenTelemetry collector, over HTTP as JSON. */
export function createOtlpTracing(options: OtlpOptions): OtlpTracing {
  const exporter = new OTLPTraceExporter({
    url: `${options.endpoint.replace(/\/+$/, "")}/v1/traces`,
    headers: options.headers,
    timeoutMillis: 5_000,
  });
  // By the trace's id, which every process decides alike. A caller cannot have more kept than that.
  const byShare = new TraceIdRatioBasedSampler(options.share);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      "service.name": options.serviceName,
      "service.version": options.version,
      "service.instance.id": crypto.randomUUID(),
    }),
    sampler: new ParentBasedSampler({
      root: byShare,
      remoteParentSampled: byShare,
      remoteParentNotSampled: new AlwaysOffSampler(),
    }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: 2_000 })],
  });
  const tracer = provider.getTracer("peg-comparison-bff", options.version);
  // Not by the API's global context: a process may hold several runtimes.
  const running = new AsyncLocalStorage<Context>();
  const current = () => running.getStore() ?? ROOT_CONTEXT;

  return {
    on: true,
    async span(name, fields, work) {
      const span = tracer.startSpan(name, { attributes: fields }, current());
      try {
        return await running.run(trace.setSpan(current(), span), () => work(handleOf(span)));
      } catch (error) {
        fail(
          span,
          error instanceof PegError ? error.code : error instanceof Error ? error.name : typeof error,
        );
        throw error;
      } finally {
        span.end();
      }
    },
    traceparent() {
      const context = trace.getSpanContext(current());
      if (!context) return undefined;
      return `00-${context.traceId}-${context.spanId}-${(context.traceFlags & 1).toString(16).padStart(2, "0")}`;
    },
    continue(traceparent, work) {
      const context = readTraceparent(traceparent);
      return context ? running.run(trace.setSpanContext(ROOT_CONTEXT, context), work) : work();
    },
    close: () => provider.shutdown().catch(() => undefined),
  };
}

function handleOf(span: Span): RunningSpan {
  return { set: (fields) => void span.setAttributes(fields), fail: (code) => fail(span, code) };
}

/** Only the kind of failure: messages may quote data. */
function fail(span: Span, code: string): void {
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.setAttribute("error.type", code);
}

function readTraceparent(text: string | undefined): SpanContext | undefined {
  const [, traceId = "", spanId = "", flags = ""] = TRACEPARENT.exec(text ?? "") ?? [];
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  return isSpanContextValid(context) ? context : undefined;
}
