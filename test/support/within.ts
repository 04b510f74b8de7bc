const TICK_MS = 100;

/**
 * Waits for so many milliseconds at most, of those that this process had: while a busy machine lets it stand still its
 * timers do too, and that is no fault of what is waited for.
 *
 * @throws where it takes longer
 */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let left = Math.ceil(ms / TICK_MS);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      if (--left <= 0) reject(new Error(`it took more than ${ms} ms`));
    }, TICK_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearInterval(timer);
  }
}
