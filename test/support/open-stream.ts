/** One event of a stream, its data decoded. */
export interface StreamedEvent {
  event: string;
  id: string | undefined;
  data: unknown;
}

/** A raw stream of server-sent events, without any client. */
export interface OpenStream {
  readonly status: number;
  /** Resolves with the first events but those that only say that it is connected, once there are so many. */
  events(count: number): Promise<StreamedEvent[]>;
  all(): StreamedEvent[];
  text(): string;
  /** Resolves when the server has ended it. */
  ended: Promise<void>;
  close(): void;
}

function parseEvent(block: string): StreamedEvent {
  const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, "m").exec(block)?.[1];
  const data = field("data") ?? "";
  const parsed: unknown = data === "" ? undefined : JSON.parse(data);
  const json = (parsed as { json?: unknown } | undefined)?.json;
  return { event: field("event") ?? "message", id: field("id"), data: json ?? parsed };
}

/** `pegComparison.watch` over tRPC. */
export function openStream(
  url: string,
  analysisId: string,
  headers: Record<string, string>,
  more = "",
): Promise<OpenStream> {
  const input = encodeURIComponent(JSON.stringify({ json: { id: analysisId } }));
  return openEvents(`${url}/trpc/pegComparison.watch?input=${input}${more}`, headers);
}

export async function openEvents(address: string, headers: Record<string, string>): Promise<OpenStream> {
  const controller = new AbortController();
  const response = await fetch(address, {
    headers: { accept: "text/event-stream", ...headers },
    signal: controller.signal,
  });
  let text = "";
  const waiting = new Set<() => void>();
  const all = () =>
    text
      .split("\n\n")
      .slice(0, -1)
      .filter((block) => /^(data|event|id):/m.test(block))
      .map(parseEvent)
      .filter(({ event }) => event !== "connected" && event !== "ping");
  const read = async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      for (const check of waiting) check();
    }
  };
  const ended = read();
  ended.catch(() => undefined);
  return {
    status: response.status,
    all,
    text: () => text,
    ended,
    events: (count) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (all().length >= count) resolve(all());
        };
        waiting.add(check);
        check();
        ended.then(
          () => (all().length >= count ? resolve(all()) : reject(new Error(`ended: ${text}`))),
          reject,
        );
      }),
    close: () => controller.abort(),
  };
}
