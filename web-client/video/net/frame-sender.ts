import { ask, pageGateway } from "../../access/bearer.js";
import { problemOf, type ServiceProblem } from "../../datasets/net/ask-service.js";
import { uploadPath } from "../../sdk/upload/upload-path.js";

/** Of the frames that are sent ahead. */
const atOnce = 2;
const mostTries = 5;
const retryMs = 1_000;

export interface SentFrame {
  readonly imageId: string;
  readonly file: () => Promise<Blob>;
}

/** Brings frames to the service, each once, those first that are wanted now. */
export class FrameSender {
  readonly #frameAt: (frame: number) => SentFrame | undefined;
  readonly #sent = new Map<number, Promise<void>>();
  /** On their way: whoever misses one of them waits for it. */
  readonly #sending = new Set<number>();
  #ahead: number[] = [];
  #underWay = 0;
  readonly #onProblem: (problem: ServiceProblem) => void;

  constructor(frameAt: (frame: number) => SentFrame | undefined, onProblem: (problem: ServiceProblem) => void) {
    this.#frameAt = frameAt;
    this.#onProblem = onProblem;
  }

  /** At once, and again where it was sent long ago. @throws ServiceProblem */
  ensure(frame: number, isLost = false): Promise<void> {
    const known = this.#sent.get(frame);
    if (known !== undefined && (!isLost || this.#sending.has(frame))) return known;
    this.#sending.add(frame);
    const sending = this.#send(frame).finally(() => this.#sending.delete(frame));
    this.#sent.set(frame, sending);
    sending.catch(() => this.#sent.delete(frame));
    return sending;
  }

  /** These come next, in this order; what was to come before does not any more. */
  ahead(frames: readonly number[]): void {
    this.#ahead = frames.filter((frame) => !this.#sent.has(frame));
    this.#fill();
  }

  /** A new session may have another cache behind it. */
  forget(): void {
    this.#sent.clear();
    this.#ahead = [];
  }

  #fill(): void {
    while (this.#underWay < atOnce) {
      const frame = this.#ahead.shift();
      if (frame === undefined) return;
      this.#underWay++;
      const done = () => {
        this.#underWay--;
        this.#fill();
      };
      this.ensure(frame).then(done, (problem: ServiceProblem) => {
        this.#ahead = [];
        this.#onProblem(problem);
        done();
      });
    }
  }

  async #send(frame: number): Promise<void> {
    const known = this.#frameAt(frame);
    if (known === undefined) return;
    const { imageId } = known;
    for (let tried = 0; ; tried++) {
      try {
        const there = await ask(`v1/images/${imageId}`).catch(() => undefined);
        const found = there?.ok ? ((await there.json()) as { stored?: boolean; embedded?: boolean }) : undefined;
        if (found?.stored || found?.embedded) return;
        return await upload(imageId, await known.file());
      } catch (error) {
        const problem = error as ServiceProblem;
        if (!problem.mayPass || tried >= mostTries) throw problem;
        await new Promise((resolve) => setTimeout(resolve, retryMs * 2 ** tried));
      }
    }
  }
}

/** Encoded when nobody's click waits. @throws ServiceProblem */
async function upload(imageId: string, file: Blob): Promise<void> {
  const path = uploadPath({ imageId, isAhead: true });
  const body = await file.arrayBuffer();
  const type = file.type || "application/octet-stream";
  const answer = await send(path, body, type);
  if (!answer.ok)
    throw problemOf(answer.status, await answer.text().catch(() => ""), answer.headers.get("retry-after"));
  await answer.text();
}

function send(path: string, body: ArrayBuffer, type: string): Promise<Response> {
  const headers = { ...pageGateway.headers(), "content-type": type };
  return fetch(pageGateway.at(path), { method: "POST", headers, body }).catch(() => {
    throw problemOf(0, "", null);
  });
}
