import type { Sample } from "../state/page.js";
import type { PictureSource } from "./picture-file.js";

const list = "samples/samples.json";

/** The samples in their order; none where they are not installed, and the page does without. */
export async function listSamples(): Promise<Sample[]> {
  try {
    const answer = await fetch(list);
    if (!answer.ok) return [];
    const entries: unknown = await answer.json();
    return Array.isArray(entries) ? entries.flatMap(sampleOf) : [];
  } catch {
    return [];
  }
}

export function sampleSource(sample: Sample): PictureSource {
  return {
    name: sample.title,
    read: async () => {
      const answer = await fetch(sample.url);
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      return answer.blob();
    },
  };
}

function sampleOf(entry: unknown): Sample[] {
  if (typeof entry !== "object" || entry === null) return [];
  const { name, title, file, thumbnail } = entry as Record<string, unknown>;
  if (typeof name !== "string" || typeof title !== "string" || typeof file !== "string") return [];
  const urlOf = (path: string) => new URL(path, new URL(list, document.baseURI)).href;
  return [{ name, title, url: urlOf(file), thumbnailUrl: urlOf(typeof thumbnail === "string" ? thumbnail : file) }];
}
