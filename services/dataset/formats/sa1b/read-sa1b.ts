import { fieldsOf, listIn, numberIn, parseFields, textIn } from "../parse/fields.js";
import { jsonElements } from "../parse/json-elements.js";
import { scoresIn } from "../parse/scores.js";
import { problemOf, Unreadable } from "../parse/unreadable.js";
import type { FoundPictures } from "../pictures/found-pictures.js";
import { rleMask } from "../shapes/shapes.js";
import { ownId, SourceIds } from "../shapes/source-ids.js";
import type { Found, FoundPicture, Source } from "../types.js";

/** A picture's file of SA-1B. Boxes and areas are the masks', and not read: some writers' are a pixel off. */
export async function* readSa1b(source: Source, file: string, pictures: FoundPictures): AsyncGenerator<Found> {
  let picture: (FoundPicture & { width: number; height: number }) | undefined;
  const ids = new SourceIds();
  // The picture may come last.
  for (const pass of [{ values: ["image"] }, { arrays: ["annotations"] }]) {
    try {
      for await (const { key, text, line, index } of jsonElements(source.open(file), pass)) {
        try {
          if (key === "image") {
            const image = parseFields(text, "image");
            const width = numberIn(image, "width", "image");
            const height = numberIn(image, "height", "image");
            const [found, isNew] = pictures.add({ name: textIn(image, "file_name", "image"), by: file, width, height });
            picture = { ...found, width, height };
            if (isNew) yield found;
          } else if (picture) {
            const annotation = parseFields(text, "annotation");
            const rle = fieldsOf(annotation.segmentation, "segmentation");
            yield {
              kind: "object",
              picture: picture.name,
              rle: rleMask(listIn(rle, "size"), rle.counts, picture.width, picture.height),
              attributes: {},
              ...scoresIn(annotation),
              file,
              sourceId: ids.next(annotation.id, index),
              ...ownId(annotation.id),
            };
          }
        } catch (error) {
          yield problemOf(error, file, line);
        }
      }
      if (!picture) throw new Unreadable("The file has no image.");
    } catch (error) {
      return yield problemOf(error, file);
    }
  }
}
