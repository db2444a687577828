import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { objectPointerGraph } from "../../services/decoder/testing/memory-model.js";
import { servedMemory } from "../../services/decoder/testing/served-memory.js";
import { Manifest } from "../../services/inference/models/manifest.js";
import { Models } from "../../services/inference/models/models.js";
import { checkMemory } from "./check-memory.js";

const folder = mkdtempSync(join(tmpdir(), "maskwire-doctor-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("loads a memory that fits, and names what does not; a model without one has nothing to load", async () => {
  const right = servedMemory(folder);
  await expect(checkMemory(right.model, right.models, 1)).resolves.toBeUndefined();
  const wrong = servedMemory(folder, { memoryEncoder: objectPointerGraph() });
  await expect(checkMemory(wrong.model, wrong.models, 1)).rejects.toThrow(
    'The memory encoder of "m" takes no "pix_feat"; it takes x.',
  );
  const manifest = Manifest.read();
  await checkMemory(manifest.get(manifest.defaultId), new Models(manifest), 1);
});
