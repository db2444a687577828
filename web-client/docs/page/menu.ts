/** On a small screen the list of contents is folded away, behind a button. */
export function startMenu(): void {
  const button = document.querySelector<HTMLButtonElement>("#menu");
  if (!button) return;
  const fold = (isOpen: boolean) => {
    button.setAttribute("aria-expanded", String(isOpen));
    document.body.classList.toggle("folded", !isOpen);
  };
  button.hidden = false;
  fold(false);
  button.addEventListener("click", () => fold(document.body.classList.contains("folded")));
}
