import { SignJWT } from "jose";
import { USER } from "./setup.js";

/** Signs one token for each connection of the load, all of the same user. */
export function signTokens(secret: string, count: number): Promise<string[]> {
  const key = new TextEncoder().encode(secret);
  return Promise.all(
    Array.from({ length: count }, (_, i) =>
      new SignJWT({})
        .setProtectedHeader({ alg: "HS256", typ: "JWT" })
        .setSubject(USER)
        .setJti(`connection-${i}`)
        .setIssuedAt()
        .setExpirationTime("1d")
        .sign(key),
    ),
  );
}
