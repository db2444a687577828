import { failureOfAnswer, parseLine, splitLines, type UploadLine } from "../../web-client/net/upload-lines.js";
import { uploadPath } from "../../web-client/net/upload-path.js";
import type { ClientEvent } from "../../web-client/state/event.js";
import type { Picture } from "./album.js";

/** The web client's upload where there is no XMLHttpRequest: the same request, the same lines, the same events. */
export class NodeUpload {
  readonly #dispatch: (event: ClientEvent) => void;
  #controller: AbortController | undefined;

  constructor(dispatch: (event: ClientEvent) => void) {
    this.#dispatch = dispatch;
  }

  stop(): void {
    this.#controller?.abort();
    this.#controller = undefined;
  }

  start(url: string, token: number, { bytes, imageId }: Picture): void {
    this.stop();
    const controller = new AbortController();
    this.#controller = controller;
    void this.#run(`${url}/${uploadPath({ imageId })}`, token, bytes, controller.signal);
  }

  async #run(url: string, token: number, bytes: Buffer, signal: AbortSignal): Promise<void> {
    let isSettled = false;
    const take = (line: UploadLine | undefined) => {
      if (!line || isSettled || signal.aborted) return;
      const atMs = performance.now();
      if (line.kind === "event") {
        isSettled = line.event.event.case === "ready";
        this.#dispatch({ kind: "upload-event", token, event: line.event, atMs });
      } else {
        isSettled = true;
        this.#dispatch({ kind: "upload-failed", token, failure: line.failure, atMs });
      }
    };
    try {
      const body = bytes as Uint8Array<ArrayBuffer>;
      const headers = { accept: "application/x-ndjson" };
      const reply = await fetch(url, { method: "POST", body, headers, signal });
      if (reply.status !== 200) {
        const failure = failureOfAnswer(reply.status, await reply.text(), reply.headers.get("retry-after"));
        return take({ kind: "error", failure });
      }
      let text = "";
      let read = 0;
      const decoder = new TextDecoder();
      for await (const piece of reply.body as ReadableStream<Uint8Array>) {
        text += decoder.decode(piece, { stream: true });
        const { lines, next } = splitLines(text, read);
        read = next;
        for (const line of lines) take(parseLine(line));
      }
    } catch {
      // Told below, as an interruption.
    }
    take({ kind: "error", failure: failureOfAnswer(0, "", null) });
  }
}
