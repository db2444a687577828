import { create } from "@bufbuild/protobuf";
import { describe, expect, it, vi } from "vitest";
import { ListDetectorsRequestSchema } from "../../../proto/index.js";
import type { FileState } from "../../inference/models/file-states.js";
import { Manifest } from "../../inference/models/manifest.js";
import { Code, ServiceError } from "../../runtime/errors.js";
import { callContext } from "../../runtime/testing/call-context.js";
import { listDetectors } from "../rpc/list-detectors.js";
import { type AskedDetectors, Detectors } from "./detectors.js";
import { looksOf, planWords } from "./plan-words.js";
import { cocoVocabulary } from "./words/coco-vocabulary.js";
import type { Vocabulary } from "./words/vocabulary.js";

const { detectors: shipped } = Manifest.read();

/** The manifest's, of which the files of some are here, and one of others is damaged. */
function open(here: Set<string>, chosen?: string[], damaged = new Set<string>(), onWrong = vi.fn()): Detectors {
  const models = {
    detectors: shipped,
    stateOf: async ({ sha256 }: { sha256: string }): Promise<FileState> => {
      const owner = shipped.find(({ files }) => Object.values(files).some((file) => file.sha256 === sha256));
      if (!owner || !here.has(owner.id)) return { kind: "absent" };
      const isFirst = Object.values(owner.files)[0]?.sha256 === sha256;
      if (isFirst && damaged.has(owner.id)) return { kind: "wrong", reason: `${owner.id} has another SHA-256` };
      return { kind: "right", path: `/${sha256}` };
    },
  };
  const pool = { maxQueue: 1, hungMs: 1000 };
  return new Detectors({ models, chosen, threads: 1, pool, onLoaded: () => {}, onWrong });
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

  it("leave out one of which a file is another than the manifest's, and say so once, and what to do", async () => {
    const [here, damaged, onWrong] = [new Set(["ssdlite", "nanodet-g"]), new Set(["ssdlite"]), vi.fn()];
    const detectors = open(here, undefined, damaged, onWrong);
    expect(ids(await detectors.asked(""))).toEqual(["nanodet-g"]);
    const [bad, good] =
      (await listDetectors(detectors)(create(ListDetectorsRequestSchema), callContext())).detectors ?? [];
    expect(bad).toMatchObject({
      id: "ssdlite",
      ready: false,
      advice: expect.stringMatching(/damaged; .*pull ssdlite/),
    });
    expect(good).toMatchObject({ id: "nanodet-g", ready: true, advice: "" });
    await expect(detectors.asked("ssdlite")).rejects.toMatchObject({
      reason: "NO_DETECTOR",
      message: expect.stringContaining("is damaged; `npm run models -- pull ssdlite`"),
    });
    expect(onWrong.mock.calls).toEqual([["ssdlite", "ssdlite has another SHA-256"]]);
    damaged.clear();
    expect(ids(await detectors.asked(""))).toEqual(["ssdlite", "nanodet-g"]);
    damaged.add("ssdlite");
    await detectors.states();
    expect(onWrong).toHaveBeenCalledTimes(2);
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
    expect(await plan("the sign that says STOP", both)).toEqual([{ kind: "written", text: "stop", on: "something" }]);
  });

  it("those that find whatever they are told, where nobody knows them", () => {
    const knownBy = (vocabulary?: Vocabulary) => [{ vocabulary }] as never;
    const all: AskedDetectors = {
      isNamed: false,
      of: (kind) => (kind === "written" ? [] : knownBy(kind === "closed" ? cocoVocabulary() : undefined)),
      none: (kind) => new ServiceError({ code: Code.FAILED_PRECONDITION, message: `No ${kind}.` }),
    };
    const questions = planWords("dogs, the red shoe and a lace", all);
    expect(questions).toEqual([
      { kind: "closed", meanings: [{ label: "dog", via: "name" }] },
      { kind: "open", words: "red shoe" },
      { kind: "open", words: "lace" },
    ]);
    expect(looksOf(questions)).toEqual({ kinds: new Set(["closed", "open"]), words: ["lace", "red shoe"] });
    expect(() => planWords('"stop"', all)).toThrow("No written.");
  });

  it("the one that is named, as far as it can", async () => {
    expect(await plan("Stop, and go", ["pp-ocr"], "pp-ocr")).toEqual([
      { kind: "written", text: "Stop, and go", on: undefined },
    ]);
    await expect(plan('"stop"', both, "ssdlite")).rejects.toThrow(
      "Of what is asked here (ssdlite) nothing reads what is written in a picture.",
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
