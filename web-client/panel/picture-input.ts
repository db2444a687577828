import type { PictureSource } from "../pictures/picture-file.js";
import { addressAmong } from "../pictures/picture-url.js";
import { words } from "../words/words.js";
import { element, setData } from "./element.js";

interface PictureActions {
  /** The first comes onto the canvas, the others into the strip. */
  readonly onPictures: (sources: readonly PictureSource[]) => void;
  readonly onAddress: (address: URL) => void;
  readonly onNothing: (message: string) => void;
}

/** The ways in for one's own picture: choose, drop, paste. */
export function listenForPictures({ onPictures, onAddress, onNothing }: PictureActions): void {
  const input = element("file", HTMLInputElement);
  const stage = element("stage", HTMLElement);
  const take = (files: readonly File[]) =>
    onPictures(files.map((file) => ({ name: file.name || words.problems.pastedPicture, read: async () => file })));

  for (const id of ["choose", "welcome-choose"]) {
    element(id, HTMLButtonElement).addEventListener("click", () => input.click());
  }
  const camera = element("camera-file", HTMLInputElement);
  element("camera", HTMLButtonElement).addEventListener("click", () => camera.click());
  for (const one of [input, camera]) {
    one.addEventListener("change", () => {
      // Whatever was chosen: a file that is no picture is worth a word.
      const files = [...(one.files ?? [])];
      if (files.length > 0) take(files);
      // The same file may be chosen again.
      one.value = "";
    });
  }

  // The whole page takes the drop: beside the stage the browser would leave the page and show the file.
  let depth = 0;
  const dragging = (by: number) => {
    depth = Math.max(0, depth + by);
    setData(stage, "drop", String(depth > 0));
  };
  addEventListener("dragenter", (event) => {
    if (holdsPicture(event)) dragging(1);
  });
  addEventListener("dragleave", (event) => {
    if (holdsPicture(event)) dragging(-1);
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    dragging(-depth);
    const files = picturesAmong(event.dataTransfer?.files);
    const address = addressAmong(event.dataTransfer);
    if (files.length > 0) take(files);
    else if (address !== undefined) onAddress(address);
    else onNothing(words.problems.droppedNoPicture);
  });

  addEventListener("paste", (event) => {
    // Into a field goes what belongs there.
    if (event.target instanceof HTMLInputElement) return;
    const files = picturesAmong(event.clipboardData?.files);
    const address = addressAmong(event.clipboardData);
    if (files.length > 0) take(files);
    else if (address !== undefined) onAddress(address);
    else onNothing(words.problems.pastedNoPicture);
  });
}

/** Or may: what an address leads to shows only when it is fetched. */
function holdsPicture({ dataTransfer }: DragEvent): boolean {
  return ["Files", "text/uri-list"].some((type) => dataTransfer?.types.includes(type) === true);
}

function picturesAmong(files: FileList | undefined): File[] {
  return [...(files ?? [])].filter((file) => file.type.startsWith("image/"));
}
