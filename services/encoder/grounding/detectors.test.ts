import { describe, expect, it } from "vitest";
import { Manifest } from "../../inference/models/manifest.js";
import { Code } from "../../runtime/errors.js";
import { Detectors } from "./detectors.js";

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
const ids = (all: readonly { spec: { id: string } }[]) => all.map(({ spec }) => spec.id);

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
      /^There is no detector "x{80}"; there is ssdlite, nanodet-g/,
    );
  });

  it("are those that the settings choose, or none", async () => {
    expect(ids(await open(new Set(["ssdlite", "nanodet-g"]), ["nanodet-g"]).asked(""))).toEqual(["nanodet-g"]);
    await expect(open(new Set(["ssdlite"]), []).asked("")).rejects.toThrow("Words are not understood here.");
  });
});
