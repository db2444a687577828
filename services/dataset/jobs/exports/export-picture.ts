import type { PictureFiles } from "../../files/picture-files.js";
import type { ExportPicture } from "../../formats/types.js";
import type { PictureInVersion } from "./export-rows.js";

export interface PictureOptions {
  /** Undefined: picture files are not asked for. */
  readonly files: { readonly pictures: PictureFiles; readonly tenant: string | undefined } | undefined;
}

export function pictureOf(
  { id, name, width, height, attributes, image_id: imageId, sequence, frame }: PictureInVersion,
  { files }: PictureOptions,
): ExportPicture {
  const open = files && (() => files.pictures.open({ tenant: files.tenant, imageId }));
  const place = sequence !== null && frame !== null && { frame: { sequence: Number(sequence), number: frame } };
  return { id: Number(id), name, width, height, attributes, ...place, ...(open && { open }) };
}
