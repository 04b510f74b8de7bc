import { type Command, Option } from "commander";
import { PERMISSION_TYPES, type PermissionType } from "../contract/permissions.js";
import { type ConnectOptions, connect, withConnectOptions } from "./connect.js";

interface PermissionOptions extends ConnectOptions {
  permission: PermissionType;
  expires?: string;
}

function permissionOption(): Option {
  return new Option("--permission <type>", "write includes read, admin includes both")
    .choices(PERMISSION_TYPES)
    .default("read");
}

export function addGrant(program: Command, env: NodeJS.ProcessEnv): void {
  withConnectOptions(program.command("grant"))
    .description("give a user a permission on an analysis")
    .argument("<id>", "the analysis")
    .argument("<user>", "the user, as in the token's sub")
    .addOption(permissionOption())
    .option("--expires <time>", "when it ends, like 2024-01-15T10:35:00Z")
    .action(async (id: string, userId: string, options: PermissionOptions) => {
      const { client, close } = await connect(env, options);
      try {
        const granted = await client.permission.grant.mutate({
          id,
          user_id: userId,
          permission_type: options.permission,
          ...(options.expires === undefined ? {} : { expires_at: options.expires }),
        });
        const end = granted.expires_at ? ` until ${granted.expires_at.toISOString()}` : "";
        process.stdout.write(`${userId} has ${granted.permission_type} on ${id}${end}.\n`);
      } finally {
        await close();
      }
    });
}

export function addRevoke(program: Command, env: NodeJS.ProcessEnv): void {
  withConnectOptions(program.command("revoke"))
    .description("take a permission on an analysis away from a user")
    .argument("<id>", "the analysis")
    .argument("<user>", "the user, as in the token's sub")
    .addOption(permissionOption())
    .action(async (id: string, userId: string, options: PermissionOptions) => {
      const { client, close } = await connect(env, options);
      try {
        const input = { id, user_id: userId, permission_type: options.permission };
        const { revoked } = await client.permission.revoke.mutate(input);
        process.stdout.write(
          revoked
            ? `${userId} no longer has ${options.permission} on ${id}.\n`
            : `${userId} had no ${options.permission} on ${id}.\n`,
        );
      } finally {
        await close();
      }
    });
}
