import { useRef, useState } from "preact/hooks";
import type { DatasetService } from "../net/service.js";
import { sentenceOf } from "../parts/problem-note.js";

/** As many at once: the next one's way here while the one before is written down. */
const atOnce = 3;

interface Adding {
  readonly done: number;
  readonly all: number;
  readonly problems: readonly { readonly name: string; readonly sentence: string }[];
}

/** Adds files of pictures, a few at a time; what fails is told, and the rest goes on. */
export function useAdding(service: DatasetService, onAdded: () => void) {
  const [adding, setAdding] = useState<Adding>({ done: 0, all: 0, problems: [] });
  const waiting = useRef<File[]>([]);
  const running = useRef(0);
  const one = async (file: File): Promise<void> => {
    // A folder's files keep their folder's name.
    const name = file.webkitRelativePath || file.name;
    try {
      await service.addPicture(file, { name, split: "" }, () => {});
      setAdding((before) => ({ ...before, done: before.done + 1 }));
    } catch (error) {
      const problem = { name, sentence: sentenceOf(error as Error) };
      setAdding((before) => ({ ...before, problems: [...before.problems, problem] }));
    }
  };
  const pursue = async () => {
    running.current++;
    for (let file = waiting.current.shift(); file !== undefined; file = waiting.current.shift()) await one(file);
    running.current--;
    if (running.current === 0) onAdded();
  };
  const add = (files: readonly File[]) => {
    if (files.length === 0) return;
    const isFresh = running.current === 0;
    setAdding((before) =>
      isFresh ? { done: 0, all: files.length, problems: [] } : { ...before, all: before.all + files.length },
    );
    waiting.current.push(...files);
    while (running.current < Math.min(atOnce, waiting.current.length + running.current)) void pursue();
  };
  return { adding, add };
}
