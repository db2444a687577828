import { ServiceError } from "../../../services/runtime/errors.js";
import type { Call } from "../../../services/runtime/grpc/call.js";
import type { Metrics } from "../../../services/runtime/host-metrics.js";
import { ImageDigest } from "../../../services/runtime/image-id.js";
import { withDeadline } from "../../ask/deadline.js";
import { fetchPicture } from "../../fetch/fetch-picture.js";
import { type LookupAll, lookupByDns } from "../../fetch/lookup-by-dns.js";
import { lookupNamed } from "../../fetch/lookup-named.js";
import { PictureHosts } from "../../fetch/picture-hosts.js";
import { Places } from "../../http/places.js";
import type { Asked } from "./adapter.js";
import type { DecodedFile } from "./base64-bytes.js";

export interface FetchLimits {
  /** As `MASKWIRE_PICTURE_HOSTS` has them. */
  readonly pictureHosts: readonly string[];
  readonly maxImageBytes: number;
  readonly deadlineMs: number;
  readonly metrics: Pick<Metrics, "limitHit">;
}

/** Each holds a connection to somewhere else for as long as that side likes, up to the deadline. */
const maxFetches = 16;
const retryAfterMs = 1000;

/** Pictures from other hosts, within the rules of pictures by URL (U2, U3, U6). */
export class FileFetcher {
  /** Of hosts that the operator has named. */
  readonly lookupNamed: LookupAll;
  readonly #places: Places;
  readonly #open: (url: URL, call: Call & Pick<Asked, "hold">) => Promise<DecodedFile>;

  /** @param credentials as `fetchPicture` takes them. */
  constructor(limits: FetchLimits, credentials?: (url: URL) => Promise<Record<string, string>> | undefined) {
    const lookup = lookupByDns();
    this.lookupNamed = lookupNamed(lookup);
    this.#places = new Places({
      count: maxFetches,
      limits: { full: "fetches", share: "fetches_share" },
      refusal: "Too many pictures are being fetched at once; try again.",
      retryAfterMs,
      metrics: limits.metrics,
    });
    const options = {
      hosts: new PictureHosts(limits.pictureHosts),
      maxBytes: limits.maxImageBytes,
      lookup,
      lookupNamed: this.lookupNamed,
    };
    this.#open = withDeadline(limits.deadlineMs, async (url, { signal, hold }) => {
      const { body } = await fetchPicture(url.href, { ...options, signal, ...(credentials && { credentials }) });
      return wholeFile(body, hold);
    });
  }

  /** A picture from the first address that has it. @throws ServiceError of `fetchPicture`; RESOURCE_EXHAUSTED for too many at once. */
  async fetch(
    [first, ...others]: readonly [URL, ...URL[]],
    { call, hold, request, reply }: Asked,
  ): Promise<DecodedFile> {
    this.#places.enter(request, reply);
    const open = (url: URL) => this.#open(url, { ...call, hold });
    let found = open(first);
    for (const url of others) {
      found = found.catch((error: unknown) => {
        if (error instanceof ServiceError && error.reason === "PICTURE_HOST") return open(url);
        throw error;
      });
    }
    return found;
  }
}

async function wholeFile(body: AsyncIterable<Uint8Array>, hold: Asked["hold"]): Promise<DecodedFile> {
  const digest = new ImageDigest();
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.byteLength;
    hold(bytes);
    digest.update(piece);
    pieces.push(piece);
  }
  return { imageId: digest.imageId(), pieces, bytes };
}
