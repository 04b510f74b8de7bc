import { describeProblem } from "../cli/describe-failure.js";
import { type Config, ConfigError, parseConfig } from "../config.js";
import { type Finding, findingsOf } from "./finding.js";

const told = findingsOf((say) => say("Settings"));
const LOOPBACK = /^(127\.|::1$|localhost$)/;

/** Reads the settings. Undefined where they cannot be read: then nothing else can be looked at. */
export function checkSettings(env: Record<string, string | undefined>): {
  config?: Config;
  findings: Finding[];
} {
  try {
    const config = parseConfig(env);
    return { config, findings: [seen(config)] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const findings = error.problems.map((problem) =>
      told.fault(
        (say) => describeProblem(problem, say),
        (say) => say("Change this setting, or unset it. README and .env.example describe each."),
      ),
    );
    return { findings };
  }
}

function seen(config: Config): Finding {
  const secret = config.JWT_JWKS_URL ?? config.JWT_PUBLIC_KEY ?? config.JWT_SECRET;
  const developing = !secret || !config.ENCRYPTION_KEYS;
  if (developing && !LOOPBACK.test(config.HOST)) {
    return told.warning(
      (say) => say("Others can reach HOST {host}, and development keys are in use.", { host: config.HOST }),
      (say) =>
        say("Set JWT_JWKS_URL, JWT_PUBLIC_KEY or JWT_SECRET, and ENCRYPTION_KEYS; or HOST to 127.0.0.1."),
    );
  }
  return told.ok((say) => say("All can be read."));
}
