import type { IncomingMessage } from "node:http";
import { errorCodes, type FastifyInstance, type FastifyRequest } from "fastify";
import { inTime, type PaceLimits } from "../../../services/runtime/limits/arrival-pace.js";
import type { UploadBudget } from "../../../services/runtime/limits/upload-budget.js";
import { callerOf } from "../observe-requests.js";

interface BodyOptions {
  /** What bodies may take of this process's memory, until their requests are answered. */
  passing: UploadBudget;
  pace: PaceLimits;
}

/** Gives the routes of `app` their bodies whole, as bytes, whatever type they say, within each one's limit and a budget of all. */
export function takeBudgetedBodies(app: FastifyInstance, { passing, pace: limits }: BodyOptions): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", async (request: FastifyRequest, body: IncomingMessage) => {
    const maxBytes = request.routeOptions.bodyLimit ?? 0;
    if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE();
    const { key: caller = "", tenant } = callerOf(request) ?? {};
    const held = passing.begin({ caller, tenant });
    request.raw.once("close", () => held.release());
    return inTime(limits, async (pace) => {
      const pieces: Uint8Array[] = [];
      let total = 0;
      // Left early, the connection stays for the answer.
      for await (const piece of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
        total += piece.byteLength;
        if (total > maxBytes) throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE();
        held.grow(total);
        pace.arrived(piece.byteLength);
        pieces.push(piece);
      }
      return Buffer.concat(pieces, total);
    });
  });
}
