/** What a span tells beside its name: never an id of a user or a cell, never a text from outside. */
export type SpanFields = Record<string, string | number | boolean>;

/** A span that runs. */
export interface RunningSpan {
  set(fields: SpanFields): void;
  /** Marks it as failed, where what failed is not thrown. */
  fail(code: string): void;
}

/** Tells what took how long within what, across processes. */
export interface Tracing {
  /** Whether anybody looks: what every call passes goes straight on where nobody does. */
  readonly on: boolean;
  /** Runs work in a span, within the span that runs already. */
  span<T>(name: string, fields: SpanFields, work: (span: RunningSpan) => Promise<T>): Promise<T>;
  /** The span that runs now as W3C Trace Context writes it, for whoever goes on with it elsewhere. */
  traceparent(): string | undefined;
  /** Runs work within a span that began elsewhere; what cannot be read is left out. */
  continue<T>(traceparent: string | undefined, work: () => Promise<T>): Promise<T>;
}

const unseen: RunningSpan = { set: () => {}, fail: () => {} };

/** Costs nothing, for whoever has no collector. */
export const noTracing: Tracing = {
  on: false,
  span: (_name, _fields, work) => work(unseen),
  traceparent: () => undefined,
  continue: (_traceparent, work) => work(),
};
