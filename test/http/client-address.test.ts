import { expect, test } from "vitest";
import { readClientAddress } from "../../src/http/client-address.js";

const PROXIES = ["10.0.0.0/8", "::1", "fd00::/8"];

function from(peer: string | undefined, forwarded?: string | string[], trusted: readonly string[] = PROXIES) {
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  return readClientAddress(trusted)({ headers, socket: { remoteAddress: peer } } as never);
}

test.each([
  ["198.51.100.7", "198.51.100.7"],
  ["::ffff:198.51.100.7", "198.51.100.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:DB8:0001:0002::9", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::2", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  [undefined, undefined],
])("a request comes from the other end of its connection: %s (L13)", (peer, place) => {
  expect(from(peer)).toBe(place);
  // Who is no proxy says nothing of that (R14).
  expect(from(peer, "203.0.113.9")).toBe(place);
  expect(from(peer, "203.0.113.9", [])).toBe(place);
});

test("of two addresses in one /64 both are one subscriber, of two in other ones they are two", () => {
  expect(from("2001:db8::1")).toBe(from("2001:db8::ffff:1:2:3"));
  expect(from("2001:db8::1")).not.toBe(from("2001:db8:0:1::1"));
});

test.each<[string, string | string[] | undefined, string]>([
  ["10.1.2.3", "203.0.113.9", "203.0.113.9"],
  ["::ffff:10.1.2.3", " 203.0.113.9 ", "203.0.113.9"],
  ["::1", "203.0.113.9:4711", "203.0.113.9"],
  ["fd00::5", "[2001:db8::1]:4711", "2001:db8:0:0::/64"],
  ["10.1.2.3", "2001:db8::1", "2001:db8:0:0::/64"],
  // Of a row the last that is no proxy of ours; what stands before it anybody may have written.
  ["10.1.2.3", "127.0.0.1, 203.0.113.9, 10.9.9.9", "203.0.113.9"],
  ["10.1.2.3", ["127.0.0.1", "203.0.113.9"], "203.0.113.9"],
  ["10.1.2.3", "10.0.0.1, 10.0.0.2", "10.0.0.1"],
  // Where it cannot be read, the nearest that is known.
  ["10.1.2.3", "unknown", "10.1.2.3"],
  ["10.1.2.3", "203.0.113.9, _hidden", "10.1.2.3"],
  ["10.1.2.3", "", "10.1.2.3"],
  ["10.1.2.3", undefined, "10.1.2.3"],
  ["10.1.2.3", Array.from({ length: 500 }, () => "10.0.0.9").join(), "10.0.0.9"],
])("a trusted proxy at %s that says %j is believed: %s (L13)", (peer, forwarded, place) => {
  expect(from(peer, forwarded)).toBe(place);
});
