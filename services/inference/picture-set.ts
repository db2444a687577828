import { keyOfTenant } from "../runtime/callers/tenant.js";
import { invalidArgument } from "../runtime/errors.js";
import { checkImageId } from "../runtime/image-id.js";
import type { Origin } from "../runtime/tracing/origin.js";

/** Pictures of one tenant: one, or all that it has. */
export interface PictureSet {
  readonly tenant: string | undefined;
  /** As `checkImageId` gives it; all of the tenant's when undefined. */
  readonly imageId: string | undefined;
  /** How the keys of all that is kept of them begin, and no others. */
  readonly prefix: string;
}

/** What requests of every kind name pictures by. */
type Request = { case: "imageId"; value: string } | { case: "everything"; value: boolean } | { case: undefined };

/** How a key of something of a picture begins: of its tenant's, and of this one picture's. */
const ofPicture = /^(t=[^:]+:)?sha256:[0-9a-f]{64}:/;

/** How all keys of the nameless tenant begin: those of others begin with its name. */
const nameless = "sha256:";

export function pictureSet(tenant: string | undefined, imageId: string | undefined): PictureSet {
  const all = tenant === undefined ? nameless : keyOfTenant(tenant, "");
  return { tenant, imageId, prefix: imageId === undefined ? all : keyOfTenant(tenant, `${imageId}:`) };
}

/** The prefixes of the sets that a key is of: that of its picture, and that of its tenant. */
export function prefixesOf(key: string): string[] {
  const [picture, tenant = nameless] = ofPicture.exec(key) ?? [];
  return picture === undefined ? [] : [picture, tenant];
}

/**
 * The pictures that a request means, of those of its tenant.
 * @throws ServiceError INVALID_ARGUMENT for no image id, and when neither a picture nor everything is named.
 */
export function requestedPictures(images: Request, { tenant }: Pick<Origin, "tenant">): PictureSet {
  if (images.case === "imageId") return pictureSet(tenant, checkImageId(images.value));
  if (images.case === "everything" && images.value) return pictureSet(tenant, undefined);
  throw invalidArgument("Say which pictures: an `image_id`, or `everything`.");
}
