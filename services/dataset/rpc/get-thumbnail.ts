import { notFound } from "../faults.js";
import type { OnDemand } from "../on-demand.js";
import type { Parts } from "../parts.js";
import type { Handlers } from "./handlers.js";
import { whoOf } from "./who.js";

export function getThumbnail(parts: Pick<OnDemand<Parts>, "get">): Handlers["getThumbnail"] {
  return async (request, { origin, signal }) => {
    const { pictures, thumbnails } = await parts.get();
    const picture = await pictures.file(whoOf(origin), request);
    const { imageId } = picture;
    if (request.imageId !== "" && request.imageId !== imageId) {
      throw notFound(`Picture ${request.picture} is not ${request.imageId.slice(0, 80)}.`);
    }
    return { ...(await thumbnails.get(picture, request.size, origin, signal)), imageId };
  };
}
