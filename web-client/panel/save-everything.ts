import { create } from "@bufbuild/protobuf";
import { ImageInfoSchema, sa1bRecord, sa1bText } from "../../proto/index.js";
import type { Picture } from "../state/state.js";
import { fileName } from "../take-away/file-names.js";
import { download } from "./download.js";

/** Every mask that was found, as the SA-1B data set writes them. */
export function saveEverything(picture: Picture): void {
  if (picture.kind === "empty" || picture.everything.kind === "off") return;
  const { imageId = "", width, height, name } = picture.info;
  const annotations = picture.everything.found.toSorted((a, b) => a.id - b.id);
  const record = sa1bRecord(create(ImageInfoSchema, { imageId, width, height }), name, annotations);
  download(new Blob([sa1bText(record)], { type: "application/json" }), fileName(name, "everything.json"));
}
