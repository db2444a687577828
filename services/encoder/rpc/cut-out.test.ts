import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { CutOutRequestSchema } from "../../../proto/index.js";
import { Code } from "../../runtime/errors.js";
import { UploadBudget } from "../../runtime/limits/upload-budget.js";
import { callContext } from "../../runtime/testing/call-context.js";
import { cutOut } from "./cut-out.js";

const request = create(CutOutRequestSchema, {
  imageId: `sha256:${"0".repeat(64)}`,
  rle: { size: [2, 3], counts: "6" },
});
const file = new Uint8Array(1000);

function served(limitBytes: number, make: (held: number) => Uint8Array) {
  const uploads = new UploadBudget("uploads", limitBytes);
  const asked: (string | undefined)[] = [];
  const handler = cutOut({
    uploads,
    admission: { check: (work?: string) => void asked.push(work) } as never,
    images: { get: async () => ({ width: 3, height: 2, file }) },
    line: () => ({ cutOut: async () => make(uploads.bytes.usedBytes) }),
    limits: {} as never,
    isCacheUp: () => true,
  });
  return { uploads, asked, ask: () => handler(request, async () => {}, callContext()) };
}

it("H18: holds the picture's file until what was cut out has left, and gives it back also when it fails", async () => {
  let during = 0;
  const { uploads, asked, ask } = served(5000, (held) => {
    during = held;
    return new Uint8Array(1);
  });
  await ask();
  expect(during).toBeGreaterThanOrEqual(file.byteLength);
  expect(uploads.bytes.usedBytes).toBe(0);
  // It opens a picture, which overload keeps out before it does clicks.
  expect(asked).toEqual(["uploads"]);
  const failing = served(5000, () => {
    throw new Error("no");
  });
  await expect(failing.ask()).rejects.toThrow("no");
  expect(failing.uploads.bytes.usedBytes).toBe(0);
});

it("H18: is refused where there is no room for the file", async () => {
  const { ask, uploads } = served(999, () => new Uint8Array(1));
  await expect(ask()).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED });
  expect(uploads.bytes.usedBytes).toBe(0);
});
