import { describe, expect, it } from "vitest";
import { Manifest } from "../../inference/models/manifest.js";
import { Code } from "../../runtime/errors.js";
import { type AskedDetectors, Detectors } from "./detectors.js";
import { planWords } from "./plan-words.js";

const { detectors: shipped } = Manifest.read();

/** The manifest's, of which the files of some are here. */
function open(here: Set<string>, chosen?: string[]): Detectors {
  const models = {
    detectors: shipped,
    arePresent: async (files: readonly { sha256: string }[]) =>
      shipped.some(({ id, files: all }) => here.has(id) && Object.values(all)[0]?.sha256 === files[0]?.sha256),
    verified: () => Promise.reject(new Error("not in this test")),
  };
  const pool = { maxQueue: 1, hungMs: 1000 };
  return new Detectors({ models, chosen, threads: 1, pool, onLoaded: () => {} });
}
const ids = ({ of }: AskedDetectors) =>
  (["closed", "written", "open"] as const).flatMap((kind) => of(kind).map(({ spec }) => spec.id));

describe("G3 detectors", () => {
  it("are those of the manifest whose files are here, as soon as they are", async () => {
    const here = new Set<string>();
    const detectors = open(here);
    await expect(detectors.asked("")).rejects.toMatchObject({
      code: Code.FAILED_PRECONDITION,
      reason: "NO_DETECTOR",
      message: expect.stringContaining("`npm run models -- pull ssdlite`"),
    });
    here.add("nanodet-g");
    expect(ids(await detectors.asked(""))).toEqual(["nanodet-g"]);
    here.add("ssdlite");
    expect(ids(await detectors.asked(""))).toEqual(["ssdlite", "nanodet-g"]);
    expect(ids(await detectors.asked("ssdlite"))).toEqual(["ssdlite"]);
  });

  it("are one by its name, which is not answered by another", async () => {
    const detectors = open(new Set(["ssdlite"]));
    await expect(detectors.asked("nanodet-g")).rejects.toMatchObject({
      reason: "NO_DETECTOR",
      message: expect.stringContaining("pull nanodet-g"),
    });
    await expect(detectors.asked("x".repeat(300))).rejects.toThrow(
      /^There is no detector "x{80}"; there is ssdlite, nanodet-g, pp-ocr/,
    );
  });

  it("are those that the settings choose, or none", async () => {
    expect(ids(await open(new Set(["ssdlite", "nanodet-g"]), ["nanodet-g"]).asked(""))).toEqual(["nanodet-g"]);
    await expect(open(new Set(["ssdlite"]), []).asked("")).rejects.toThrow("Words are not understood here.");
  });
});

describe("G3 words are asked of", () => {
  const plan = async (text: string, here: string[], id = "") => planWords(text, await open(new Set(here)).asked(id));
  const both = ["ssdlite", "pp-ocr"];

  it("those that know them, or those that read", async () => {
    expect(await plan('puppies and "24 Hr"', both)).toEqual([
      { kind: "closed", meanings: [{ label: "dog", via: "alias puppy" }] },
      { kind: "written", text: "24 hr", on: undefined },
    ]);
    expect(await plan("the bus that says Volvo", both)).toEqual([
      { kind: "written", text: "volvo", on: { kind: "closed", meanings: [{ label: "bus", via: "name" }] } },
    ]);
    expect(await plan("the sign that says STOP", both)).toEqual([{ kind: "written", text: "stop", on: undefined }]);
  });

  it("the one that is named, as far as it can", async () => {
    expect(await plan("Stop, and go", ["pp-ocr"], "pp-ocr")).toEqual([
      { kind: "written", text: "Stop, and go", on: undefined },
    ]);
    await expect(plan('"stop"', both, "ssdlite")).rejects.toThrow(
      "ssdlite does not read what is written in a picture.",
    );
  });

  it.each([
    ['"stop"', ["ssdlite"], /^Nothing that reads .*pull pp-ocr/],
    ["dog", ["pp-ocr"], /^Nothing that understands words .*pull ssdlite/],
  ])("nobody where %s is not what is installed here", async (text, here, message) => {
    await expect(plan(text, here)).rejects.toMatchObject({
      reason: "NO_DETECTOR",
      message: expect.stringMatching(message),
    });
  });
});
