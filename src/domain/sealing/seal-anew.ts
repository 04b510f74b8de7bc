import { PegError } from "../errors.js";
import type { Place, Sealer } from "../ports.js";

/** A value that no key at hand opens. */
export class UnreadableValue extends Error {}

/** @throws UnreadableValue; PegError where the new key may seal no more */
export async function sealAnew(sealer: Sealer, sealed: string, place: Place): Promise<string> {
  const text = await sealer.open(sealed, place).catch((error: unknown) => {
    throw error instanceof PegError ? new UnreadableValue("no key opens it", { cause: error }) : error;
  });
  return sealer.seal(text, place);
}
