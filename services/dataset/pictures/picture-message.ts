import type { MessageInitShape } from "@bufbuild/protobuf";
import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { Selectable } from "kysely";
import { type DatasetPictureSchema, PictureReadingSchema } from "../../../proto/index.js";
import type { Schema } from "../database/schema.js";

export type PictureRow = Selectable<Schema["pictures"]>;

export function pictureMessage(row: PictureRow, now = new Date()): MessageInitShape<typeof DatasetPictureSchema> {
  const { image_id: imageId, width, height, reading } = row;
  const isHeld = row.held_by !== null && row.held_until !== null && row.held_until > now;
  return {
    id: row.id,
    image: {
      imageId,
      width,
      height,
      ...(reading && { reading: fromJson(PictureReadingSchema, reading as JsonValue, { ignoreUnknownFields: true }) }),
    },
    name: row.name,
    bytes: row.bytes,
    split: row.split,
    attributes: row.attributes,
    state: row.state,
    revision: row.revision,
    addedAt: timestampFromDate(row.added_at),
    addedBy: row.added_by,
    objects: row.objects,
    proposed: row.proposed,
    toReview: row.to_review,
    accepted: row.accepted,
    rejected: row.rejected,
    sequence: row.sequence ?? 0n,
    frame: row.frame ?? 0,
    ...(row.time_ms !== null && { timeMs: Number(row.time_ms) }),
    heldBy: isHeld ? (row.held_by ?? "") : "",
  };
}
