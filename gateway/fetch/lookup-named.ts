import type { LookupAddress } from "node:dns";
import { candidatesOf, type LocalNames, readLocalNames } from "./local-names.js";
import type { LookupAll } from "./lookup-by-dns.js";

/** For all names that are tried in place of one. */
const mostMs = 5000;

/**
 * Looks up a name that the operator has named: in the machine's hosts file, or else by DNS with the machine's search domains. As
 * `lookupByDns` it waits in none of the threads that files and pictures need, and not for long.
 * @param byDns looks up one name.
 */
export function lookupNamed(byDns: LookupAll, read: () => LocalNames = readLocalNames, limitMs = mostMs): LookupAll {
  return (host, options, done) => {
    const names = read();
    const family = Number(String(options.family ?? 0).replace("IPv", ""));
    const known = (names.hosts.get(host.toLowerCase()) ?? []).filter((one) => family === 0 || one.family === family);
    const ask = (name: string) =>
      new Promise<LookupAddress[]>((resolve, reject) => {
        byDns(name, options, (error, found) => (error ? reject(error) : resolve(found)));
      });
    let isLate = false;
    const find = async () => {
      if (known.length > 0) return known;
      let failure: unknown;
      for (const name of candidatesOf(host, names)) {
        if (isLate) break;
        try {
          return await ask(name);
        } catch (error) {
          failure = error;
        }
      }
      throw failure;
    };
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        isLate = true;
        reject(Object.assign(new Error(`no name server answered for ${host}`), { code: "ETIMEOUT" }));
      }, limitMs);
    });
    Promise.race([find(), late])
      .finally(() => clearTimeout(timer))
      .then(
        (found) => done(null, found),
        (error: NodeJS.ErrnoException) => done(error, []),
      );
  };
}
