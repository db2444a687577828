import type { EncodeEvent } from "../../../proto/index.js";
import type { Failure } from "../failure.js";
import type { Gateway } from "../http/gateway.js";
import { sendByFetch } from "./send-by-fetch.js";
import { sendByXhr, xhr } from "./send-by-xhr.js";
import type { Sending } from "./sending.js";
import { failureOfAnswer, parseLine, splitLines, type UploadLine } from "./upload-lines.js";
import { type UploadTerms, uploadPath } from "./upload-path.js";

const interrupted: UploadLine = { kind: "error", failure: failureOfAnswer(0, "", null) };

/** What becomes of an upload; `ready` is its last event, a failure its end. */
export interface UploadListener {
  readonly onProgress: (token: number, sentBytes: number) => void;
  readonly onEvent: (token: number, event: EncodeEvent) => void;
  readonly onFailure: (token: number, failure: Failure) => void;
}

/** Uploads one picture at a time. */
export class Upload {
  readonly #gateway: Gateway;
  readonly #listener: UploadListener;
  #ending: AbortController | undefined;

  constructor(gateway: Gateway, listener: UploadListener) {
    this.#gateway = gateway;
    this.#listener = listener;
  }

  stop(): void {
    const ending = this.#ending;
    this.#ending = undefined;
    ending?.abort();
  }

  start(token: number, file: Blob, terms: UploadTerms): void {
    this.stop();
    this.#ending = new AbortController();
    void this.#run(token, file, terms, this.#ending.signal);
  }

  async #run(token: number, file: Blob, terms: UploadTerms, signal: AbortSignal): Promise<void> {
    // An answer that has begun ends with `ready` or an error; one that breaks off before is an interruption.
    let isSettled = false;
    let read = 0;
    const isOurs = () => !signal.aborted && !isSettled;
    const take = (line: UploadLine | undefined) => {
      if (line === undefined || !isOurs()) return;
      if (line.kind === "event") {
        isSettled = line.event.event.case === "ready";
        this.#listener.onEvent(token, line.event);
      } else {
        isSettled = true;
        this.#listener.onFailure(token, line.failure);
      }
    };
    const readLines = (text: string) => {
      const { lines, next } = splitLines(text, read);
      read = next;
      for (const line of lines) take(parseLine(line));
    };
    const headers = {
      accept: "application/x-ndjson",
      "content-type": file.type || "application/octet-stream",
      ...this.#gateway.headers(),
    };
    const onSent = (bytes: number) => {
      if (isOurs()) this.#listener.onProgress(token, bytes);
    };
    const sending = { url: this.#gateway.at(uploadPath(terms)), headers, file, signal, onSent, onText: readLines };
    try {
      const { status, text, retryAfter } = await send(sending);
      if (status !== 200) return take({ kind: "error", failure: failureOfAnswer(status, text, retryAfter) });
      readLines(text);
      // The last line may lack its line feed.
      take(parseLine(text.slice(read)));
    } catch {
      // Told below.
    }
    take(interrupted);
  }
}

const send = (sending: Sending) => (xhr === undefined ? sendByFetch(sending) : sendByXhr(xhr, sending));
