import { fetchPicture } from "../../gateway/fetch/fetch-picture.js";
import { lookupByDns } from "../../gateway/fetch/lookup-by-dns.js";
import { lookupNamed } from "../../gateway/fetch/lookup-named.js";
import { PictureHosts } from "../../gateway/fetch/picture-hosts.js";
import type { FetchPicture } from "../dataset/jobs/imports/import-source.js";

interface FetchOptions {
  readonly pictureHosts: readonly string[];
  readonly maxImageBytes: number;
  /** For one picture. */
  readonly deadlineMs: number;
}

/** Pictures of an import's addresses, by the rules of those that a gateway fetches (U2 to U5); undefined where no host is listed. */
export function fetchForImports({ pictureHosts, maxImageBytes, deadlineMs }: FetchOptions): FetchPicture | undefined {
  const hosts = new PictureHosts(pictureHosts);
  if (hosts.isEmpty) return undefined;
  const lookup = lookupByDns();
  const lookups = { lookup, lookupNamed: lookupNamed(lookup) };
  return async function* (address, signal) {
    const late = new AbortController();
    const timer = setTimeout(
      () => late.abort(new DOMException("the picture took too long", "TimeoutError")),
      deadlineMs,
    );
    try {
      const limited = AbortSignal.any([signal, late.signal]);
      yield* (await fetchPicture(address, { hosts, maxBytes: maxImageBytes, signal: limited, ...lookups })).body;
    } finally {
      clearTimeout(timer);
    }
  };
}
