import { objectIds } from "../../scenes/object-ids.js";
import { quickPicture } from "../../scenes/quick-picture.js";
import { videos } from "../../scenes/videos/videos.js";
import { keepSequence } from "./davis-folder.js";

const size = { width: 854, height: 480 };
const samples = 1;

/** Renders the first of the videos of our own scenes into a folder, a second of a core a frame; what is there is left. */
export async function renderVideos(
  folder: string,
  count: number,
  say: (line: string) => void,
  most = videos.length,
): Promise<string[]> {
  const wanted = videos.slice(0, most);
  for (const video of wanted) {
    await keepSequence(folder, video.name, { ...size, count }, (frame) => {
      const world = video.at(count === 1 ? 0 : frame / (count - 1));
      const { names, ids } = objectIds(world, size.width, size.height);
      const numbers = [0, ...names.map((name) => video.objects.indexOf(name) + 1)];
      if (frame === 0) say(`rendering ${video.name}: ${video.what}`);
      return {
        pixels: quickPicture(world, size.width, size.height, samples),
        ids: ids.map((id) => numbers[id]!),
      };
    });
  }
  return wanted.map(({ name }) => name);
}
