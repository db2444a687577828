import type { IncomingMessage } from "node:http";
import { errorCodes, type FastifyInstance, type FastifyRequest } from "fastify";
import { inTime, type PaceLimits } from "../../services/runtime/limits/arrival-pace.js";

/** Gives the routes of `app` their bodies whole, as bytes, whatever type they say: scripts seldom set one. Each is to have
 * `maxBytes` for its limit, to say it with. */
export function takeWholeBodies(app: FastifyInstance, maxBytes: number, pace: PaceLimits): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", async ({ headers }: FastifyRequest, body: IncomingMessage) => {
    if (Number(headers["content-length"] ?? 0) > maxBytes) throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE();
    return readWhole(body, maxBytes, pace);
  });
}

/** @throws an error of the framework for more than `maxBytes`, and a ServiceError for a sender that stops (H17). */
function readWhole(body: IncomingMessage, maxBytes: number, limits: PaceLimits): Promise<Buffer> {
  return inTime(limits, async (pace) => {
    const pieces: Uint8Array[] = [];
    let total = 0;
    // Left early, the connection stays for the answer.
    for await (const piece of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      total += piece.byteLength;
      if (total > maxBytes) throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE();
      pace.arrived(piece.byteLength);
      pieces.push(piece);
    }
    return Buffer.concat(pieces, total);
  });
}
