import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { projectRoot } from "../../../services/runtime/project-root.js";
import { farScene } from "../../scenes/far-scene.js";
import type { SceneMasks } from "../../scenes/object-masks.js";
import { scenes } from "../../scenes/scenes.js";

/** A photograph of 12 megapixels. */
const size = { width: 4248, height: 2832 };
/** From how far away: objects of 200 to 400 pixels, of 100 to 200, and of 40 to 100. */
const distances = [4, 8, 16];
/** Half a minute each on a quiet core: made once, and again when this changes. */
const version = 1;

interface FarPicture extends SceneMasks {
  readonly bytes: Buffer;
}

/** Our own scenes from far away, rendered where they have not been before. @param say progress. */
export async function* farPictures(say: (line: string) => void): AsyncGenerator<FarPicture> {
  const folder = join(projectRoot, "node_modules", ".cache", "maskwire-test", `far-scenes-${version}`);
  await mkdir(folder, { recursive: true });
  for (const scene of scenes) {
    for (const times of distances) {
      const name = `${scene.name} from ${times} times as far`;
      const file = join(folder, `${scene.name}-${times}`);
      if (!existsSync(`${file}.json`)) {
        say(`rendering ${name}`);
        const { pixels, objects } = await farScene(scene, times, size.width, size.height);
        await sharp(pixels, { raw: { ...size, channels: 3 } })
          .jpeg({ quality: 92 })
          .toFile(`${file}.jpg`);
        // Last, and at once: what is there is whole.
        await writeFile(`${file}.part`, JSON.stringify({ name, ...size, objects } satisfies SceneMasks));
        await rename(`${file}.part`, `${file}.json`);
      }
      const masks = JSON.parse(await readFile(`${file}.json`, "utf8")) as SceneMasks;
      yield { ...masks, bytes: await readFile(`${file}.jpg`) };
    }
  }
}
