import type { FastifyInstance } from "fastify";
import { type BodyLimits, takeArriving } from "./arriving-body.js";

/** Gives the routes of `app` their bodies whole, as bytes. Each is to have a limit of its own. */
export function takeWholeBodies(app: FastifyInstance, limits: BodyLimits): void {
  takeArriving(app, limits, () => {
    const pieces: Uint8Array[] = [];
    return {
      take: (piece, total, held) => {
        held.grow(total);
        pieces.push(piece);
      },
      end: (total) => Buffer.concat(pieces, total),
    };
  });
}
