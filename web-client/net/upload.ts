import type { EncodeEvent } from "../../proto/index.js";
import { authorization } from "../access/bearer.js";
import type { Failure } from "../state/errors.js";
import { failureOfAnswer, parseLine, splitLines, type UploadLine } from "./upload-lines.js";
import { type UploadTerms, uploadPath } from "./upload-path.js";

const interrupted: UploadLine = { kind: "error", failure: failureOfAnswer(0, "", null) };

/** What becomes of an upload; `ready` is its last event, a failure its end. */
export interface UploadListener {
  readonly onProgress: (token: number, sentBytes: number) => void;
  readonly onEvent: (token: number, event: EncodeEvent) => void;
  readonly onFailure: (token: number, failure: Failure) => void;
}

/** Uploads one picture at a time. XMLHttpRequest, because `fetch` does not tell how much has been sent. */
export class Upload {
  readonly #listener: UploadListener;
  #request: XMLHttpRequest | undefined;

  constructor(listener: UploadListener) {
    this.#listener = listener;
  }

  stop(): void {
    const request = this.#request;
    this.#request = undefined;
    request?.abort();
  }

  start(token: number, file: Blob, terms: UploadTerms): void {
    this.stop();
    const request = new XMLHttpRequest();
    this.#request = request;
    // An answer that has begun ends with `ready` or an error; one that breaks off before is an interruption.
    let settled = false;
    let read = 0;
    const ours = () => request === this.#request && !settled;
    const take = (line: UploadLine | undefined) => {
      if (line === undefined || !ours()) return;
      if (line.kind === "event") {
        settled = line.event.event.case === "ready";
        this.#listener.onEvent(token, line.event);
      } else {
        settled = true;
        this.#listener.onFailure(token, line.failure);
      }
    };
    const readLines = () => {
      if (request.status !== 200) return;
      const { lines, next } = splitLines(request.responseText, read);
      read = next;
      for (const line of lines) take(parseLine(line));
    };
    request.upload.addEventListener("progress", ({ loaded }) => {
      if (ours()) this.#listener.onProgress(token, loaded);
    });
    request.addEventListener("progress", readLines);
    request.addEventListener("load", () => {
      readLines();
      if (request.status !== 200) {
        const failure = failureOfAnswer(request.status, request.responseText, request.getResponseHeader("retry-after"));
        return take({ kind: "error", failure });
      }
      // The last line may lack its line feed.
      take(parseLine(request.responseText.slice(read)));
      take(interrupted);
    });
    for (const name of ["error", "timeout", "abort"] as const) {
      request.addEventListener(name, () => take(interrupted));
    }
    request.open("POST", uploadPath(terms));
    request.setRequestHeader("accept", "application/x-ndjson");
    request.setRequestHeader("content-type", file.type || "application/octet-stream");
    for (const [name, value] of Object.entries(authorization())) request.setRequestHeader(name, value);
    request.send(file);
  }
}
