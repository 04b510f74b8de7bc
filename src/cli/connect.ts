import { type Command, InvalidArgumentError } from "commander";
import { findRunningServer } from "../address-file.js";
import { createPegClient, type PegClient } from "../client/index.js";
import { parseConfig } from "../config.js";
import { ADMIN_SCOPE } from "../contract/permissions.js";
import { CommandError } from "./command-error.js";
import { startOwnServer } from "./own-server.js";
import { signToken } from "./sign-token.js";
import type { Say } from "./words.js";

/** How a command reaches the API. */
export interface ConnectOptions {
  url?: string;
  token?: string;
  user: string;
}

export interface Connection {
  client: PegClient;
  close(): Promise<void>;
}

function serverUrl(text: string, say: Say): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError(say("Give the address of a server, like http://127.0.0.1:3000."));
}

/** Adds the options that `connect` reads. */
export function withConnectOptions(command: Command, say: Say): Command {
  return command
    .option(
      "--url <url>",
      say("the server to ask; else the one running on DATA_DIR, else one just for this command"),
      (text) => serverUrl(text, say),
    )
    .option(
      "--token <token>",
      say("your token (or PEG_TOKEN); else an operator's, where the secret is at hand"),
    )
    .option("--user <id>", say("whom the operator's token names"), "operator");
}

/** Connects to a server that runs, or runs one for as long as the command takes. */
export async function connect(
  env: NodeJS.ProcessEnv,
  options: ConnectOptions,
  say: Say,
): Promise<Connection> {
  const given = options.token ?? (env.PEG_TOKEN || undefined);
  if (options.url !== undefined) {
    // An operator's token, signed here, is nothing to be sent to whatever listens there.
    if (given === undefined)
      throw new CommandError((say) => say("--url needs your token: give --token, or set PEG_TOKEN"));
    // Whoever asks another server needs no settings of one.
    const client = createPegClient({ url: options.url, token: given, language: say.language });
    return { client, close: async () => undefined };
  }
  const config = parseConfig({ ...env, HOST: "127.0.0.1", PORT: "0", LOG_LEVEL: "silent" });
  // A server must be made before the token: it locks the data directory, in which the secret lies.
  const known = config.DATABASE_URL ? undefined : (await findRunningServer(config.DATA_DIR))?.url;
  const own = known === undefined ? await startOwnServer(env) : undefined;
  try {
    const url = known ?? own?.url ?? "";
    const token =
      given ?? (await signToken(config, { sub: options.user, expires: "1h", scope: ADMIN_SCOPE }));
    return {
      client: createPegClient({ url, token, language: say.language }),
      close: async () => own?.stop(),
    };
  } catch (error) {
    await own?.stop();
    throw error;
  }
}
