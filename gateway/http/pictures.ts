import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import type { FastifyInstance } from "fastify";
import { Code, isInternal, ServiceError } from "../../services/runtime/errors.js";
import { replyError } from "../../services/runtime/http/reply-error.js";
import type { Metrics } from "../../services/runtime/metrics.js";
import { withDeadline } from "../deadline.js";
import { fetchPicture } from "../fetch/fetch-picture.js";
import { type LookupAll, lookupByDns } from "../fetch/lookup-by-dns.js";
import { lookupNamed } from "../fetch/lookup-named.js";
import { PictureHosts } from "../fetch/picture-hosts.js";
import { callerSignal } from "./caller-signal.js";
import { Places } from "./places.js";

interface Pictures {
  /** Names, addresses, `*.example.org` or `*`; none refuses every picture. */
  pictureHosts: readonly string[];
  maxImageBytes: number;
  deadlineMs: number;
  metrics: Pick<Metrics, "limitHit">;
  /** In place of DNS. */
  lookup?: LookupAll;
}

/** Each holds a connection to somewhere else for as long as that side likes, up to the deadline. */
const maxUnderWay = 16;
const retryAfterMs = 1000;

/** `GET /v1/pictures?url=`: a picture from another host, for the browser to treat as a file that was chosen (U1 to U6). */
export async function pictureRoute(app: FastifyInstance, options: Pictures): Promise<void> {
  const { maxImageBytes: maxBytes, deadlineMs, metrics, lookup = lookupByDns() } = options;
  const hosts = new PictureHosts(options.pictureHosts);
  const lookups = { lookup, lookupNamed: lookupNamed(lookup) };
  const places = new Places({
    count: maxUnderWay,
    limits: { full: "fetches", share: "fetches_share" },
    refusal: "Too many pictures are being fetched at once; try again.",
    retryAfterMs,
    metrics,
  });

  app.get<{ Querystring: { url?: string } }>("/v1/pictures", { exposeHeadRoute: false }, async (request, reply) => {
    const caller = callerSignal(reply);
    try {
      if (hosts.isEmpty) {
        const message = "Pictures are not fetched from other hosts here; upload the file.";
        throw new ServiceError({ code: Code.PERMISSION_DENIED, message });
      }
      places.enter(request, reply);
      return await withDeadline(caller, deadlineMs, async (signal) => {
        const picture = await fetchPicture(request.query.url ?? "", { hosts, maxBytes, signal, ...lookups });
        reply
          .headers({
            "content-type": picture.type,
            "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; sandbox",
            "content-disposition": "attachment",
            "cross-origin-resource-policy": "same-origin",
            "cache-control": "no-store",
            ...(picture.bytes === undefined ? {} : { "content-length": picture.bytes }),
          })
          .send(Readable.from(picture.body, { objectMode: false }));
        // The deadline is for all of it. What breaks off now breaks the answer off, which says so.
        await finished(reply.raw).catch(() => {});
        return reply;
      });
    } catch (error) {
      if (isInternal(error)) request.log.error({ err: error }, "request failed");
      return replyError(reply, error);
    }
  });
}
