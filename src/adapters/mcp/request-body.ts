import { setImmediate as nextTurn } from "node:timers/promises";
import { DEFAULT_CACHE_TTL } from "../../contract/comparison.js";
import { type RawData, type SampleSeries, SUSPECT, unpackSeries } from "../../domain/analysis/raw-data.js";

/** What one request says, encoded once and sent as often as it takes. */
export interface RequestBody {
  chunks: Uint8Array<ArrayBuffer>[];
  /** Bytes of all chunks. */
  length: number;
}

export interface RequestBodyInput {
  analysisId: string;
  data: RawData;
  algorithmVersion: string;
}

const ROWS_A_SLICE = 1_000;
/** Characters of a chunk: each costs the same to send, and a series may have two rows. */
const CHARACTERS_A_CHUNK = 64 * 1024;
/** Ms after which a slice lets others run. */
const TURN_MS = 6;
const MAX_TIMES = 20_000;

/**
 * Encodes a request of the analysis service's protocol as JSON, UTF-8.
 * Rows are written slice by slice, so that 500,000 of them never hold the event loop; nor are they
 * joined at the end, which would copy 50 MB at once.
 *
 * @throws the signal's reason once it aborts
 */
export async function buildRequestBody(input: RequestBodyInput, signal?: AbortSignal): Promise<RequestBody> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  let unsent = "";
  const flush = () => {
    const chunk = Buffer.from(unsent);
    chunks.push(chunk);
    length += chunk.byteLength;
    unsent = "";
  };
  const push = (text: string) => {
    unsent += text;
    if (unsent.length >= CHARACTERS_A_CHUNK) flush();
  };
  const text = cellTexts(input.data.cells);
  const timeText = timeTexts();
  let turnStarted = performance.now();

  push(`{"analysis_id":${JSON.stringify(input.analysisId)},"raw_data":{"stats":[`);
  let separator = "";
  for (const series of unpackSeries(input.data.series)) {
    for (let start = 0; start < series.values.length; start += ROWS_A_SLICE) {
      const end = Math.min(start + ROWS_A_SLICE, series.values.length);
      push(separator + rowsText(series, start, end, text, timeText));
      separator = ",";
      if (performance.now() - turnStarted < TURN_MS) continue;
      await nextTurn();
      signal?.throwIfAborted();
      turnStarted = performance.now();
    }
  }
  push(`],"peg_definitions":${JSON.stringify(input.data.pegDefinitions)}`);
  // Dates stringify as ISO 8601 UTC text.
  push(`,"period_info":${JSON.stringify(input.data.periodInfo)}},"options":${optionsText(input)}}`);
  if (unsent) flush();
  return { chunks, length };
}

/** The body as a stream for one attempt. Others have a turn between its chunks, however fast the peer takes them. */
export function bodyStream(body: RequestBody): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await nextTurn();
        const chunk = body.chunks[next++];
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

function optionsText({ algorithmVersion, data }: RequestBodyInput): string {
  return JSON.stringify({
    include_metadata: true,
    cache_ttl: DEFAULT_CACHE_TTL,
    algorithm_version: algorithmVersion,
    ...(data.timeZone !== undefined && { time_zone: data.timeZone }),
  });
}

function rowsText(
  series: SampleSeries,
  start: number,
  end: number,
  cellText: (index: number) => string,
  timeText: (ms: number) => string,
): string {
  const { values, cells, times } = series;
  const head = `{"kpi_name":${JSON.stringify(series.kpiName)},"period":"${series.period}","avg":`;
  const rows = new Array<string>(end - start);
  for (let i = start; i < end; i++) {
    const value = values[i] as number;
    const time = times?.[i] ?? Number.NaN;
    const place = cells[i] as number;
    const suspect = place >= SUSPECT;
    const cell = cellText(suspect ? place - SUSPECT : place);
    const flag = suspect ? ',"suspect":true' : "";
    rows[i - start] =
      `${head}${Number.isFinite(value) ? value : "null"},"cell_id":${cell}${timeText(time)}${flag}}`;
  }
  return rows.join(",");
}

/** Each cell as JSON text, made when first asked for. */
function cellTexts(cells: string[]): (index: number) => string {
  const made = new Array<string | undefined>(cells.length);
  return (index) => {
    const known = made[index];
    if (known !== undefined) return known;
    const cell = cells[index];
    if (cell === undefined) throw new RangeError("a sample names a cell that is not in the list of cells");
    const text = JSON.stringify(cell);
    made[index] = text;
    return text;
  };
}

/** The timestamp member of a row, empty for NaN. KPIs share their times, so each text is made once. */
function timeTexts(): (ms: number) => string {
  const made = new Map<number, string>();
  return (ms) => {
    if (Number.isNaN(ms)) return "";
    let text = made.get(ms);
    if (text === undefined) {
      text = `,"timestamp":"${new Date(ms).toISOString()}"`;
      if (made.size < MAX_TIMES) made.set(ms, text);
    }
    return text;
  };
}
