import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { upload } from "../support/http-calls.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { jpegScene } from "../support/pictures.js";
import { tinyModelEnv } from "../support/tiny-model.js";

it("nothing is reported to the maker of ONNX Runtime: it leaves no identifier and no queue of events in the home", async () => {
  const home = await mkdtemp(join(tmpdir(), "maskwire-home-"));
  try {
    await using maskwire = await MaskwireProcess.start({
      ...tinyModelEnv(),
      HOME: home,
      MASKWIRE_MODEL_CACHE_DIR: join(home, "graphs"),
    });
    await upload(maskwire.url, await jpegScene(640, 480, 77));
    expect(await readdir(home)).toEqual(["graphs"]);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
