import type { IncomingMessage } from "node:http";
import { BlockList, isIP, isIPv4, SocketAddress } from "node:net";

/** Tells where a request comes from: an IPv4 address, or the /64 of an IPv6 one, which is one subscriber. */
export type ClientAddress = (
  request: Pick<IncomingMessage, "headers" | "socket"> | undefined,
) => string | undefined;

/** More proxies than this stand in no row. */
const MAX_HOPS = 20;
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const WITH_PORT = /^(?:\[([^\]]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/;

const family = (address: string) => (isIPv4(address) ? "ipv4" : "ipv6");

/** An address as it is compared: without port, brackets and zone, and an IPv4 one as such. */
function plain(text: string | undefined): string | undefined {
  const trimmed = text?.trim() ?? "";
  const [, v6, v4] = WITH_PORT.exec(trimmed) ?? [];
  const bare = (v6 ?? v4 ?? trimmed).replace(/%.*$/, "");
  const address = MAPPED.exec(bare)?.[1] ?? bare;
  return isIP(address) ? address : undefined;
}

function placeOf(address: string): string {
  if (isIPv4(address)) return address;
  // It is written in one way: without leading zeros, the longest row of zeros as `::`.
  const { address: written } = new SocketAddress({ address, family: "ipv6" });
  const [before = "", after] = written.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const [front, back] = [groups(before), groups(after ?? "")];
  const zeros = after === undefined ? 0 : 8 - front.length - back.length;
  const all = [...front, ...Array.from({ length: zeros }, () => "0"), ...back];
  return `${all.slice(0, 4).join(":")}::/64`;
}

/**
 * Where requests come from: the other end of the connection, or, where that is a trusted proxy, whom the proxy names.
 * What others say of themselves does not count.
 *
 * @param trusted addresses and CIDR ranges of the proxies before this server
 */
export function readClientAddress(trusted: readonly string[]): ClientAddress {
  const proxies = new BlockList();
  for (const range of trusted) {
    const [address = "", bits] = range.split("/");
    if (bits === undefined) proxies.addAddress(address, family(address));
    else proxies.addSubnet(address, Number(bits), family(address));
  }
  const isProxy = (address: string) => proxies.check(address, family(address));
  return (request) => {
    let address = plain(request?.socket.remoteAddress);
    if (address === undefined || !trusted.length || !isProxy(address))
      return address === undefined ? undefined : placeOf(address);
    const named = [request?.headers["x-forwarded-for"]].flat().join(",").split(",").slice(-MAX_HOPS);
    for (const text of named.reverse()) {
      const next = plain(text);
      if (next === undefined) break;
      address = next;
      if (!isProxy(address)) break;
    }
    return placeOf(address);
  };
}
