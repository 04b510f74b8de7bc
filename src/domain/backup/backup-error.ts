/** Why a backup was not made or not restored, in words for whoever runs the command. */
export class BackupError extends Error {
  override readonly name = "BackupError";
}

/** The file is not what `backup` has written, whole. */
export function damaged(what: string): BackupError {
  return new BackupError(`The backup file is damaged: ${what}. Nothing was restored: take another one.`);
}
