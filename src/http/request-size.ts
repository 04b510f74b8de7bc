/** How many bytes a request brings in its body, as it says, or else in its query. */
export function sizeOf({ method, headers, url }: Request): number {
  if (method !== "GET" && method !== "HEAD") return Number(headers.get("content-length") ?? 0);
  return querySize(url);
}

export function querySize(url: string): number {
  const queryAt = url.indexOf("?");
  return queryAt === -1 ? 0 : url.length - queryAt - 1;
}
