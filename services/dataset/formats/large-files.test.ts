import { describe, expect, it } from "vitest";
import { AnnotationFormat } from "../../../proto/index.js";
import { inLittleMemory } from "./testing/large-file.js";

const bytes = 200 * 2 ** 20;
const heapMiB = 48;
/** Until the next collection. */
const buffers = 100 * 2 ** 20;

describe("a file of 200 MiB in a heap of 48", () => {
  it("is read", async () => {
    const { count, objects, mostBuffers } = await inLittleMemory(
      { bytes, isRead: true, format: AnnotationFormat.COCO },
      heapMiB,
    );
    expect(count).toBe(objects);
    expect(mostBuffers).toBeLessThan(buffers);
  });

  it("is written", async () => {
    const { count, mostBuffers } = await inLittleMemory(
      { bytes, isRead: false, format: AnnotationFormat.COCO },
      heapMiB,
    );
    expect(count).toBeGreaterThan(bytes);
    expect(mostBuffers).toBeLessThan(buffers);
  });
});
