import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Code } from "../../services/runtime/errors.js";
import { checkMemory, mostMemoryOf } from "./json-memory.js";
import { bodyOf, textOf, type Values } from "./testing/bodies.js";

const run = promisify(execFile);
const program = fileURLToPath(new URL("./testing/measure-body.js", import.meta.url));
const MiB = 2 ** 20;

/** The engine takes minutes for more objects that have nothing in common. */
const mostOf = (kind: Values["kind"]) =>
  ({ ownField: 10_000, counts: 3000, wide: 3000, escaped: 3000 })[kind as "wide"] ?? 100_000;

async function measured(values: readonly Values[]): Promise<number> {
  const { stdout } = await run(process.execPath, ["--expose-gc", program, JSON.stringify(values)]);
  return Number(stdout);
}

const someValues = fc.array(
  fc
    .constantFrom(...(Object.keys(textOf) as Values["kind"][]))
    .chain((kind) => fc.integer({ min: 1, max: mostOf(kind) }).map((count) => ({ kind, count }))),
  { minLength: 1, maxLength: 4 },
);

describe.skipIf(process.platform !== "linux")(
  "H27: what reading a body takes is never more than is said before",
  () => {
    it("whatever it is made of", async () => {
      await fc.assert(
        fc.asyncProperty(someValues, async (values) => {
          expect(await measured(values)).toBeLessThanOrEqual(mostMemoryOf(bodyOf(values)));
        }),
        { numRuns: 2, endOnFailure: true },
      );
    });

    it.each(["object", "text", "wide"] as const)("of %s alone, of which there are many", async (kind) => {
      const values = [{ kind, count: mostOf(kind) }];
      expect(await measured(values)).toBeLessThanOrEqual(mostMemoryOf(bodyOf(values)));
    });
  },
);

describe("H27: what is said of a body", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);

  it("counts values and not what is in their letters", () => {
    const most = mostMemoryOf(bytes('{"a":"[[[[,,,,::::"}'));
    expect(mostMemoryOf(bytes('{"a":"abcdefghijkl"}'))).toBe(most);
    expect(mostMemoryOf(bytes('{"a":"\\"[[[,,,::::"}'))).toBe(most);
    expect(mostMemoryOf(bytes('{"a":[[[[,,,,::::}}}'))).toBeGreaterThan(most);
    // One backslash escapes the next, and not the end.
    expect(mostMemoryOf(bytes('["\\\\",[[[['))).toBeGreaterThan(mostMemoryOf(bytes('["\\x\\",[[[[')));
  });

  it("takes what ends in the middle of anything", () => {
    for (const text of ["", '"', '"\\', "{", '"\\u']) expect(mostMemoryOf(bytes(text))).toBeGreaterThan(0);
  });

  it("refuses what could take more than there is, and nothing of a person's size", () => {
    const million = bodyOf([{ kind: "object", count: 1_000_000 }]);
    expect(() => checkMemory(million, 32 * MiB)).toThrow(
      expect.objectContaining({ code: Code.RESOURCE_EXHAUSTED, retryAfterMs: undefined }),
    );
    // A portion of a video's masks, as the page and the command line send them.
    const portion = bodyOf([{ kind: "counts", count: 400 }]);
    expect(portion.byteLength).toBeGreaterThan(MiB);
    checkMemory(portion, 16 * MiB);
  });
});
