import { beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../services/runtime/project-root.js";
import { readSources } from "./source-files.js";
import { type Structure, structureOf } from "./structure.js";

/** `npm run -s structure` shows the whole. */
describe("the project's own files", () => {
  let structure: Structure;
  beforeAll(async () => {
    structure = structureOf(await readSources(projectRoot));
  });

  it("are all read", () => {
    expect(structure.rooms.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["proto", "gateway", "services/runtime", "services/maskwire", "web-client", "models"]),
    );
  });

  it("import each other in no ring", () => {
    expect(structure.fileCycles).toEqual([]);
  });

  it("import nothing of a folder above that leads back into their own", () => {
    expect(structure.backUp).toEqual([]);
  });
});
