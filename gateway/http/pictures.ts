import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import type { FastifyInstance, FastifyReply } from "fastify";
import { requireScope } from "../../services/runtime/callers/access.js";
import { Code, isInternal, ServiceError } from "../../services/runtime/errors.js";
import type { Call } from "../../services/runtime/grpc/call.js";
import type { Metrics } from "../../services/runtime/host-metrics.js";
import { replyError } from "../../services/runtime/http/reply-error.js";
import { withDeadline } from "../ask/deadline.js";
import { fetchPicture } from "../fetch/fetch-picture.js";
import { type LookupAll, lookupByDns } from "../fetch/lookup-by-dns.js";
import { lookupNamed } from "../fetch/lookup-named.js";
import { PictureHosts } from "../fetch/picture-hosts.js";
import { callOf } from "./call-of.js";
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

  const describes = {
    summary: "A picture that another host has, where that is allowed",
    query: { url: "Its address." },
    gives: { file: "The picture's file, of the type that its host says." },
  };

  /** The deadline is for all of it. */
  const passOn = withDeadline(
    deadlineMs,
    async ({ url, reply }: { url: string; reply: FastifyReply }, { signal }: Call) => {
      const picture = await fetchPicture(url, { hosts, maxBytes, signal, ...lookups });
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
      // What breaks off now breaks the answer off, which says so.
      await finished(reply.raw).catch(() => {});
      return reply;
    },
  );

  app.get<{ Querystring: { url?: string } }>(
    "/v1/pictures",
    { exposeHeadRoute: false, config: { describes } },
    async (request, reply) => {
      const call = callOf(request, reply);
      try {
        if (hosts.isEmpty) {
          const message = "Pictures are not fetched from other hosts here; upload the file.";
          throw new ServiceError({ code: Code.PERMISSION_DENIED, message });
        }
        requireScope(call.principal, "upload");
        places.enter(request, reply);
        return await passOn({ url: request.query.url ?? "", reply }, call);
      } catch (error) {
        if (isInternal(error)) request.log.error({ err: error }, "request failed");
        return replyError(reply, error);
      }
    },
  );
}
