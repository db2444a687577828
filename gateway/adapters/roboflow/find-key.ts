import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { FastifyRequest } from "fastify";
import { type ArrivalPace, inTime, type PaceLimits } from "../../../services/runtime/limits/arrival-pace.js";

/** A key stands before the picture, or it is not looked for: of a stranger no more is read. */
const headBytes = 16 * 1024;
const keyField = /"api_key"\s*:\s*"([^"\\]+)"/;

/** Where Roboflow's clients carry a key: in the address, as a bearer, or at the head of the body. */
export function findKey(pace: PaceLimits) {
  return (request: FastifyRequest): string | undefined | Promise<string | undefined> => {
    const { api_key: key } = request.query as { api_key?: unknown };
    if (typeof key === "string" && key !== "") return `Bearer ${key}`;
    const { authorization } = request.headers;
    if (authorization !== undefined || request.method !== "POST") return authorization;
    return inTime(pace, (arrival) => keyIn(request.raw, arrival));
  };
}

async function keyIn(body: IncomingMessage, pace: ArrivalPace): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let total = 0;
  let key: string | undefined;
  while (key === undefined && total < headBytes && !body.destroyed) {
    const piece = body.read() as Buffer | null;
    if (piece) {
      pieces.push(piece);
      total += piece.byteLength;
      pace.arrived(piece.byteLength);
      key = keyField.exec(Buffer.concat(pieces).toString("latin1"))?.[1];
    } else if (body.complete) break;
    else await Promise.race([once(body, "readable"), once(body, "close")]);
  }
  // For who reads the body itself.
  if (total > 0) body.unshift(Buffer.concat(pieces));
  return key === undefined ? undefined : `Bearer ${key}`;
}
