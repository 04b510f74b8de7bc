import { Dialog } from "@base-ui/react/dialog";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { isPegError } from "../../client/is-peg-error.js";
import type { PermissionEntry } from "../../contract/permission.js";
import { PERMISSION_TYPES } from "../../contract/permissions.js";
import { reasonToWait } from "../api/asking-again.js";
import { trpc } from "../api/client.js";
import { formatMinute } from "../format/times.js";
import { Failure, Problem, Skeleton, Waiting } from "../shell/states.js";
import { useWords } from "../words/words.js";

/** Who may do what with an analysis: for its admins, who grant and revoke. */
export function ShareDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { say } = useWords();
  const list = useInfiniteQuery(
    trpc.permission.list.infiniteQueryOptions(
      { id },
      { getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined, staleTime: 0 },
    ),
  );
  // Whoever takes their own right away sees no more of it.
  const refused = isPegError(list.error, "PERMISSION_DENIED");
  return (
    <Dialog.Root open onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog">
          <header className="drawer-head">
            <Dialog.Title>{say("Share")}</Dialog.Title>
            <Dialog.Close className="close" aria-label={say("Close")}>
              ×
            </Dialog.Close>
          </header>
          {!refused && <GrantForm id={id} />}
          <Waiting reason={reasonToWait(list)} />
          {list.error ? (
            <Failure
              error={list.error}
              title={refused ? say("You may not share this any more") : undefined}
              retry={() => void list.refetch()}
            />
          ) : list.data ? (
            <PermissionTable
              id={id}
              permissions={list.data.pages.flatMap(({ permissions }) => permissions)}
            />
          ) : (
            <Skeleton lines={3} />
          )}
          {list.hasNextPage && (
            <button
              type="button"
              disabled={list.isFetchingNextPage}
              onClick={() => void list.fetchNextPage()}
            >
              {say("Show more")}
            </button>
          )}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function useChanged(id: string) {
  const queryClient = useQueryClient();
  return async () => {
    await queryClient.invalidateQueries(trpc.permission.list.infiniteQueryFilter({ id }));
    await queryClient.invalidateQueries(trpc.permission.own.queryFilter({ id }));
  };
}

function GrantForm({ id }: { id: string }) {
  const { say } = useWords();
  const onSuccess = useChanged(id);
  const grant = useMutation(trpc.permission.grant.mutationOptions({ onSuccess }));
  const [granted, setGranted] = useState("");
  const names = usePermissionNames();

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const fields = new FormData(form);
    const user_id = String(fields.get("user_id")).trim();
    const permission_type = PERMISSION_TYPES.find((type) => type === fields.get("permission_type")) ?? "read";
    const until = String(fields.get("expires_at"));
    setGranted("");
    grant.mutate(
      // The field shows the reader's own time; the moment is what is sent.
      { id, user_id, permission_type, ...(until && { expires_at: new Date(until) }) },
      {
        onSuccess: () => {
          setGranted(say("{user} may now do this.", { user: user_id }));
          form.reset();
        },
      },
    );
  }

  return (
    <form className="grant" onSubmit={submit}>
      <label>
        {say("User")}
        <input name="user_id" required maxLength={255} autoComplete="off" spellCheck={false} />
      </label>
      <label>
        {say("May")}
        <select name="permission_type" defaultValue="read">
          {PERMISSION_TYPES.map((type) => (
            <option key={type} value={type}>
              {names[type]}
            </option>
          ))}
        </select>
      </label>
      <label>
        {say("Until (your time; empty: without end)")}
        <input name="expires_at" type="datetime-local" />
      </label>
      <button type="submit" className="primary" disabled={grant.isPending}>
        {say("Grant")}
      </button>
      {grant.error ? <Problem error={grant.error} /> : <p role="status">{granted}</p>}
    </form>
  );
}

function usePermissionNames() {
  const { say } = useWords();
  return { read: say("read"), write: say("read and change"), admin: say("everything, sharing included") };
}

function PermissionTable({ id, permissions }: { id: string; permissions: readonly PermissionEntry[] }) {
  const { say } = useWords();
  const onSuccess = useChanged(id);
  const revoke = useMutation(trpc.permission.revoke.mutationOptions({ onSuccess }));
  const names = usePermissionNames();
  const now = new Date();
  return (
    <>
      {revoke.error && <Problem error={revoke.error} />}
      <table className="permissions">
        <thead>
          <tr>
            <th scope="col">{say("User")}</th>
            <th scope="col">{say("May")}</th>
            <th scope="col">{say("Until")}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {permissions.map(({ user_id, permission_type, expires_at }) => (
            <tr
              key={`${user_id} ${permission_type}`}
              data-over={(expires_at && expires_at <= now) || undefined}
            >
              <th scope="row">{user_id}</th>
              <td>{names[permission_type]}</td>
              <td>
                {expires_at ? `${formatMinute(expires_at)} UTC` : say("without end")}
                {expires_at && expires_at <= now && ` (${say("over")})`}
              </td>
              <td>
                <button
                  type="button"
                  disabled={revoke.isPending}
                  aria-label={say("Revoke: {user}, {permission}", {
                    user: user_id,
                    permission: names[permission_type],
                  })}
                  onClick={() => revoke.mutate({ id, user_id, permission_type })}
                >
                  {say("Revoke")}
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
