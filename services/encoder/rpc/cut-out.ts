import type { Admission } from "../../inference/admission.js";
import { invalidArgument } from "../../runtime/errors.js";
import { checkImageId } from "../../runtime/image-id.js";
import { holderOf } from "../../runtime/limits/shares.js";
import type { UploadBudget } from "../../runtime/limits/upload-budget.js";
import type { ImageStore } from "../../stores/image-store.js";
import type { EncodeLine } from "../encodes/encode-line.js";
import { notHere } from "../encodes/not-here.js";
import type { ImageLimits } from "../images/open-picture.js";
import type { Handlers } from "./handlers.js";
import { sendInChunks } from "./send-in-chunks.js";

interface Objects {
  uploads: Pick<UploadBudget, "begin">;
  admission: Admission;
  images: Pick<ImageStore, "get">;
  line: () => Pick<EncodeLine, "cutOut">;
  limits: ImageLimits;
  isCacheUp: () => boolean;
}

/** A mask on a stored picture -> what is within it, as a file. Nothing of it is kept. */
export function cutOut({ uploads, admission, images, line, limits, isCacheUp }: Objects): Handlers["cutOut"] {
  return async ({ imageId, rle }, send, { signal, origin }) => {
    const { caller, tenant } = origin;
    const picture = { tenant, imageId: checkImageId(imageId) };
    const [height, width] = rle?.size ?? [];
    if (!rle || height === undefined || width === undefined) throw invalidArgument("Say which mask is to be cut out.");
    admission.check("uploads");
    // Its file is here until what was cut out of it has left, as an upload's is until its embedding is stored.
    const held = uploads.begin(holderOf(origin));
    try {
      const stored = await images.get(picture);
      if (!stored) throw notHere("The picture is not stored; upload it.", isCacheUp());
      held.grow(stored.file.byteLength);
      const mask = { width, height, counts: rle.counts };
      const file = await line().cutOut([stored.file], { ...mask, limits }, { signal, caller, tenant });
      await sendInChunks(file, send, signal);
    } finally {
      held.release();
    }
  };
}
