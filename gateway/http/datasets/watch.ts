import type { FastifyInstance } from "fastify";
import { DatasetJobSchema, DatasetService, GetJobRequestSchema } from "../../../proto/index.js";
import { isInternal } from "../../../services/runtime/errors.js";
import type { Metrics } from "../../../services/runtime/host-metrics.js";
import type { DatasetDoor } from "../../ask/datasets.js";
import { writeJsonMessage } from "../../json/write-json-message.js";
import { callOf } from "../call-of.js";
import { JsonLines } from "../json-lines.js";
import { Places } from "../places.js";
import { handle } from "./handle.js";
import { putPathFields, type Query, queryMessage } from "./query-message.js";

interface WatchRoute {
  datasets: DatasetDoor;
  metrics: Pick<Metrics, "limitHit">;
  /** In place of the usual. */
  silenceMs?: number;
}

/** Each is a connection, and a stream to the tier. */
const maxWatches = 256;
const retryAfterMs = 1000;

/** `GET /v1/datasets/:dataset/jobs/:job/watch` (M6). */
export async function watchRoute(app: FastifyInstance, { datasets, metrics, silenceMs }: WatchRoute): Promise<void> {
  const places = new Places({
    count: maxWatches,
    limits: { full: "watches", share: "watches_share" },
    refusal: "Too many jobs are being watched at once; try again.",
    retryAfterMs,
    metrics,
  });
  const describes = {
    summary: "A job, a line with every change until it ends",
    gives: { lines: DatasetJobSchema },
  };
  app.get(
    "/v1/datasets/:dataset/jobs/:job/watch",
    { config: { describes } },
    handle(async (request, reply) => {
      const wanted = queryMessage(GetJobRequestSchema, request.query as Query);
      putPathFields(GetJobRequestSchema, wanted, request.params as Query);
      places.enter(request, reply);
      const jobs = datasets.stream(DatasetService.method.watchJob, wanted, callOf(request, reply));
      // What is refused at once has its status.
      const first = await jobs.next();
      const lines = new JsonLines(reply, { silenceMs });
      try {
        for (let next = first; !next.done; next = await jobs.next()) {
          if (!lines.tell(writeJsonMessage(DatasetJobSchema, next.value))) await lines.drained();
        }
        return lines.end();
      } catch (error) {
        if (isInternal(error)) request.log.error({ err: error }, "request failed");
        return lines.fail(error);
      }
    }),
  );
}
