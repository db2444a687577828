/** The element with this id, which the page's own HTML holds. */
export function element<Kind extends Element>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page lacks #${id}.`);
  return found;
}

/** Writes only what differs, so that nothing is announced or laid out twice. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

export function setData(target: HTMLElement, key: string, value: string | number): void {
  const text = String(value);
  if (target.dataset[key] !== text) target.dataset[key] = text;
}
