import { SaidByServer } from "../api/said-by-server.js";
import { session } from "../session/session.js";
import { language } from "../words/words.js";
import { saveFile } from "./save-file.js";

/**
 * Saves the comparison as CSV: the server's own table, a line for each PEG.
 *
 * @throws SaidByServer with the server's words where it refuses
 */
export async function downloadComparison(id: string): Promise<void> {
  const address = `/api/analysis/results/${encodeURIComponent(id)}/peg-comparison?format=csv`;
  const response = await fetch(address, {
    headers: { authorization: `Bearer ${session.get()?.token ?? ""}`, "accept-language": language.get() },
  });
  if (!response.ok) {
    const body = (await response.json().catch(() => undefined)) as
      | { error?: { message?: string } }
      | undefined;
    throw new SaidByServer(body?.error?.message ?? String(response.status));
  }
  saveFile(await response.blob(), `${id}.csv`);
}
