import { type Command, Option } from "commander";
import { PERMISSION_TYPES, type PermissionType } from "../contract/permissions.js";
import { type ConnectOptions, connect, withConnectOptions } from "./connect.js";
import type { Say } from "./words.js";

interface PermissionOptions extends ConnectOptions {
  permission: PermissionType;
  expires?: string;
}

function permissionOption(say: Say): Option {
  return new Option("--permission <type>", say("write includes read, admin includes both"))
    .choices(PERMISSION_TYPES)
    .default("read");
}

export function addGrant(program: Command, env: NodeJS.ProcessEnv, say: Say): void {
  withConnectOptions(program.command("grant"), say)
    .description(say("give a user a permission on an analysis"))
    .argument("<id>", say("the analysis"))
    .argument("<user>", say("the user, as in the token's sub"))
    .addOption(permissionOption(say))
    .option("--expires <time>", say("when it ends, like 2024-01-15T10:35:00Z"))
    .action(async (id: string, userId: string, options: PermissionOptions) => {
      const { client, close } = await connect(env, options, say);
      try {
        const granted = await client.permission.grant.mutate({
          id,
          user_id: userId,
          permission_type: options.permission,
          ...(options.expires === undefined ? {} : { expires_at: options.expires }),
        });
        const { permission_type: permission, expires_at: end } = granted;
        const text = end
          ? say("{user} has {permission} on {id} until {end}.", {
              user: userId,
              permission,
              id,
              end: end.toISOString(),
            })
          : say("{user} has {permission} on {id}.", { user: userId, permission, id });
        process.stdout.write(`${text}\n`);
      } finally {
        await close();
      }
    });
}

export function addRevoke(program: Command, env: NodeJS.ProcessEnv, say: Say): void {
  withConnectOptions(program.command("revoke"), say)
    .description(say("take a permission on an analysis away from a user"))
    .argument("<id>", say("the analysis"))
    .argument("<user>", say("the user, as in the token's sub"))
    .addOption(permissionOption(say))
    .action(async (id: string, userId: string, options: PermissionOptions) => {
      const { client, close } = await connect(env, options, say);
      try {
        const input = { id, user_id: userId, permission_type: options.permission };
        const { revoked } = await client.permission.revoke.mutate(input);
        const values = { user: userId, permission: options.permission, id };
        const text = revoked
          ? say("{user} no longer has {permission} on {id}.", values)
          : say("{user} had no {permission} on {id}.", values);
        process.stdout.write(`${text}\n`);
      } finally {
        await close();
      }
    });
}
