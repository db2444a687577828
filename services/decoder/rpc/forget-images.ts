import { requestedPictures } from "../../inference/picture-set.js";
import type { PictureDeletion } from "../../stores/picture-deletion.js";
import type { Pictures } from "../pictures/pictures.js";
import type { Handlers } from "./handlers.js";

interface Objects {
  pictures: Pick<Pictures, "forget">;
  deletion: Pick<PictureDeletion, "forget">;
}

/** Pictures of a tenant, in this process and its workers. */
export function forgetImages({ pictures, deletion }: Objects): Handlers["forgetImages"] {
  return async ({ images }, { origin, audited }) => {
    const set = requestedPictures(images, origin);
    audited.does("delete", set.imageId);
    deletion.forget(set);
    pictures.forget(set);
    return {};
  };
}
