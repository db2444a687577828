import { Code, ServiceError } from "../../services/runtime/errors.js";
import type { Decoders } from "../peers/decoders.js";
import type { Encoders, PicturesToDelete } from "../peers/encoders.js";
import type { Answer } from "./answer.js";

/** For a server that is started again. */
const retryAfterMs = 5000;

/**
 * Has pictures of the call's tenant deleted everywhere (K4 to K6): the encoders let go of them first, so that none puts anything
 * back, then the shared cache is emptied, then the decoders, which could have read it until then. Goes as far as it can.
 */
export function deleteImages(
  encoders: Pick<Encoders, "deleteImages" | "deleteShared">,
  decoders: Pick<Decoders, "forgetImages">,
): Answer<PicturesToDelete, void> {
  return async function deletion(images, call) {
    const failures = await encoders.deleteImages(images, call);
    await encoders.deleteShared(images, call).catch((error: unknown) => failures.push(error));
    failures.push(...(await decoders.forgetImages(images, call)));
    call.signal.throwIfAborted();
    const told = failures.find((error) => error instanceof ServiceError && !isOutOfReach(error));
    if (told) throw told;
    if (failures.length > 0) throw notEverywhere(failures);
  };
}

/** Of a server; what it says of the cache is worth more. */
const isOutOfReach = ({ code, reason }: ServiceError) =>
  reason !== "CACHE_LOST" &&
  [Code.UNAVAILABLE, Code.CANCELLED, Code.DEADLINE_EXCEEDED, Code.RESOURCE_EXHAUSTED].includes(code);

function notEverywhere([cause, ...others]: unknown[]): ServiceError {
  const many = others.length > 0 ? `${others.length + 1} servers` : "a server";
  const message = `It is deleted but for what ${many} could not be told of; ask again until this succeeds.`;
  return new ServiceError({ code: Code.UNAVAILABLE, message, retryAfterMs, cause });
}
