// Asks /healthz again and again from a process of its own, and writes when each request began and how long it took.
import { setPriority } from "node:os";

// Told is how long the server took, not how long this process waited for a core. Only root may go first.
try {
  setPriority(-10);
} catch {
  // Then the figures hold that wait as well.
}

const [url] = process.argv.slice(2);
for (;;) {
  const start = Date.now();
  const began = performance.now();
  await fetch(`${url}/healthz`).then((response) => response.text());
  process.stdout.write(`polled ${start} ${performance.now() - began}\n`);
  await new Promise((resolve) => setTimeout(resolve, 5));
}
