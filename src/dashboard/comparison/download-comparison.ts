import { NotThereYet, SaidByServer } from "../api/said-by-server.js";
import { refuseToken, session } from "../session/session.js";
import { language } from "../words/words.js";
import { saveFile } from "./save-file.js";

/**
 * Saves the comparison as CSV: the server's own table, a line for each PEG.
 *
 * @throws SaidByServer with the server's words where it refuses; NotThereYet while it is being computed
 */
export async function downloadComparison(id: string): Promise<void> {
  const address = `/api/analysis/results/${encodeURIComponent(id)}/peg-comparison?format=csv`;
  const response = await fetch(address, {
    headers: { authorization: `Bearer ${session.get()?.token ?? ""}`, "accept-language": language.get() },
  });
  // A request waits for so long only: then it is told of the task.
  if (response.status === 202) throw new NotThereYet();
  if (response.status !== 200) {
    if (response.status === 401) refuseToken();
    const body = (await response.json().catch(() => undefined)) as
      | { error?: { message?: string } }
      | undefined;
    throw new SaidByServer(body?.error?.message ?? String(response.status));
  }
  saveFile(await response.blob(), `${id}.csv`);
}
