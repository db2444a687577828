import { create, type MessageInitShape, toJson } from "@bufbuild/protobuf";
import {
  type AddPictureHeader,
  AddPictureHeaderSchema,
  type DatasetPictureSchema,
  PictureReadingSchema,
} from "../../../proto/index.js";
import { Code, invalidArgument, ServiceError } from "../../runtime/errors.js";
import { checkImageId } from "../../runtime/image-id.js";
import { inTime } from "../../runtime/limits/arrival-pace.js";
import { holderOf } from "../../runtime/limits/shares.js";
import type { UploadBudget } from "../../runtime/limits/upload-budget.js";
import { formatOf } from "../../runtime/offered-formats.js";
import type { Measure } from "../measure.js";
import type { OnDemand } from "../on-demand.js";
import type { Parts } from "../parts.js";
import { findSet } from "../sets/find-set.js";
import type { Who } from "../who.js";
import { checkLists } from "./check-lists.js";
import type { Handlers } from "./handlers.js";
import { type PictureLimits, readPicture } from "./read-picture.js";
import { whoOf } from "./who.js";

interface AddObjects {
  parts: Pick<OnDemand<Parts>, "get">;
  /** Whether it is a picture, and of what size. */
  measure: Measure;
  uploads: UploadBudget;
  limits: PictureLimits;
}

/** Header, chunks -> kept, and in the set. Its file is kept before the set knows of it: what is in a set is never without. */
export function addPicture({ parts, measure, uploads, limits }: AddObjects): Handlers["addPicture"] {
  return async (requests, { origin, take, audited }) => {
    const held = uploads.begin(holderOf(origin));
    try {
      const messages = requests[Symbol.asyncIterator]();
      const first = await inTime(limits.pace, () => messages.next());
      if (first.done || first.value.part.case !== "header") {
        throw invalidArgument("The first message of AddPicture must be its header.");
      }
      const header = first.value.part.value;
      checkLists(AddPictureHeaderSchema, header);
      const claimedId = header.imageId && checkImageId(header.imageId);
      const who = whoOf(origin, header.person);
      const opened = await parts.get();
      // Who names none that there is sends nothing in vain.
      await findSet(opened.database.db, who, header.dataset);
      const [rate, kept] = [take("bytesPerSecond", 0), take("storedBytes", 0)];
      const arrived = await readPicture(messages, limits, held);
      audited.does("dataset", arrived?.imageId ?? claimedId);
      if (!arrived) return await addStored(opened, who, header, claimedId);
      const { bytes, imageId } = arrived;
      rate.correct(bytes.byteLength);
      if (claimedId && claimedId !== imageId) {
        throw invalidArgument(`The bytes have the digest ${imageId}, not ${claimedId} as the header says.`);
      }
      const size = await measure(bytes, origin);
      const keep = () => opened.pictureFiles.add({ tenant: who.tenant, imageId }, [bytes], size);
      const picture = {
        ...asNamed(header),
        imageId,
        width: size.width,
        height: size.height,
        reading: toJson(PictureReadingSchema, create(PictureReadingSchema, size.reading)),
        bytes: bytes.byteLength,
        mediaType: mediaTypeOf(bytes),
      };
      const added = await opened.pictures.add(who, header.dataset, picture, keep);
      kept.correct(bytes.byteLength);
      return added;
    } finally {
      held.release();
    }
  };
}

/** One that is kept already, of this tenant's. @throws ServiceError NOT_FOUND */
async function addStored(
  { pictureFiles, pictures }: Parts,
  who: Who,
  header: AddPictureHeader,
  imageId: string,
): Promise<MessageInitShape<typeof DatasetPictureSchema>> {
  if (!imageId) throw invalidArgument("Send the picture's bytes, or the image_id of one that is kept already.");
  const picture = { tenant: who.tenant, imageId };
  const [size, bytes] = await Promise.all([pictureFiles.describe(picture), pictureFiles.bytesOf(picture)]);
  if (!size || bytes === undefined) throw notKept();
  const { width, height } = size;
  const mediaType = mediaTypeOf(await headOf(pictureFiles.open(picture)));
  const added = { ...asNamed(header), imageId, width, height, bytes, mediaType };
  return pictures.add(who, header.dataset, added, async () => {
    // The last set that had it may have been taken away in between; from here on its file stays.
    if ((await pictureFiles.bytesOf(picture)) === undefined) throw notKept();
  });
}

const notKept = () =>
  new ServiceError({ code: Code.NOT_FOUND, message: "This picture is not kept here; send its bytes." });

async function headOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  for await (const chunk of chunks) return chunk;
  return new Uint8Array();
}

const asNamed = ({ name, split, attributes }: AddPictureHeader) => ({ name, split, attributes });

/** Formats are told by what they begin with; all that are taken have a type of that name. */
const mediaTypeOf = (bytes: Uint8Array) => `image/${formatOf(bytes) ?? "unknown"}`;
