import { type ReactNode, useState } from "react";
import { isPegError } from "../../client/is-peg-error.js";
import type { ErrorDetail } from "../../contract/errors.js";
import { NotThereYet, SaidByServer } from "../api/said-by-server.js";
import { type Say, useWords } from "../words/words.js";

/** Grey lines in the place of what is being loaded. */
export function Skeleton({ lines }: { lines: number }) {
  const { say } = useWords();
  return (
    <div className="skeleton" role="status" aria-label={say("Loading")}>
      {Array.from({ length: lines }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <span key={i} />
      ))}
    </div>
  );
}

/** Where there is nothing to show: why, and what to do. */
export function Empty({
  title,
  heading: Heading = "h2",
  children,
}: {
  title: string;
  /** `h1` where the view has no other heading. */
  heading?: "h1" | "h2";
  children: ReactNode;
}) {
  return (
    <div className="empty">
      <Heading>{title}</Heading>
      {children}
    </div>
  );
}

/** Whatever a call failed with: an Error, or what tRPC types as one. */
export interface Fault {
  message: string;
}

/** What went wrong, in the server's words where it said some. */
function messageOf(error: Fault, say: Say): string {
  if (isPegError(error)) return error.data.error.message;
  if (error instanceof SaidByServer) return error.message;
  if (error instanceof NotThereYet)
    return say("The comparison is being computed. Download it once it is there.");
  return say("The server cannot be reached. Check that it runs, and your connection.");
}

function detailsOf(error: Fault): readonly ErrorDetail[] | undefined {
  return isPegError(error) ? error.data.error.details : undefined;
}

/** The fields that the server names, and what is wrong with them. */
export function Details({ details }: { details: readonly ErrorDetail[] | undefined }) {
  if (!details?.length) return null;
  return (
    <ul>
      {details.map(({ path, message }) => (
        <li key={`${path} ${message}`}>
          <code>{path}</code> {message}
        </li>
      ))}
    </ul>
  );
}

/** What somebody wanted to do and could not: why, beside the button for it. */
export function Problem({ error }: { error: Fault }) {
  const { say, language } = useWords();
  const [shown, setShown] = useState({ error, language });
  if (shown.error !== error) setShown({ error, language });
  // Queries are asked anew for words in another language; this would do something.
  const isOfServer = isPegError(error) || error instanceof SaidByServer;
  if (isOfServer && shown.language !== language) return null;
  return (
    <div className="problem" role="alert">
      <p>{messageOf(error, say)}</p>
      <Details details={detailsOf(error)} />
    </div>
  );
}

/** An error that ends a view: its words, what to do, and what to tell the operator. */
export function Failure({
  error,
  title,
  retry,
}: {
  error: Fault;
  /** Where the usual one is not to the point. */
  title?: string | undefined;
  retry?: (() => void) | undefined;
}) {
  const { say } = useWords();
  const body = isPegError(error) ? error.data.error : undefined;
  const titles: Partial<Record<string, string>> = {
    PERMISSION_DENIED: say("You may not see this"),
    ANALYSIS_NOT_FOUND: say("There is no such analysis"),
  };
  return (
    <div className="failure" role="alert">
      <h2>{title ?? titles[body?.code ?? ""] ?? say("This did not work")}</h2>
      <p>{messageOf(error, say)}</p>
      <Details details={detailsOf(error)} />
      {retry && (
        <button type="button" onClick={retry}>
          {say("Try again")}
        </button>
      )}
      {body && (
        <p className="hint">
          {body.code} · {say("request {id}", { id: body.request_id })}
        </p>
      )}
    </div>
  );
}

/** Says that a call which failed is being tried again, while what is known stays on the screen. */
export function Waiting({ reason }: { reason: Fault | null }) {
  const { say } = useWords();
  if (!reason) return null;
  return (
    <p className="waiting" role="status">
      <span className="spinner" aria-hidden="true" />
      {messageOf(reason, say)} {say("Trying again by itself.")}
    </p>
  );
}
