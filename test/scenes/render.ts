// Renders the sample pictures and their exact masks: node dist/test/scenes/render.js [scene ...]

import { mkdir, stat, writeFile } from "node:fs/promises";
import sharp from "sharp";
import { objectIds } from "./object-ids.js";
import { objectMasks, type SceneMasks } from "./object-masks.js";
import { picture } from "./picture.js";
import { scenes } from "./scenes.js";

const WIDTH = 1200;
const HEIGHT = 800;
const SAMPLES = 16;
const THUMBNAIL_WIDTH = 240;
const JPEG = { quality: 88, mozjpeg: true, chromaSubsampling: "4:2:0" } as const;

// This file runs from dist/test/scenes.
const root = new URL("../../../", import.meta.url);
const samples = new URL("web-client/public/samples/", root);
await mkdir(samples, { recursive: true });

const wanted = process.argv.slice(2);
for (const scene of scenes) {
  if (wanted.length > 0 && !wanted.includes(scene.name)) continue;
  const started = performance.now();
  const world = scene.build();
  const pixels = picture(world, WIDTH, HEIGHT, SAMPLES);
  const photo = sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
  const file = new URL(`${scene.name}.jpg`, samples);
  await writeFile(file, await photo.clone().jpeg(JPEG).toBuffer());
  const thumbnail = await photo.clone().resize(THUMBNAIL_WIDTH).jpeg(JPEG).toBuffer();
  await writeFile(new URL(`${scene.name}.thumb.jpg`, samples), thumbnail);

  const objects = objectMasks(objectIds(world, WIDTH, HEIGHT));
  const masks: SceneMasks = { name: scene.name, width: WIDTH, height: HEIGHT, objects };
  await writeFile(new URL(`test/scenes/${scene.name}.masks.json`, root), json(masks));

  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const kilobytes = ((await stat(file)).size / 1024).toFixed(0);
  process.stdout.write(`${scene.name}: ${objects.length} objects, ${kilobytes} KiB, ${seconds} s\n`);
}

const list = scenes.map(({ name, title }) => ({
  name,
  title,
  file: `${name}.jpg`,
  thumbnail: `${name}.thumb.jpg`,
  width: WIDTH,
  height: HEIGHT,
}));
await writeFile(new URL("samples.json", samples), json(list));

function json(value: unknown): string {
  // Pairs of numbers stay on one line, as the project's formatter wants them.
  return `${JSON.stringify(value, null, 2).replace(/\[\s+(\d+),\s+(\d+)\s+\]/g, "[$1, $2]")}\n`;
}
