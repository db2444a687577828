import { describe, expect, it } from "vitest";
import {
  cancelEverything,
  click,
  everything,
  everythingFailed,
  found,
  gone,
  image,
  imageA,
  imageB,
  type Loose,
  open,
  openOther,
  run,
} from "../testing/session-events.js";

const ready: Loose[] = [open, image("ready")];
const begun: Loose[] = [...ready, everything(1)];
const cancelled = ["abort everything", "everything failed CANCELLED"];

describe("E2: everything mode", () => {
  it.each<[string, Loose[], Loose, string]>([
    ["begins on the open image", ready, everything(1), "find everything 1"],
    ["begins on it by its name", ready, everything(1, { imageId: imageA.imageId.toUpperCase() }), "find everything 1"],
    ["is refused before any is open", [], everything(1), "everything failed FAILED_PRECONDITION"],
    ["is refused before it is ready", [open], everything(1), "everything failed FAILED_PRECONDITION"],
    [
      "is refused on another",
      ready,
      everything(1, { imageId: imageB.imageId }),
      "everything failed FAILED_PRECONDITION",
    ],
    ["is refused by another model", ready, everything(1, { model: "large" }), "everything failed FAILED_PRECONDITION"],
  ])("%s", (_what, before, event, expected) => {
    expect(run([...before, event]).effects.at(-1)).toBe(expected);
  });

  it("is told the image and the model that are open", () => {
    const { last } = run([{ kind: "open", image: { ...imageA, model: "large" } }, image("ready"), everything(1)]);
    const { imageId } = imageA;
    expect(last).toMatchObject([{ kind: "find-everything", request: { imageId, model: "large" } }]);
  });
});

describe("E3: it ends once", () => {
  it.each<[string, Loose[], string[]]>([
    ["with done, whatever comes after", [found(1, "done"), everythingFailed(1), cancelEverything], ["everything done"]],
    ["with why it failed", [everythingFailed(1), found(1, "done")], ["everything failed UNAVAILABLE"]],
    ["when it is cancelled", [cancelEverything, found(1, "progress"), cancelEverything], cancelled],
    ["when a newer one is asked for", [everything(2), found(1, "done")], [...cancelled, "find everything 2"]],
    [
      "when a newer one is refused, and before that is told",
      [everything(2, { imageId: imageB.imageId })],
      [...cancelled, "everything failed FAILED_PRECONDITION"],
    ],
    ["when another image is opened", [openOther, found(1, "done")], ["cancel", ...cancelled, "encode"]],
    ["unheard when the client leaves", [{ kind: "close" }, found(1, "done")], ["cancel"]],
  ])("%s", (_how, events, expected) => {
    const { state } = run(begun);
    expect(run(events, state).effects).toEqual(expected);
  });

  it("and not because the same image is opened again, is gone or is encoded once more", () => {
    const { effects } = run([...begun, open, gone, found(1, "progress"), open, image("ready"), found(1, "done")]);
    expect(effects.slice(4)).toEqual([
      "find everything 1",
      "tell ready",
      "tell missing",
      "everything progress",
      "encode",
      "tell ready",
      "prepare",
      "everything done",
    ]);
  });
});

it("E4: clicks go on meanwhile", () => {
  expect(run([...begun, click(1)]).effects.at(-1)).toBe("decode 1");
});
