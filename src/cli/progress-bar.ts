const WIDTH = 30;

export interface ProgressBar {
  /** @param done of `total`; what is not known yet may grow */
  update(done: number, total: number, label: string): void;
  end(): void;
}

/** A bar that is drawn over itself on a terminal, and silent elsewhere. */
export function createProgressBar(stream: NodeJS.WriteStream): ProgressBar {
  let shown = "";
  const draw = (text: string) => {
    if (!stream.isTTY || text === shown) return;
    shown = text;
    stream.write(`\r\u001b[K${text}`);
  };
  return {
    update(done, total, label) {
      const share = total > 0 ? Math.min(1, done / total) : 1;
      const filled = Math.round(share * WIDTH);
      const percent = String(Math.floor(share * 100)).padStart(3);
      draw(`${"█".repeat(filled)}${"░".repeat(WIDTH - filled)} ${percent} % ${label}`);
    },
    end() {
      if (shown) stream.write("\n");
      shown = "";
    },
  };
}
