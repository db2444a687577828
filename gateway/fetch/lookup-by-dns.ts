import { type LookupAddress, type LookupAllOptions, Resolver } from "node:dns";

export type LookupAll = (
  host: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void;

/** Names of strangers' choice may be served by anybody, as slowly as they like. */
const usualLimits = { timeout: 2000, tries: 2 };

/**
 * Looks names up by asking DNS itself, within a time limit. The system's own look-up waits in one of the few threads that
 * files and pictures need too, and knows names of this machine alone (`/etc/hosts`), which are nobody else's business.
 * @param servers in place of the system's.
 */
export function lookupByDns(limits = usualLimits, servers?: readonly string[]): LookupAll {
  const resolver = new Resolver(limits);
  if (servers) resolver.setServers(servers);
  const ask = (host: string, family: 4 | 6) =>
    new Promise<LookupAddress[]>((resolve, reject) => {
      const done = (error: NodeJS.ErrnoException | null, addresses: string[]) =>
        error ? reject(error) : resolve(addresses.map((address) => ({ address, family })));
      if (family === 4) resolver.resolve4(host, done);
      else resolver.resolve6(host, done);
    });
  return (host, { family }, done) => {
    const wanted = Number(String(family ?? 0).replace("IPv", ""));
    const families = ([4, 6] as const).filter((one) => wanted === 0 || wanted === one);
    Promise.allSettled(families.map((one) => ask(host, one))).then((answers) => {
      const found = answers.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
      const [failed] = answers.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
      done(found.length > 0 ? null : failed, found);
    });
  };
}
