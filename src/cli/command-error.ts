/** What keeps a command from doing its work, said so that its user can mend it. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
