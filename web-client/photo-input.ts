import { element, setData } from "./panel/element.js";
import type { PhotoSource } from "./photo.js";
import { words } from "./words/words.js";

interface PhotoActions {
  readonly onPhoto: (source: PhotoSource) => void;
  readonly onNothing: (message: string) => void;
}

/** The ways in for one's own photo: choose, drop, paste. */
export function listenForPhotos({ onPhoto, onNothing }: PhotoActions): void {
  const input = element("file", HTMLInputElement);
  const stage = element("stage", HTMLElement);
  const take = (file: File) => onPhoto({ name: file.name || words.problems.pastedPhoto, read: async () => file });

  for (const id of ["choose", "welcome-choose"]) {
    element(id, HTMLButtonElement).addEventListener("click", () => input.click());
  }
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (file !== undefined) take(file);
    // The same file may be chosen again.
    input.value = "";
  });

  // The whole page takes the drop: beside the stage the browser would leave the page and show the file.
  let depth = 0;
  const dragging = (by: number) => {
    depth = Math.max(0, depth + by);
    setData(stage, "drop", String(depth > 0));
  };
  addEventListener("dragenter", (event) => {
    if (holdsFiles(event)) dragging(1);
  });
  addEventListener("dragleave", (event) => {
    if (holdsFiles(event)) dragging(-1);
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    dragging(-depth);
    const file = pictureAmong(event.dataTransfer?.files);
    if (file !== undefined) take(file);
    else onNothing(words.problems.droppedNoPicture);
  });

  addEventListener("paste", (event) => {
    const file = pictureAmong(event.clipboardData?.files);
    if (file !== undefined) take(file);
    else onNothing(words.problems.pastedNoPicture);
  });
}

function holdsFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") === true;
}

function pictureAmong(files: FileList | undefined): File | undefined {
  return [...(files ?? [])].find((file) => file.type.startsWith("image/"));
}
