import type { OpenDatabase } from "../db/open.js";
import type { Sealer } from "../domain/ports.js";
import { countSealedOtherwise, findMissingKeys, findWrongKeys } from "../domain/sealing/rotate-keys.js";
import { type Finding, findingsOf } from "./finding.js";

const keys = findingsOf((say) => say("Keys"));

/** Whether all that is stored opens with the keys at hand. */
export async function checkKeys({ db }: OpenDatabase, sealer: Sealer): Promise<Finding> {
  const missing = await findMissingKeys({ db, sealer });
  if (missing.length) {
    const names = missing.join(", ");
    return keys.fault(
      (say) => say("Stored data is sealed with {names}, which is not in ENCRYPTION_KEYS.", { names }),
      (say) => say("Add {names} to ENCRYPTION_KEYS, after the first key.", { names }),
    );
  }
  const wrong = await findWrongKeys({ db, sealer });
  if (wrong.length) {
    const names = wrong.join(", ");
    return keys.fault(
      (say) =>
        say("Stored data does not open with {names}: it was another secret under that name.", { names }),
      (say) =>
        say("Put the right secret of {names} back into ENCRYPTION_KEYS, and give the new one a new name.", {
          names,
        }),
    );
  }
  const left = await countSealedOtherwise({ db, sealer });
  if (left) {
    return keys.warning(
      (say) => say("{left} records are sealed with keys that are not the first.", { left }),
      (say) => say("Run: peg-bff rotate-keys"),
    );
  }
  return keys.ok((say) => say("All that is stored opens with them."));
}
