import type { IncomingMessage } from "node:http";
import { errorCodes, type FastifyInstance, type FastifyRequest } from "fastify";
import { inTime, type PaceLimits } from "../../services/runtime/limits/arrival-pace.js";
import type { HeldUpload, UploadBudget } from "../../services/runtime/limits/upload-budget.js";
import type { UploadRate } from "../callers/upload-rate.js";
import { callerOf } from "./observe-requests.js";
import { announcedBytes } from "./upload-body.js";

/** What holds for bodies that are kept until they are answered, whichever route they are for. */
export interface BodyLimits {
  readonly pace: PaceLimits;
  /** What they may take of this process's memory, uploads on their way through among them (H18). */
  readonly passing: UploadBudget;
  /** What a caller may send a second (H19). */
  readonly rate: UploadRate;
}

/** Takes a body's pieces as they come. @param held what they are kept in. */
type TakePiece = (piece: Uint8Array, total: number, held: HeldUpload) => void;

const begun = new WeakMap<FastifyRequest, HeldUpload>();

/**
 * Gives the routes of `app`, each within its own limit, what `take` makes of their bodies, whatever type they say: scripts seldom set one. What is held
 * for them is given back when they are answered, or their senders gone.
 */
export function takeArriving(
  app: FastifyInstance,
  limits: BodyLimits,
  begin: (request: FastifyRequest) => { take: TakePiece; end: (total: number) => unknown },
): void {
  app.removeAllContentTypeParsers();
  app.addHook("onRequest", (request, reply, done) => {
    reply.raw.once("close", () => begun.get(request)?.release());
    done();
  });
  app.addContentTypeParser("*", async (request: FastifyRequest, body: IncomingMessage) => {
    const { take, end } = begin(request);
    return end(await arrived(request, body, limits, take));
  });
}

/**
 * @returns how many bytes have come. @throws an error of the framework for more than the route takes, announced or not; a ServiceError for what its caller's
 * rate or the budget has no room for, and for a sender that stops (H17).
 */
async function arrived(
  request: FastifyRequest,
  body: IncomingMessage,
  { pace: limits, passing, rate }: BodyLimits,
  take: TakePiece,
): Promise<number> {
  const maxBytes = request.routeOptions.bodyLimit ?? 0;
  const announced = announcedBytes(request);
  if (announced > maxBytes) throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE();
  const { key: caller = "", tenant } = callerOf(request) ?? {};
  const rated = rate.begin(caller, announced);
  const held = passing.begin({ caller, tenant });
  begun.set(request, held);
  try {
    return await inTime(limits, async (pace) => {
      let total = 0;
      // Left early, the connection stays for the answer.
      for await (const piece of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
        total += piece.byteLength;
        if (total > maxBytes) throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE();
        pace.arrived(piece.byteLength);
        rated.arrived(piece.byteLength);
        take(piece, total, held);
      }
      return total;
    });
  } finally {
    rated.end();
  }
}
