import { type EncodeEvent, ErrorCode, type ImageEvent, type ImageInfo } from "../../../proto/index.js";
import { type Failure, failureOf, ourReasons } from "../failure.js";
import type { Gateway } from "../http/gateway.js";
import { Upload } from "../upload/upload.js";
import type { Phase } from "./phase.js";
import { mostPictureTries, pictureRetryMs } from "./picture-tries.js";

interface Paths {
  /** Asks the gateway for it on the session, now or when there is one. */
  readonly reopen: () => void;
  /** `reopen` or `upload` again, after so long. */
  readonly again: (name: "reopen" | "upload", delayMs: number) => void;
  readonly changed: (phase: Phase) => void;
  readonly refused: (failure: Failure) => void;
}

interface Terms {
  readonly imageId: string | undefined;
  readonly model: string | undefined;
  /** Left out where only its id is known. */
  readonly file: Blob | undefined;
}

/** A picture's way to the service: asked for by its id, sent where nobody has it, tried again where that may help. */
export class PictureWay {
  readonly #file: Blob | undefined;
  readonly #model: string | undefined;
  readonly #paths: Paths;
  readonly #upload: Upload;
  #imageId: string | undefined;
  #phase: Phase = { kind: "opening" };
  #tries = 0;

  constructor(gateway: Gateway, { imageId, model, file }: Terms, paths: Paths) {
    this.#imageId = imageId;
    this.#model = model;
    this.#file = file;
    this.#paths = paths;
    this.#upload = new Upload(gateway, {
      onProgress: (_, sentBytes) => this.#go({ kind: "uploading", sentBytes, bytes: file?.size ?? 0 }),
      onEvent: (_, event) => this.#hearUpload(event),
      onFailure: (_, failure) => {
        if (this.#phase.kind === "uploading" || this.#imageId === undefined) this.#fail(failure, "upload");
      },
    });
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Undefined until its upload is answered, where its digest cannot be computed. */
  get imageId(): string | undefined {
    return this.#imageId;
  }

  get model(): string | undefined {
    return this.#model;
  }

  /** The session can be asked for it. */
  get canOpen(): boolean {
    return this.#imageId !== undefined && this.#phase.kind !== "refused" && !this.isResting;
  }

  get isResting(): boolean {
    return this.#phase.kind === "opening" && this.#phase.resting === true;
  }

  begin(): void {
    if (this.#imageId === undefined) this.send();
    else this.#paths.reopen();
  }

  /** The pause after a failure is over. */
  resume(): void {
    if (this.#phase.kind === "opening") this.#go({ kind: "opening" });
    this.#paths.reopen();
  }

  send(): void {
    if (this.#file === undefined) return this.#refuse(notKept);
    this.#go({ kind: "uploading", sentBytes: 0, bytes: this.#file.size });
    this.#upload.start(0, this.#file, { imageId: this.#imageId, model: this.#model });
  }

  /** The connection is gone, and what it said of the picture. */
  lose(): void {
    if (this.#phase.kind === "uploading" || this.#phase.kind === "refused" || this.#imageId === undefined) return;
    this.#go({ kind: "opening" });
  }

  /** The gateway's limits are known. @param mostBytes 0 for none. */
  limit(mostBytes: number): void {
    if (this.#phase.kind === "refused" || mostBytes === 0 || (this.#file?.size ?? 0) <= mostBytes) return;
    this.#refuse(failureOf({ code: ErrorCode.RESOURCE_EXHAUSTED, reason: ourReasons.uploadTooLarge }));
  }

  hear({ imageId, event }: ImageEvent): void {
    if (imageId !== this.#imageId || this.#phase.kind === "refused") return;
    switch (event.case) {
      case "missing":
        return this.missing();
      case "queued":
      case "encoding":
        return this.#progress(event);
      case "draft":
        if (this.#phase.kind !== "ready") this.#go({ kind: "encoding", hasDraft: true });
        return;
      case "ready":
        this.#tries = 0;
        if (event.value.image !== undefined) this.#go({ kind: "ready", image: event.value.image });
        return;
      case "failed":
        return this.#fail(failureOf(event.value), "reopen");
    }
  }

  /** Nobody has it. */
  missing(): void {
    // The upload is under way already; its end opens the picture again.
    if (this.#phase.kind === "uploading") return;
    this.#tries++;
    if (this.#tries > mostPictureTries) this.#refuse(notKept);
    else this.send();
  }

  close(): void {
    this.#upload.stop();
    this.#phase = { kind: "refused" };
  }

  #hearUpload({ event }: EncodeEvent): void {
    if (this.#imageId !== undefined) {
      // From the first sign that the file has arrived, the session's own events tell more than the upload's.
      if (this.#phase.kind === "uploading") this.#paths.reopen();
      return;
    }
    if (event.case === "queued" || event.case === "encoding") this.#progress(event);
    else if (event.case !== undefined && event.value.image !== undefined) this.#nowKnown(event.value.image);
  }

  #nowKnown({ imageId }: ImageInfo): void {
    this.#imageId = imageId;
    this.#go({ kind: "opening" });
    this.#paths.reopen();
  }

  #progress(event: Extract<ImageEvent["event"] | EncodeEvent["event"], { case: "queued" | "encoding" }>): void {
    // Where it stands in line is of no interest where prompts are answered.
    if (this.#phase.kind === "encoding" && this.#phase.hasDraft) return;
    if (event.case === "encoding") return this.#go({ kind: "encoding", hasDraft: false });
    const { position, etaMs } = event.value;
    this.#go({ kind: "queued", position, etaMs });
  }

  #fail(failure: Failure, name: "reopen" | "upload"): void {
    const tries = this.#tries++;
    if (failure.remedy !== "wait" || this.#tries >= mostPictureTries) return this.#refuse(failure);
    if (name === "reopen") this.#go({ kind: "opening", resting: true });
    this.#paths.again(name, pictureRetryMs(failure.retryAfterMs, tries));
  }

  #refuse(failure: Failure): void {
    this.#upload.stop();
    this.#go({ kind: "refused" });
    this.#paths.refused(failure);
  }

  #go(phase: Phase): void {
    this.#phase = phase;
    this.#paths.changed(phase);
  }
}

const notKept = failureOf({
  code: ErrorCode.NOT_FOUND,
  message: "The service does not have this picture. Open it with its file.",
});
