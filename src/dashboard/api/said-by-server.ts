/** A refusal in the server's words, of a call that the typed client does not know. */
export class SaidByServer extends Error {
  override name = "SaidByServer";
}

/** What was asked for is being computed. */
export class NotThereYet extends Error {
  override name = "NotThereYet";
}
