import { type JsonValue, toJson } from "@bufbuild/protobuf";
import {
  ErrorCode,
  type SegmentRequest,
  SegmentRequestSchema,
  type SegmentResponse,
  type SegmentResult,
} from "../../proto/index.js";

/** What the masks of a request must be. */
export interface MaskOracle {
  /** @returns undefined when they are right, otherwise what is wrong with them. */
  check(key: string, result: SegmentResult): string | undefined;
}

/** What connections did wrong, all of them together. */
export class Faults {
  wrong = 0;
  disordered = 0;
  repeated = 0;
  /** The first few, in words. */
  readonly examples: string[] = [];

  note(kind: "wrong" | "disordered" | "repeated", words: string): void {
    this[kind]++;
    if (this.examples.length < 5) this.examples.push(`${kind}: ${words}`);
  }
}

interface Sent {
  readonly sequence: number;
  readonly key: string;
  readonly preview: boolean;
}

/** Refused at the door: such an answer overtakes those of clicks that wait (C2). */
const atTheDoor: ReadonlySet<ErrorCode> = new Set([
  ErrorCode.RESOURCE_EXHAUSTED,
  ErrorCode.FAILED_PRECONDITION,
  ErrorCode.CANCELLED,
]);

/** One connection as it was seen on the wire: every click answered once, in order, with the right masks. */
export class WireLog {
  readonly #faults: Faults;
  readonly #oracle: MaskOracle;
  readonly #waiting: Sent[] = [];
  #imageId = "";

  constructor(faults: Faults, oracle: MaskOracle) {
    this.#faults = faults;
    this.#oracle = oracle;
  }

  /** Clicks without an answer, in the order in which they were sent. */
  get unanswered(): readonly number[] {
    return this.#waiting.filter(({ preview }) => !preview).map(({ sequence }) => sequence);
  }

  opened(imageId: string): void {
    this.#imageId = imageId;
  }

  sent(request: SegmentRequest): void {
    const { sequence, preview } = request;
    if (!preview && this.#waiting.some((one) => one.sequence === sequence)) {
      this.#faults.note("repeated", `click ${sequence} was sent twice on one connection`);
    }
    this.#waiting.push({ sequence, preview, key: keyOf(request.imageId || this.#imageId, request) });
  }

  received({ sequence, outcome }: SegmentResponse): void {
    const at = this.#waiting.findIndex((one) => one.sequence === sequence);
    const sent = this.#waiting[at];
    if (!sent) return this.#faults.note("repeated", `${sequence} was answered once more`);
    const isDraft = outcome.case === "result" && outcome.value.draft;
    // V3: its own answer is still to come.
    if (isDraft && !sent.preview) return;
    this.#waiting.splice(at, 1);
    const overtakes = outcome.case === "error" && atTheDoor.has(outcome.value.code);
    const overtaken = this.#waiting.slice(0, at).find(({ preview }) => !preview);
    if (!sent.preview && !overtakes && overtaken) {
      this.#faults.note("disordered", `${sequence} was answered before ${overtaken.sequence}`);
    }
    if (outcome.case !== "result" || isDraft) return;
    const problem = this.#oracle.check(sent.key, outcome.value);
    if (problem !== undefined) this.#faults.note("wrong", `${sequence}: ${problem}`);
  }
}

/** What a request asks, without what only tells it from others. */
export function keyOf(imageId: string, request: SegmentRequest): string {
  const json = toJson(SegmentRequestSchema, request);
  return `${imageId} ${JSON.stringify(anonymous(json))}`;
}

/** Formats are extras beside the masks. */
const ofTheMoment = new Set(["sequence", "preview", "imageId", "formats"]);

function anonymous(json: JsonValue): JsonValue {
  if (Array.isArray(json)) return json.map(anonymous);
  if (typeof json !== "object" || json === null) return json;
  const kept = Object.entries(json).filter(([name]) => !ofTheMoment.has(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, anonymous(value)]));
}
