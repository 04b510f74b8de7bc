/** Of every answer. */
const ALWAYS = {
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** Where a route does not say otherwise. */
const USUAL = {
  "cache-control": "private, no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

/** Sets what tells browsers and caches to be careful with an answer. */
export function secure(headers: Headers): void {
  for (const [name, value] of Object.entries(ALWAYS)) headers.set(name, value);
  for (const [name, value] of Object.entries(USUAL)) if (!headers.has(name)) headers.set(name, value);
}

const ALWAYS_LIST = Object.entries(ALWAYS).flat();
const USUAL_LIST = Object.entries(USUAL);

/** The same for headers that are no object of the web's yet. @returns name and value in turn */
export function secureList(headers: Readonly<Record<string, string>>): string[] {
  const list = ALWAYS_LIST.slice();
  for (const [name, value] of USUAL_LIST) if (headers[name] === undefined) list.push(name, value);
  for (const name in headers) if (!(name in ALWAYS)) list.push(name, headers[name] as string);
  return list;
}
