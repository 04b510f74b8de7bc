import type { AppEnv } from "./refuse.js";

type Logger = AppEnv["Variables"]["services"]["logger"];

/**
 * A response whose body, where it breaks off on our side, ends there and is a line of the log. The server would print
 * the error, and write its message to the caller.
 *
 * @param onEnd is called once it has ended, however it did
 */
export function toldStream(
  response: Response,
  logger: Logger,
  requestId: string,
  onEnd = () => {},
): Response {
  if (!response.body) {
    onEnd();
    return response;
  }
  const reader = response.body.getReader();
  let left = false;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (left) return;
        if (!done) return controller.enqueue(value);
        onEnd();
        controller.close();
      } catch (error) {
        if (left) return;
        onEnd();
        logger.error({ request_id: requestId, err: error }, "an answer broke off");
        controller.close();
      }
    },
    cancel(reason) {
      // What is read meanwhile ends with it, and breaks nothing off.
      left = true;
      onEnd();
      return reader.cancel(reason);
    },
  });
  return new Response(body, response);
}
