import { mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { decodeRle, type ImageInfo, type Mask, rleToBitmap } from "../../../../proto/index.js";
import { encodePng } from "../../../dataset/formats/png/encode-png.js";
import { vocPalette } from "../../../dataset/formats/png/voc-colours.js";
import { CommandError, usageError } from "../command-error.js";
import type { GatewayClient } from "../gateway-client.js";
import type { Notices } from "../notices.js";
import { readPhoto, writeResult } from "../photo-files.js";
import { progressBar } from "../progress-bar.js";
import { askAbout, type GatewayOptions, withGateway } from "../with-gateway.js";
import { type Lifted, type LiftedMask, type LiftTuning, lift } from "./core/lift.js";
import { checkVotes } from "./core/votes.js";
import type { View } from "./model/colmap-model.js";
import { readModel } from "./model/read-model.js";
import { promptsOfViews, type ShowingOptions } from "./prompts-of-views.js";
import { plyOf } from "./write-ply.js";

/** The options of `maskwire lift` as commander hands them over. */
export interface LiftOptions extends Omit<GatewayOptions, "json">, ShowingOptions {
  colmap: string;
  images?: string;
  out: string;
}

/** A mask of a picture, which is unpacked where it is looked into: those of a thousand pictures stay small. */
interface ViewMask extends LiftedMask {
  readonly rle: NonNullable<Mask["rle"]>;
}

/** `maskwire lift`: objects of one view in all views of a reconstruction. @throws CommandError with the sentence to end with. */
export async function liftObjects(options: LiftOptions, tuning: LiftTuning = {}): Promise<void> {
  const { colmap, out } = options;
  const model = await readModel(colmap);
  const prompts = await promptsOfViews(options, model.views);
  checkVotes(model.places.length / 3, new Set(prompts.map(({ object }) => object)).size);
  const folder = await picturesFolder(options, model.views[0]!.name);
  await withGateway(options, async (client, notices) => {
    const pictures = new Pictures(client, folder, model.views, notices);
    const { masks, objects } = await lift<ViewMask, (typeof prompts)[number]["prompt"]>({
      ...tuning,
      model,
      prompts,
      askPerson: (view, prompt) => pictures.masks(view, prompt, undefined),
      ask: (view, { points }) => pictures.masks(view, { points: [...points] }, true),
      onView: (done, all) => notices.progress(`${progressBar(done / all)} view ${done} of ${all}`),
    });
    notices.clear();
    for (const [view, found] of masks.entries()) await writeMask(out, model.views[view]!, found);
    await mkdir(out, { recursive: true });
    await writeResult(join(out, "points.ply"), plyOf(model, objects));
    const shown = masks.filter((found) => found.size > 0).length;
    const lifted = objects.reduce((sum, object) => sum + (object > 0 ? 1 : 0), 0);
    process.stdout.write(
      `${shown} of ${masks.length} views, ${lifted} of ${objects.length} points: ${join(out, "masks")}, ${join(out, "points.ply")}\n`,
    );
  });
}

/** A view's picture, given to the gateway when it is first asked about. */
class Pictures {
  readonly #client: GatewayClient;
  readonly #folder: string;
  readonly #views: readonly View[];
  readonly #notices: Notices;

  constructor(client: GatewayClient, folder: string, views: readonly View[], notices: Notices) {
    this.#client = client;
    this.#folder = folder;
    this.#views = views;
    this.#notices = notices;
  }

  async masks(view: number, prompt: object, multimask: true | undefined): Promise<ViewMask[]> {
    const { name, camera } = this.#views[view]!;
    const bytes = await readPhoto(join(this.#folder, name));
    const { image, result } = await askAbout(this.#client, bytes, this.#notices, (imageId) =>
      this.#client.segment({ imageId, prompt, ...(multimask ? { multimask } : {}) }),
    );
    checkSize(name, image, camera);
    return result.masks.flatMap(({ rle, predictedIou }) =>
      rle ? [{ rle, predictedIou, inside: insideOf(rle, image.width) }] : [],
    );
  }
}

function checkSize(name: string, { width, height }: ImageInfo, camera: { width: number; height: number }): void {
  if (width === camera.width && height === camera.height) return;
  const turned = width === camera.height && height === camera.width;
  throw usageError(
    `${name} is ${width} x ${height}${turned ? " once it is upright by EXIF, which COLMAP does not heed" : ""}, and its camera has ${camera.width} x ${camera.height}: hand in the pictures that the model was made of.`,
  );
}

/** Looked into many times at once, then not for long. */
function insideOf(rle: NonNullable<Mask["rle"]>, width: number) {
  let latest: WeakRef<Uint8Array> | undefined;
  return (x: number, y: number): boolean => {
    let bitmap = latest?.deref();
    if (!bitmap) {
      bitmap = rleToBitmap(decodeRle(rle));
      latest = new WeakRef(bitmap);
    }
    return bitmap[Math.floor(y) * width + Math.floor(x)] === 1;
  };
}

/** An index an object; where two have a pixel, it is of the one that the points speak for. */
async function writeMask(out: string, { name, camera }: View, found: ReadonlyMap<number, Lifted<ViewMask>>) {
  const { width, height } = camera;
  const indices = new Uint8Array(width * height);
  const sure = [...found].sort(([, a], [, b]) => a.agreement - b.agreement);
  for (const [object, { mask }] of sure) {
    const bitmap = rleToBitmap(decodeRle(mask.rle));
    for (let at = 0; at < indices.length; at++) if (bitmap[at]) indices[at] = object;
  }
  const path = join(out, "masks", `${name}.png`);
  await mkdir(dirname(path), { recursive: true });
  await writeResult(path, await encodePng(indices, width, height, vocPalette));
}

/** The folder of pictures that is named, or where it usually is beside a model. @throws CommandError */
async function picturesFolder({ colmap, images }: LiftOptions, name: string): Promise<string> {
  const places =
    images === undefined ? ["images", "../images", "../../images", "."].map((one) => join(colmap, one)) : [images];
  for (const folder of places) {
    if (
      await stat(join(folder, name)).then(
        (one) => one.isFile(),
        () => false,
      )
    )
      return folder;
  }
  throw images === undefined
    ? usageError(`The pictures of the model are not beside it (${name}); say where they are by --images FOLDER.`)
    : new CommandError(`${images} has no picture ${name}, which the model was made of.`);
}
