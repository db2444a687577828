import { describe, expect, it } from "vitest";
import { importsOf, type SourceFile } from "./source-files.js";
import { cyclesOf, structureOf } from "./structure.js";

const file = (path: string, ...imports: string[]): SourceFile => ({ path, lines: 10, imports });

describe("imports", () => {
  it("are found in every form, each once, by the paths of the sources", () => {
    const text = [
      'import { a } from "./a.js";',
      'import type { B } from "../b.js";',
      'import "../../side-effect.js";',
      'export * from "./c/c.js";',
      'const late = await import("./late.js");',
      'const entry = new URL("./worker.js", import.meta.url);',
      'import { again } from "./a.js";',
      'import { z } from "zod";',
      'const text = "./not-an-import.js";',
    ].join("\n");
    expect(importsOf("x/y/z.ts", text)).toEqual([
      "x/y/a.ts",
      "x/b.ts",
      "side-effect.ts",
      "x/y/c/c.ts",
      "x/y/late.ts",
      "x/y/worker.ts",
    ]);
  });
});

describe("rings", () => {
  it("are every set of nodes that reach each other, and nothing else", () => {
    const graph = new Map([
      ["a", ["b"]],
      ["b", ["c", "d"]],
      ["c", ["a"]],
      ["d", ["e"]],
      ["e", ["d", "f"]],
      ["f", []],
    ]);
    expect(cyclesOf(graph)).toEqual([
      ["a", "b", "c"],
      ["d", "e"],
    ]);
    expect(cyclesOf(new Map([["a", ["a"]]]))).toEqual([]);
  });
});

describe("the structure", () => {
  it("counts rooms and arrows, and leaves tests out of the arrows", () => {
    const { rooms, arrows } = structureOf([
      file("gateway/a.ts", "gateway/http/b.ts", "gateway/http/c.ts"),
      file("gateway/http/b.ts", "gateway/http/c.ts"),
      file("gateway/http/c.ts"),
      file("gateway/http/c.test.ts", "gateway/a.ts"),
    ]);
    expect(rooms).toEqual([
      { path: "gateway", files: 1, lines: 10, testLines: 0 },
      { path: "gateway/http", files: 3, lines: 30, testLines: 10 },
    ]);
    expect(arrows).toEqual([{ from: "gateway", to: "gateway/http", imports: 2 }]);
  });

  it("finds an arrow that runs back up to what composes it, and not one to what merely lies above", () => {
    const { backUp, roomCycles, fileCycles } = structureOf([
      file("services/decoder/tier.ts", "services/decoder/rpc/segment.ts"),
      file("services/decoder/rpc/segment.ts", "services/decoder/recipe.ts", "services/runtime/errors.ts"),
      file("services/decoder/recipe.ts", "services/decoder/rpc/names.ts"),
      file("services/decoder/rpc/names.ts"),
      file("services/runtime/errors.ts"),
      file("services/runtime/grpc/serve.ts", "services/runtime/errors.ts"),
    ]);
    expect(backUp).toEqual([{ from: "services/decoder/rpc/segment.ts", to: "services/decoder/recipe.ts" }]);
    expect(roomCycles).toEqual([["services/decoder", "services/decoder/rpc"]]);
    expect(fileCycles).toEqual([]);
  });
});
