/** A token that is valid for longer is a mistake or an attack. */
export const MAX_TOKEN_LIFETIME_S = 366 * 86_400;

/** What a public key may be to check tokens with, in words. */
export const KEY_RULE = "must be RSA of 2048 bits or more, EC P-256, P-384 or P-521, or Ed25519";

const EC_ALGORITHMS: Record<string, string> = { prime256v1: "ES256", secp384r1: "ES384", secp521r1: "ES512" };

/** What is looked at of a key, as Node names it. */
interface PublicKey {
  asymmetricKeyType?: string | undefined;
  asymmetricKeyDetails?: { modulusLength?: number | undefined; namedCurve?: string | undefined } | undefined;
}

/** The one algorithm that fits a public key, by all its names; none for a kind of key that is not taken. */
export function algorithmsOf({
  asymmetricKeyType: type,
  asymmetricKeyDetails: details,
}: PublicKey): string[] {
  if (type === "rsa") return (details?.modulusLength ?? 0) >= 2048 ? ["RS256"] : [];
  if (type === "ec") return [EC_ALGORITHMS[details?.namedCurve ?? ""] ?? []].flat();
  return type === "ed25519" ? ["EdDSA", "Ed25519"] : [];
}
