import type { LookupFunction } from "node:net";
import type { LookupAll } from "./lookup-by-dns.js";

/** As a connection asks: for all addresses, or for the first. */
export function anyOf(lookup: LookupAll): LookupFunction {
  return (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      const [first] = found;
      if (error || !first) done(error ?? new Error(`${host} has no address`), "");
      else if (options.all) done(null, found);
      else done(null, first.address, first.family);
    });
  };
}
