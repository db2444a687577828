import { setTimeout as sleep } from "node:timers/promises";
import { DatasetService } from "../../../../proto/index.js";
import { CommandError } from "../command-error.js";
import { type DatasetClient, RefusedError } from "./dataset-client.js";
import { pagesOf } from "./pages.js";

/** Sent at once. */
export const atOnce = 4;
/** Of one picture, that a service has no room for now. */
const mostTries = 8;
const pauseMs = 1000;
/** Nobody waits longer without a word: a limit that lasts for an hour is told at once. */
const longestMs = 60_000;

interface KnownPicture {
  readonly id: bigint;
  readonly imageId: string;
}

/** A data set's pictures by their names. */
export async function knownPictures(client: DatasetClient, dataset: string): Promise<Map<string, KnownPicture>> {
  const known = new Map<string, KnownPicture>();
  const ask = (page: string) => client.ask(DatasetService.method.listPictures, { dataset, page, pageSize: 500 });
  for await (const { pictures } of pagesOf(ask)) {
    for (const { id, name, image } of pictures) known.set(name, { id, imageId: image?.imageId ?? "" });
  }
  return known;
}

/** Again where the service says that this may help soon. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let left = mostTries; ; left--) {
    try {
      return await work();
    } catch (error) {
      const mayHelp = error instanceof RefusedError && (error.retryAfterMs ?? Number.POSITIVE_INFINITY) <= longestMs;
      if (!mayHelp || left <= 1) throw error;
      await sleep(Math.max(error.retryAfterMs ?? 0, pauseMs));
    }
  }
}

/** Whether the others may fare better: who may not send, or has used up a limit, has no better luck with the next. */
export const isOfPicture = (error: unknown) =>
  error instanceof RefusedError
    ? ["INVALID_ARGUMENT", "ALREADY_EXISTS"].includes(error.code) || error.reason === "IMAGE_TOO_LARGE"
    : !(error instanceof CommandError);
