import { MCP_ANALYSIS_PATH } from "../contract/mcp-protocol.js";
import { type Examination, type Finding, findingsOf, reasonOf } from "./finding.js";

const service = findingsOf((say) => say("Analysis service"));
const tokens = findingsOf((say) => say("Tokens"));
const DEADLINE_MS = 5_000;
/** What answers a request of the protocol that lacks everything. */
const REFUSALS = new Set([400, 422]);

/** Sends the analysis service a request that it has to refuse: whoever does so in the right way is one. */
export async function checkAnalysisService({ config }: Examination): Promise<Finding> {
  const { MCP_URL: url, MCP_TOKEN: token } = config;
  if (url === undefined) return service.ok((say) => say("The bundled one starts with the server."));
  const { host } = new URL(url);
  let status: number;
  try {
    const response = await fetch(url.replace(/\/+$/, "") + MCP_ANALYSIS_PATH, {
      method: "POST",
      body: "{}",
      headers: {
        "content-type": "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      redirect: "manual",
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    await response.body?.cancel();
    ({ status } = response);
  } catch (error) {
    const reason = reasonOf(error);
    return service.fault(
      (say) => say("Nothing answers at {host} ({reason}).", { host, reason }),
      (say) => say("Start the analysis service, or set MCP_URL right, or unset it for the bundled one."),
    );
  }
  if (status === 401 || status === 403) {
    return service.fault(
      (say) => say("{host} does not take MCP_TOKEN.", { host }),
      (say) => say("Set MCP_TOKEN to the token that the analysis service asks for."),
    );
  }
  if (!REFUSALS.has(status)) {
    return service.fault(
      (say) => say("What answers at {host} is no analysis service (status {status}).", { host, status }),
      (say) => say("Set MCP_URL to the address below which {path} is served.", { path: MCP_ANALYSIS_PATH }),
    );
  }
  return service.ok((say) => say("{host} answers.", { host }));
}

/** Whether there are keys to check tokens by. */
export async function checkTokens({ config }: Examination): Promise<Finding> {
  const { JWT_JWKS_URL: url } = config;
  if (url === undefined) return tokens.ok((say) => say("They are checked by a key in the settings."));
  const { host } = new URL(url);
  const mend = findingMend;
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(DEADLINE_MS) });
    const body = (await response.json()) as { keys?: { kid?: unknown; kty?: unknown }[] };
    const usable = (body.keys ?? []).filter(
      ({ kid, kty }) => typeof kid === "string" && ["RSA", "EC", "OKP"].includes(String(kty)),
    );
    if (response.ok && usable.length) {
      return tokens.ok((say) => say("{host} has {count} keys.", { host, count: usable.length }));
    }
    return tokens.fault((say) => say("{host} has no key that can be used.", { host }), mend);
  } catch (error) {
    const reason = reasonOf(error);
    return tokens.fault(
      (say) => say("No key set can be had from {host} ({reason}).", { host, reason }),
      mend,
    );
  }
}

const findingMend: NonNullable<Finding["mend"]> = (say) =>
  say("Set JWT_JWKS_URL to the address of your identity provider's key set, with keys that have a kid.");
