import { invalidArgument } from "../../runtime/errors.js";
import { pictureKey } from "../files/keys.js";
import type { OnDemand } from "../on-demand.js";
import type { Parts } from "../parts.js";
import type { Handlers } from "./handlers.js";
import { sendFile } from "./send-file.js";
import { whoOf } from "./who.js";

export function fetchPicture(parts: Pick<OnDemand<Parts>, "get">): Handlers["fetchPicture"] {
  return async (request, send, { origin, signal }) => {
    const { pictures, files } = await parts.get();
    const who = whoOf(origin);
    const { imageId, bytes, mediaType, name } = await pictures.file(who, request);
    if (Number(request.offset) > bytes) throw invalidArgument(`The file has ${bytes} bytes.`);
    const file = { bytes, mediaType, name };
    await sendFile(file, (range) => files.get(pictureKey(who.tenant, imageId), range), request, send, signal);
  };
}
