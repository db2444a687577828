interface DragActions {
  /** @param place the row's new place from the top, 0 the first. */
  readonly onDrop: (id: number, place: number) => void;
  readonly onGivenUp: () => void;
}

/** Rows are dragged by their grip, with any pointer; the others make room on the way. */
export function listenToRowDrag(list: HTMLElement, { onDrop, onGivenUp }: DragActions): { isActive: () => boolean } {
  let row: HTMLElement | undefined;
  let from = -1;
  const placeOf = (one: Element) => [...list.children].indexOf(one);
  const end = (keeps: boolean) => {
    if (row === undefined) return;
    const [dropped, place] = [row, placeOf(row)];
    delete dropped.dataset.dragged;
    row = undefined;
    if (!keeps) onGivenUp();
    else if (place !== from) onDrop(Number(dropped.dataset.id), place);
  };

  list.addEventListener("pointerdown", (event) => {
    const grip = event.target instanceof Element ? event.target.closest(".object-grip") : null;
    if (!(grip instanceof HTMLElement) || event.button !== 0) return;
    row = grip.closest("li") ?? undefined;
    if (row === undefined) return;
    from = placeOf(row);
    row.dataset.dragged = "true";
    grip.setPointerCapture(event.pointerId);
  });
  list.addEventListener("pointermove", (event) => {
    if (row === undefined) return;
    // The neighbours move and not the row: one that leaves the document loses its pointer.
    for (let next = row.nextElementSibling; next !== null && event.clientY > middleOf(next); ) {
      row.before(next);
      next = row.nextElementSibling;
    }
    for (let before = row.previousElementSibling; before !== null && event.clientY < middleOf(before); ) {
      row.after(before);
      before = row.previousElementSibling;
    }
  });
  list.addEventListener("pointerup", () => end(true));
  list.addEventListener("pointercancel", () => end(false));
  return { isActive: () => row !== undefined };
}

function middleOf(row: Element): number {
  const { top, height } = row.getBoundingClientRect();
  return top + height / 2;
}
