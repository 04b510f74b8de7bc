import { isIP, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { connect } from "node:tls";

/** Asks a PostgreSQL server, in plain, whether it encrypts: it answers with one of two letters. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const AGREED = "S";
const DECLINED = "N";

/** How a connection is to be encrypted. */
export interface Encryption {
  /** Where the server does not encrypt, it is spoken with in plain. */
  optional: boolean;
  /** The server has to show a certificate of its name that somebody known vouches for. */
  verified: boolean;
  /** Begins without asking first, as PostgreSQL 17 and later allow. */
  direct: boolean;
}

/** What an address says of encryption, in the words that postgres.js takes; undefined for none. */
export function encryptionOf(url: string): Encryption | undefined {
  const said = (name: string) => new RegExp(`[?&]${name}=([^&#]*)`).exec(url)?.[1];
  const mode =
    said("sslrootcert") === "system" ? "verify-full" : (said("sslmode") ?? said("ssl") ?? "disable");
  if (mode === "disable" || mode === "false") return undefined;
  return {
    optional: mode === "prefer",
    verified: !["require", "allow", "prefer"].includes(mode),
    direct: said("sslnegotiation") === "direct",
  };
}

/**
 * Encrypts a connection to PostgreSQL, and tells of its failure and its end in one go, as `WholeSocket` does: for the
 * driver, whose own encryption tells of the one first, and forgets what it is given to ask before the other.
 */
export class EncryptedSocket extends Duplex {
  readonly #line: Socket;
  /** What is spoken through, once that is agreed on. */
  #way: Duplex | undefined;
  #held: (() => void) | undefined;

  constructor(line: Socket, encryption: Encryption, host: string) {
    super();
    this.#line = line;
    line.on("error", (error) => this.destroy(error));
    line.on("close", () => this.destroy());
    if (encryption.direct) {
      this.#encrypt(encryption, host);
      return;
    }
    line.write(SSL_REQUEST);
    line.once("data", (bytes: Buffer) => {
      // More than the letter came in plain, from whoever stands between.
      const answer = bytes.toString("latin1");
      if (answer === AGREED) this.#encrypt(encryption, host);
      else if (encryption.optional && answer === DECLINED) this.#speak(line);
      else this.destroy(notEncrypted("turn ssl on there, or leave out sslmode"));
    });
  }

  /** As of a socket, as far as the driver asks. */
  get readyState(): "open" | "closed" {
    return this.destroyed ? "closed" : "open";
  }

  setKeepAlive(on: boolean, afterMs: number): this {
    this.#line.setKeepAlive(on, afterMs);
    return this;
  }

  override _read(): void {
    this.#way?.resume();
  }

  override _write(chunk: Buffer, _encoding: unknown, done: (error?: Error | null) => void): void {
    const write = () => void this.#way?.write(chunk, done);
    if (this.#way) write();
    else this.#held = write;
  }

  override _final(done: () => void): void {
    const end = () => void (this.#way ?? this.#line).end(done);
    if (this.#way || !this.#held) end();
    else this.destroy();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#way?.destroy();
    this.#line.destroy();
    done(error);
  }

  #encrypt({ verified, direct }: Encryption, host: string): void {
    const secure = connect({
      socket: this.#line,
      rejectUnauthorized: verified,
      // Against this name the certificate is checked: of an address without it node would check `localhost`.
      host,
      ...(isIP(host) ? {} : { servername: host }),
      ...(direct ? { ALPNProtocols: ["postgresql"] } : {}),
    });
    secure.on("error", (error: Error & { code?: string }) => {
      const broke = "syscall" in error || error.code === "ECONNRESET";
      this.destroy(broke ? error : notEncrypted(error.message, error));
    });
    secure.on("close", () => this.destroy());
    this.#speak(secure);
  }

  #speak(way: Duplex): void {
    this.#way = way;
    way.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) way.pause();
    });
    this.#held?.();
    this.#held = undefined;
  }
}

function notEncrypted(why: string, cause?: Error): Error {
  const error = new Error(`the connection to the database cannot be encrypted: ${why}`, { cause });
  return Object.assign(error, { code: "NOT_ENCRYPTED" });
}
