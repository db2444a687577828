import { create } from "@bufbuild/protobuf";
import { type KnownPicture, KnownPictureSchema, type Rle } from "../../../proto/index.js";

/** Masks of a frame by object. */
export interface FrameMemory {
  readonly frame: number;
  readonly masks: ReadonlyMap<number, Rle>;
  /** Objects that were looked for there and are not in it. */
  readonly absent?: readonly number[];
}

/** As a session of the gateway chooses them: the shown frames nearest to one, and those just before it. */
const shownFrames = 2;
const recentFrames = 3;

/** What a frame's masks are made from. @param followed by frame: what was found in those before it. */
export function knownFrames(
  frame: number,
  shown: readonly FrameMemory[],
  followed: ReadonlyMap<number, FrameMemory>,
): KnownPicture[] {
  const nearest = [...shown]
    .sort((a, b) => Math.abs(a.frame - frame) - Math.abs(b.frame - frame))
    .slice(0, shownFrames);
  const recent = Array.from({ length: recentFrames }, (_, at) => followed.get(frame - recentFrames + at)).filter(
    (one) => one !== undefined && !nearest.some((near) => near.frame === one.frame),
  );
  const pictureOf = ({ frame: at, masks, absent = [] }: FrameMemory, everywhere: boolean) =>
    create(KnownPictureSchema, {
      imageId: String(at),
      everywhere,
      masks: [...[...masks].map(([object, rle]) => ({ object, rle })), ...absent.map((object) => ({ object }))],
    });
  return [...nearest.map((one) => pictureOf(one, true)), ...recent.map((one) => pictureOf(one!, false))].filter(
    ({ masks }) => masks.length > 0,
  );
}
