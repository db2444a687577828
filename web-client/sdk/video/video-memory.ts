import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type FrameMasks,
  type FrameRange,
  type KnownFrame,
  KnownFrameSchema,
  type ObjectPrompted,
  PromptSchema,
  type TrackCommand,
  TrackCommandSchema,
  type TrackedMask,
  type TrackPrompt,
  TrackPromptSchema,
  TrackState,
} from "../../../proto/index.js";

type Command = TrackCommand["command"];
type CommandInit = NonNullable<MessageInitShape<typeof TrackCommandSchema>["command"]>;

/** Of masks in one command: a gateway reads frames of 1 MiB, and 1,000 pictures of a video at once. */
const knownBytes = 256 * 1024;
const knownFrames = 500;
/** Of ids in one command. */
const idsAtOnce = 5000;

interface Held {
  readonly mask: TrackedMask;
  /** A person has shown the object nearby since. */
  readonly isOutdated: boolean;
}

/** What a client knows of its video, which is all there is to know: the gateway that has it open may be lost. */
export class VideoMemory {
  readonly #model: string;
  readonly #frameRate: number;
  readonly imageIds: string[] = [];
  /** More frames are to come. */
  more = true;
  /** By frame, then by object. */
  readonly #frames = new Map<number, Map<number, Held>>();

  constructor({ model = "", frameRate = 0 }: { model?: string | undefined; frameRate?: number | undefined }) {
    this.#model = model;
    this.#frameRate = frameRate;
  }

  /** What is known of a frame's objects, by their numbers. */
  at(frame: number): TrackedMask[] {
    return [...(this.#frames.get(frame)?.values() ?? [])].map(({ mask }) => mask).sort((a, b) => a.object - b.object);
  }

  heardFrame({ frame, objects }: FrameMasks): void {
    const held = this.#frames.get(frame) ?? new Map<number, Held>();
    for (const mask of objects) held.set(mask.object, { mask, isOutdated: false });
    this.#frames.set(frame, held);
  }

  heardPrompted({ frame, outdated }: ObjectPrompted): void {
    if (frame) this.heardFrame(frame);
    for (const range of outdated) this.#outdate(range);
  }

  /** A run makes all of it again, but for what people have shown. */
  isMadeAgain({ first = 0, last = Number.POSITIVE_INFINITY }: { first?: number; last?: number }): void {
    for (const [frame, held] of this.#frames) {
      if (frame < first || frame > last) continue;
      for (const [object, one] of held) if (!isShown(one)) held.set(object, { ...one, isOutdated: true });
    }
  }

  /** A prompt was taken back; without a frame, all of the object. */
  removed(object: number, frame: number | undefined): void {
    const frames = frame === undefined ? [...this.#frames.keys()] : [frame];
    for (const one of frames) this.#frames.get(one)?.delete(object);
    if (![...this.#frames.values()].some((held) => isShown(held.get(object)))) {
      for (const held of this.#frames.values()) held.delete(object);
    }
  }

  /** All that another gateway has to be told to go on. */
  replay(): Command[] {
    const { imageIds, more } = this;
    const first = imageIds.slice(0, idsAtOnce);
    const isAll = first.length === imageIds.length;
    const open = { imageIds: first, model: this.#model, more: more || !isAll, frameRate: this.#frameRate };
    const rest: Command[] = [];
    for (let at = first.length; at < imageIds.length; at += idsAtOnce) {
      const ids = imageIds.slice(at, at + idsAtOnce);
      rest.push(
        commandOf({ case: "append", value: { imageIds: ids, more: more || at + ids.length < imageIds.length } }),
      );
    }
    return [commandOf({ case: "open", value: open }), ...rest, ...this.#prompts(), ...this.#known()];
  }

  #prompts(): Command[] {
    return [...this.#frames].flatMap(([frame, held]) =>
      [...held.values()].filter(isShown).map(({ mask }) => {
        const prompt = shownPrompt(frame, mask);
        return commandOf({ case: "prompt", value: { prompt } });
      }),
    );
  }

  #known(): Command[] {
    const commands: Command[] = [];
    let frames: KnownFrame[] = [];
    let bytes = 0;
    const end = () => {
      if (frames.length > 0) commands.push(commandOf({ case: "known", value: { frames } }));
      [frames, bytes] = [[], 0];
    };
    for (const [frame, held] of this.#frames) {
      const masks = [...held.values()].flatMap((one) => {
        const { object, state, mask } = one.mask;
        return isShown(one) || one.isOutdated ? [] : [{ object, state, ...(mask?.rle ? { rle: mask.rle } : {}) }];
      });
      if (masks.length === 0) continue;
      const own = masks.reduce((sum, { rle }) => sum + 32 + (rle?.counts.length ?? 0), 0);
      if (bytes + own > knownBytes || frames.length >= knownFrames) end();
      frames.push(create(KnownFrameSchema, { frame, masks }));
      bytes += own;
    }
    end();
    return commands;
  }

  #outdate({ object, first, last }: FrameRange): void {
    for (let frame = first; frame <= last; frame++) {
      const held = this.#frames.get(frame);
      const one = held?.get(object);
      if (held && one && !isShown(one)) held.set(object, { ...one, isOutdated: true });
    }
  }
}

const isShown = (held: Held | undefined): boolean => held?.mask.state === TrackState.CORRECTED;

/** A person's mask as it is taken again without a decoder. */
function shownPrompt(frame: number, { object, mask }: TrackedMask): TrackPrompt {
  const prompt = create(PromptSchema, mask?.rle ? { mask: { source: { case: "rle", value: mask.rle } } } : {});
  return create(TrackPromptSchema, { frame, object, prompt });
}

export const commandOf = (command: CommandInit): Command => create(TrackCommandSchema, { command }).command;
