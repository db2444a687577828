import type { ClientEvent } from "../state/event.js";
import { failureOfAnswer, parseLine, splitLines, type UploadLine } from "./upload-lines.js";

const interrupted: UploadLine = { kind: "error", failure: failureOfAnswer(0, "", null) };

/** Uploads one photo at a time. XMLHttpRequest, because `fetch` does not tell how much has been sent. */
export class Upload {
  readonly #dispatch: (event: ClientEvent) => void;
  #request: XMLHttpRequest | undefined;

  constructor(dispatch: (event: ClientEvent) => void) {
    this.#dispatch = dispatch;
  }

  stop(): void {
    const request = this.#request;
    this.#request = undefined;
    request?.abort();
  }

  start(token: number, file: Blob): void {
    this.stop();
    const request = new XMLHttpRequest();
    this.#request = request;
    // An answer that has begun ends with `ready` or an error; one that breaks off before is an interruption.
    let settled = false;
    let read = 0;
    const ours = () => request === this.#request && !settled;
    const take = (line: UploadLine | undefined) => {
      if (line === undefined || !ours()) return;
      const atMs = performance.now();
      if (line.kind === "event") {
        settled = line.event.event.case === "ready";
        this.#dispatch({ kind: "upload-event", token, event: line.event, atMs });
      } else {
        settled = true;
        this.#dispatch({ kind: "upload-failed", token, failure: line.failure, atMs });
      }
    };
    const readLines = () => {
      if (request.status !== 200) return;
      const { lines, next } = splitLines(request.responseText, read);
      read = next;
      for (const line of lines) take(parseLine(line));
    };
    request.upload.addEventListener("progress", ({ loaded }) => {
      if (ours()) this.#dispatch({ kind: "upload-progress", token, sentBytes: loaded });
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
    request.open("POST", "/v1/images");
    request.setRequestHeader("accept", "application/x-ndjson");
    request.setRequestHeader("content-type", file.type || "application/octet-stream");
    request.send(file);
  }
}
