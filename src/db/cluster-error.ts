/** Error numbers of PGlite's file system, which are those of WASI. */
const FILE_ERRORS: Record<number, string> = {
  2: "EACCES",
  19: "EDQUOT",
  29: "EIO",
  33: "EMFILE",
  51: "ENOSPC",
  69: "EROFS",
};

function reasonOf(cause: unknown): string {
  const { code, errno } = cause as { code?: unknown; errno?: unknown };
  if (typeof code === "string") return code;
  return FILE_ERRORS[Number(errno)] ?? "its files are damaged";
}

/** An embedded database that does not open: its disk is full or cannot be written, or its files are damaged. */
export class ClusterError extends Error {
  override readonly name = "ClusterError";
  /** A code of the system, or what there is to say where the engine gave up. */
  readonly reason: string;

  constructor(path: string, cause: unknown) {
    const reason = reasonOf(cause);
    super(
      `The embedded database in ${path} does not open (${reason}). Where the disk is full or cannot be written, mend that. Else move the directory away, or set another DATA_DIR, and restore a backup with peg-bff restore.`,
      { cause },
    );
    this.reason = reason;
  }
}
