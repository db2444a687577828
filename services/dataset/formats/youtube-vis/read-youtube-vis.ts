import {
  type Fields,
  fieldsOf,
  finiteNumber,
  isFields,
  listIn,
  numberIn,
  parseFields,
  parseJson,
  textIn,
} from "../parse/fields.js";
import { jsonElements } from "../parse/json-elements.js";
import { problemOf, Unreadable } from "../parse/unreadable.js";
import type { FoundPictures } from "../pictures/found-pictures.js";
import { folderOf } from "../pictures/plain-name.js";
import { polygonMask, rleMask } from "../shapes/shapes.js";
import { ownId, SourceIds } from "../shapes/source-ids.js";
import type { Found, FoundPicture, Mask, Source } from "../types.js";

interface Video {
  /** By their places; undefined of one without a name. */
  readonly frames: readonly (FoundPicture | undefined)[];
  readonly width: number;
  readonly height: number;
}

interface Tables {
  readonly videos: Map<unknown, Video>;
  readonly categories: Map<unknown, string>;
}

/** A file of YouTube-VIS, and of what is like it: each video a sequence, each annotation a track. */
export async function* readYoutubeVis(source: Source, file: string, pictures: FoundPictures): AsyncGenerator<Found> {
  const tables: Tables = { videos: new Map(), categories: new Map() };
  try {
    yield* readTables(source, file, pictures, tables);
    yield* readTracks(source, file, tables);
  } catch (error) {
    yield problemOf(error, file);
  }
}

async function* readTables(
  source: Source,
  file: string,
  pictures: FoundPictures,
  { videos, categories }: Tables,
): AsyncGenerator<Found> {
  const elements = jsonElements(source.open(file), { arrays: ["videos"], values: ["categories"] });
  for await (const { key, text, line } of elements) {
    try {
      if (key === "categories") {
        const all = parseJson(text, "list of categories");
        if (!Array.isArray(all)) throw new Unreadable("The categories are no list.");
        for (const one of all) categories.set(idOf(fieldsOf(one, "category").id), textIn(one, "name", "category"));
        continue;
      }
      const video = parseFields(text, "video");
      const [width, height] = [numberIn(video, "width", "video"), numberIn(video, "height", "video")];
      const names = listIn(video, "file_names");
      const sequence = nameOf(video, names);
      const rate = finiteNumber(video.frame_rate ?? video.fps);
      const frameRate = rate !== undefined && rate > 0 && { frameRate: rate };
      const frames: (FoundPicture | undefined)[] = [];
      for (const [number, name] of names.entries()) {
        if (typeof name !== "string" || name === "") {
          frames.push(undefined);
          const reason = `The file_names of "${sequence}" have no name at ${number}: the frame and its masks are left out.`;
          yield problemOf(new Unreadable(reason), file, line);
          continue;
        }
        const frame = { sequence, number, ...frameRate };
        const [picture, isNew] = pictures.add({ name, by: file, width, height, frame });
        frames.push(picture);
        if (isNew) yield picture;
      }
      videos.set(idOf(video.id), { frames, width, height });
    } catch (error) {
      yield problemOf(error, file, line);
    }
  }
}

/** As its file calls it, else as the folder that its frames are in. */
function nameOf(video: Fields, names: readonly unknown[]): string {
  if (typeof video.name === "string" && video.name.trim() !== "") return video.name;
  const first = names.find((name) => typeof name === "string") ?? "";
  return folderOf(first).slice(0, -1) || `video ${String(video.id)}`;
}

/** Numbers are written as text by some, and asked for as numbers. */
const idOf = (id: unknown) => finiteNumber(id) ?? id;

async function* readTracks(source: Source, file: string, tables: Tables): AsyncGenerator<Found> {
  const ids = new SourceIds();
  for await (const { text, line, index } of jsonElements(source.open(file), { arrays: ["annotations"] })) {
    try {
      const annotation = parseFields(text, "annotation");
      const video = tables.videos.get(idOf(annotation.video_id));
      if (!video)
        throw new Unreadable(`The annotation's video_id ${String(annotation.video_id)} is no video of the file.`);
      const label = tables.categories.get(idOf(annotation.category_id));
      const own = annotation.id ?? annotation.track_id ?? index;
      const track =
        typeof annotation.name === "string" && annotation.name !== "" ? annotation.name : `object ${String(own)}`;
      const sourceId = ids.next(annotation.id, index);
      for (const [at, segmentation] of listIn(annotation, "segmentations").entries()) {
        if (segmentation === null) continue;
        if (at >= video.frames.length)
          throw new Unreadable(`The annotation has ${at + 1} masks, and its video ${video.frames.length} frames.`);
        const picture = video.frames[at];
        // Said of the frame already.
        if (!picture) continue;
        try {
          yield {
            kind: "object",
            picture: picture.name,
            rle: maskIn(segmentation, video),
            ...(label !== undefined && { label }),
            track,
            attributes: {},
            file,
            sourceId: `${sourceId}/${at}`,
            ...ownId(annotation.id, at),
          };
        } catch (error) {
          yield problemOf(error, file, line);
        }
      }
    } catch (error) {
      yield problemOf(error, file, line);
    }
  }
}

function maskIn(segmentation: unknown, { width, height }: Video): Mask {
  if (isFields(segmentation)) return rleMask(listIn(segmentation, "size"), segmentation.counts, width, height);
  if (Array.isArray(segmentation) && segmentation.every((one) => Array.isArray(one))) {
    return polygonMask(segmentation as number[][], width, height);
  }
  throw new Unreadable("A mask of the annotation is neither run lengths nor polygons.");
}
