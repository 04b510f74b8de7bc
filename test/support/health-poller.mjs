// Asks /healthz again and again from a process of its own, and writes when each request began and how long it took.
const [url] = process.argv.slice(2);
for (;;) {
  const start = Date.now();
  const began = performance.now();
  await fetch(`${url}/healthz`).then((response) => response.text());
  process.stdout.write(`polled ${start} ${performance.now() - began}\n`);
  await new Promise((resolve) => setTimeout(resolve, 5));
}
