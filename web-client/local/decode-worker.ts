import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { SegmentRequestSchema, SegmentResponseSchema } from "../../proto/index.js";
import { setBearer } from "../access/bearer.js";
import { BrowserDecoder } from "./browser-decoder.js";
import { Declined } from "./declined.js";
import { backendHere } from "./open-runtime.js";
import type { Command, Report } from "./worker-messages.js";

/** Decodes beside the page: a run takes longer than a frame. */
const page = globalThis as unknown as Pick<Worker, "postMessage" | "addEventListener">;
const tell = (report: Report) => page.postMessage(report);

let decoder: BrowserDecoder | undefined;
/** One thing after the other: a session runs one prompt at a time. */
let last: Promise<void> = Promise.resolve();

function next(work: () => Promise<void>): void {
  last = last.then(work).catch((error: unknown) => tell({ kind: "failed", message: String(error) }));
}

page.addEventListener("message", ({ data }: MessageEvent<Command>) => next(() => carryOut(data)));

async function carryOut(command: Command): Promise<void> {
  switch (command.kind) {
    case "start": {
      const { imageId, model, size, avoidCard, service, bearer } = command;
      setBearer(bearer);
      const backend = avoidCard ? "wasm" : await backendHere();
      const started = await BrowserDecoder.start({ imageId, model, size, backend, service }, () =>
        tell({ kind: "opening", backend }),
      );
      decoder = started.decoder;
      tell({ kind: "started", imageId, backend: decoder.backend, tookMs: started.tookMs });
      completeLater(decoder);
      break;
    }
    case "prepare": {
      const { imageId, size, bearer } = command;
      setBearer(bearer);
      try {
        await decoder?.prepare(imageId, size);
        tell({ kind: "prepared", imageId });
      } catch {
        // It has been evicted, or the network is gone: this picture stays with the server.
        tell({ kind: "unprepared", imageId });
      }
      break;
    }
    case "decode":
      await decode(command);
      break;
  }
}

/** Fetched, and asked of the server, while prompts are answered; opening it takes its turn. */
function completeLater(opened: BrowserDecoder): void {
  opened.fetchStepWithMask().then(
    (fetched) =>
      next(async () => {
        try {
          await opened.addStepWithMask(fetched);
          tell({ kind: "completed" });
        } catch {
          // Without it prompts that start from a mask are the server's.
        }
      }),
    () => {},
  );
}

async function decode({ imageId, sequence, request }: Extract<Command, { kind: "decode" }>): Promise<void> {
  try {
    if (decoder === undefined) throw new Declined("Nothing has been started.");
    const value = await decoder.decode(imageId, fromBinary(SegmentRequestSchema, request));
    const response = create(SegmentResponseSchema, { sequence, outcome: { case: "result", value } });
    tell({ kind: "decoded", sequence, response: toBinary(SegmentResponseSchema, response) });
  } catch (error) {
    if (!(error instanceof Declined)) throw error;
    tell({ kind: "declined", sequence });
  }
}
