import { type PictureSet, pictureSet } from "../../inference/picture-set.js";
import type { CallContext } from "../../runtime/grpc/serve.js";
import { shortImageId } from "../../runtime/tracing/origin.js";
import { orAborted } from "../../runtime/waits.js";
import type { Findings } from "../../stores/findings-record.js";
import type { FindingsRef, FindingsStore } from "../../stores/findings-store.js";
import type { ImageStore, PictureRef } from "../../stores/image-store.js";
import type { PictureDeletion } from "../../stores/picture-deletion.js";
import { DeletedError } from "../encodes/deleted-error.js";
import { notHere } from "../encodes/not-here.js";
import type { ImageLimits } from "../images/open-picture.js";
import type { PictureProcesses } from "../pictures/picture-processes.js";
import type { RelativeBox } from "./detection.js";
import type { Detectors, KnownDetector } from "./detectors.js";
import { detectorFamilies } from "./families/index.js";

/** Milliseconds that a look at a picture took, in each stage. */
export interface LookTimes {
  /** Fetching and decoding it. */
  read: number;
  /** In line and in the detectors. */
  detect: number;
}

interface GrounderOptions {
  detectors: Pick<Detectors, "detect">;
  findings: Pick<FindingsStore, "get" | "set" | "delete">;
  images: Pick<ImageStore, "get">;
  deletion: Pick<PictureDeletion, "latest">;
  pictures: () => Pick<PictureProcesses, "read">;
  limits: ImageLimits;
  isCacheUp: () => boolean;
  onLooked: (times: LookTimes) => void;
}

/** What is looked for, where, and by whom. */
interface Search {
  picture: PictureRef;
  detectors: readonly KnownDetector[];
  words: readonly string[];
  /** What those that rank are asked about, in pixels of the picture. */
  candidates?: readonly RelativeBox[] | undefined;
}

interface Found {
  /** Of each detector, in their order. */
  findings: Findings[];
  /** None of them had to look. */
  cached: boolean;
}

/** A look that is under way. */
interface Look {
  /** How the keys of all that is kept of its picture begin. */
  readonly prefix: string;
  outcome: Promise<Findings[]>;
  /** Its picture was deleted: what it finds is not kept. */
  isDeleted: boolean;
  /** What it puts into the store. */
  keeping: Promise<unknown>;
}

/** Has detectors look at pictures, each once: what they find is kept, whatever words were asked for; of an open vocabulary with these. */
export class Grounder {
  readonly #options: GrounderOptions;
  /** By picture and detectors. */
  readonly #looks = new Map<string, Look>();

  constructor(options: GrounderOptions) {
    this.#options = options;
  }

  /**
   * @param words what those of an open vocabulary are asked.
   * @throws ServiceError NOT_FOUND when the picture is not stored; as `PictureProcesses.read` and `WorkerPool.run` do.
   */
  async find(search: Search, call: CallContext): Promise<Found> {
    const { picture, detectors } = search;
    const { findings } = this.#options;
    const kept = await Promise.all(detectors.map((one) => findings.get(refOf(picture, one, search))));
    const missing = detectors.filter((_, at) => !kept[at]);
    if (missing.length === 0) return { findings: kept.filter((one) => one !== undefined), cached: true };
    const made = await this.#lookOnce({ ...search, detectors: missing }, call);
    const all = detectors.map((one, at) => kept[at] ?? made[missing.indexOf(one)]);
    return { findings: all.filter((one) => one !== undefined), cached: false };
  }

  /** Ends all that is under way with pictures of a set (K6). @returns when none of it can be kept any more. */
  async end({ prefix }: PictureSet): Promise<void> {
    const ended = [...this.#looks].filter(([, look]) => look.prefix.startsWith(prefix));
    for (const [name, look] of ended) {
      look.isDeleted = true;
      this.#looks.delete(name);
    }
    await Promise.allSettled(ended.map(([, { keeping }]) => keeping));
  }

  /** Who asks while a look is under way waits for that one; it goes on when its first caller has left. */
  async #lookOnce(search: Search, call: CallContext): Promise<Findings[]> {
    const { picture, detectors, words, candidates } = search;
    const weights = detectors.map((one) => one.weights);
    const name = JSON.stringify([picture.tenant, picture.imageId, weights, words, candidates]);
    const known = this.#looks.get(name);
    if (known) return orAborted(known.outcome, call.signal);
    // Who joins a look that is under way takes nothing for it.
    call.take("encodesPerHour", 1);
    const { prefix } = pictureSet(picture.tenant, picture.imageId);
    const look: Look = { prefix, outcome: Promise.resolve([]), isDeleted: false, keeping: Promise.resolve() };
    look.outcome = this.#look(search, look, call).finally(() => {
      if (this.#looks.get(name) === look) this.#looks.delete(name);
    });
    look.outcome.catch(() => {});
    this.#looks.set(name, look);
    return orAborted(look.outcome, call.signal);
  }

  async #look(search: Search, look: Look, call: CallContext): Promise<Findings[]> {
    const { picture, detectors, words, candidates = [] } = search;
    const { detectors: all, images, deletion, pictures, limits, isCacheUp, onLooked } = this.#options;
    const { caller, tenant } = call.origin;
    const before = await deletion.latest(picture);
    const startedAt = performance.now();
    const stored = await images.get(picture);
    if (!stored) throw notHere("The picture is not stored; upload it.", isCacheUp());
    const size = Math.max(...detectors.map(({ spec }) => detectorFamilies[spec.family]?.pictureSide ?? 0));
    const { width, height, pixels } = await pictures().read(
      [stored.file],
      { limits, rules: { size, resize: "letterbox" } },
      { caller, tenant },
    );
    const readAt = performance.now();
    const shareOf = (pixels: number, size: number) => Math.min(Math.max(pixels / size, 0), 1);
    const shares = candidates.map(({ x0, y0, x1, y1 }) => ({
      x0: shareOf(x0, width),
      y0: shareOf(y0, height),
      x1: shareOf(x1, width),
      y1: shareOf(y1, height),
    }));
    const task = { pixels, words: [...words], candidates: shares };
    const found = await all.detect(detectors, task, { caller, tenant, urgent: true });
    const doneAt = performance.now();
    onLooked({ read: readAt - startedAt, detect: doneAt - readAt });
    call.span.past("read picture", startedAt, readAt);
    call.span.past("detect", readAt, doneAt);
    call.logger.debug({ image: shortImageId(picture.imageId), ms: doneAt - startedAt }, "picture looked at for words");
    const made = found.map((list): Findings => ({ width, height, found: list }));
    await this.#keep(search, made, { look, caller, before });
    return made;
  }

  /** What was deleted meanwhile is not left where it was put (K6). */
  async #keep(
    search: Search,
    made: readonly Findings[],
    { look, caller, before }: { look: Look; caller: string | undefined; before: string },
  ): Promise<void> {
    const { findings, deletion } = this.#options;
    const { picture, detectors } = search;
    if (look.isDeleted) throw new DeletedError();
    const refs = detectors.map((one) => refOf(picture, one, search));
    look.keeping = Promise.all(refs.map((ref, at) => made[at] && findings.set(ref, made[at], caller)));
    await look.keeping;
    if (!look.isDeleted && (await deletion.latest(picture)) === before) return;
    await Promise.all(refs.map((ref) => findings.delete(ref)));
    throw new DeletedError();
  }
}

const refOf = (
  { tenant, imageId }: PictureRef,
  { spec, weights }: KnownDetector,
  { words, candidates }: Pick<Search, "words" | "candidates">,
): FindingsRef => ({
  tenant,
  imageId,
  detector: spec.id,
  weights,
  words:
    spec.vocabulary === "open" || spec.vocabulary === "ranking"
      ? [...words, ...(candidates ? [JSON.stringify(candidates)] : [])]
      : undefined,
});
