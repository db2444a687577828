import { type OrientationNote, orientationNote } from "./orientation-note.js";

/** The picture as the service sees it, whatever this browser makes of the file's note. @throws when it can show no such file. */
export async function decodeUpright(file: Blob): Promise<ImageBitmap> {
  const note = orientationNote(new Uint8Array(await file.arrayBuffer()));
  if (note === undefined || note.isSurelyRead) return createImageBitmap(file, { imageOrientation: "from-image" });
  return turned(await createImageBitmap(withoutNote(file, note)), note.orientation);
}

function withoutNote(file: Blob, { hiding }: OrientationNote): Blob {
  const parts: BlobPart[] = [];
  let done = 0;
  for (const { at, length, by } of hiding) {
    parts.push(file.slice(done, at), by);
    done = at + length;
  }
  return new Blob([...parts, file.slice(done)], { type: file.type });
}

/** The matrix that turns a picture of this size upright, as a canvas takes it. @param orientation 1 to 8 (EXIF 2.32, 4.6.4). */
export function turning(
  orientation: number,
  width: number,
  height: number,
): [number, number, number, number, number, number] {
  switch (orientation) {
    case 2:
      return [-1, 0, 0, 1, width, 0];
    case 3:
      return [-1, 0, 0, -1, width, height];
    case 4:
      return [1, 0, 0, -1, 0, height];
    case 5:
      return [0, 1, 1, 0, 0, 0];
    case 6:
      return [0, 1, -1, 0, height, 0];
    case 7:
      return [0, -1, -1, 0, height, width];
    case 8:
      return [0, -1, 1, 0, 0, width];
    default:
      return [1, 0, 0, 1, 0, 0];
  }
}

/** Takes the stored picture and gives the upright one for it. */
function turned(stored: ImageBitmap, orientation: number): ImageBitmap {
  if (orientation === 1) return stored;
  const { width, height } = stored;
  const canvas = orientation < 5 ? new OffscreenCanvas(width, height) : new OffscreenCanvas(height, width);
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("There is no canvas to turn the picture on.");
  context.setTransform(...turning(orientation, width, height));
  context.drawImage(stored, 0, 0);
  stored.close();
  return canvas.transferToImageBitmap();
}
