import type { FrameOfTrack, KnownObject, Propagator, Remembered, Step } from "../../sam/track/propagator.js";
import { followLabels } from "./follow-labels.js";
import type { VideoPicture } from "./video-picture.js";

/** Its labels are made of the mask in the step that needs them, and its cells in a worker. */
interface LabelMemory extends KnownObject {
  readonly picture: VideoPicture;
}

/** Labels, carried by how alike the encoder finds the frames' cells. Frames in which an object is absent have none of it. */
export class LabelPropagator implements Propagator<VideoPicture, LabelMemory> {
  remember(picture: VideoPicture, known: KnownObject): LabelMemory {
    return { picture, ...known };
  }

  async step(picture: VideoPicture, at: FrameOfTrack, objects: readonly Remembered<LabelMemory>[]): Promise<Step> {
    const pictures = nearestLast(at, objects);
    const [target, ...others] = await Promise.all([picture, ...pictures.keys()].map((one) => one.open()));
    if (!target) throw new Error("A step has a picture of its own.");
    const places = new Map([...pictures.keys()].map((one, place) => [one, place]));
    return followLabels(target, {
      memory: [...pictures.values()].map((everywhere, place) => ({ ...others[place]!.embedding, everywhere })),
      objects: objects.map(({ id, shown, followed }) => ({
        id,
        known: [...shown.values(), ...followed.values()]
          .map(({ mask, picture: of }) => ({ frame: places.get(of) ?? 0, mask }))
          .sort((a, b) => a.frame - b.frame),
      })),
    });
  }
}

/** The pictures with something of the objects, and whether a person has shown it: those are searched all over. */
function nearestLast(
  { frame: here }: FrameOfTrack,
  objects: readonly Remembered<LabelMemory>[],
): Map<VideoPicture, boolean> {
  const all = objects
    .flatMap(({ shown, followed }) => [...shown, ...followed])
    .map(([frame, { picture, isShown }]) => ({ picture, isShown, far: Math.abs(frame - here) }))
    .sort((a, b) => b.far - a.far || Number(b.isShown) - Number(a.isShown));
  return new Map(all.map(({ picture, isShown }) => [picture, isShown]));
}
