/** How long a button says that it has copied. */
const saidMs = 1500;

/** A button at each block of code that copies it, where the browser lets a page do that. */
export function addCopyButtons(): void {
  if (!navigator.clipboard) return;
  for (const block of document.querySelectorAll(".code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(block.querySelector("code")?.textContent ?? "").then(
        () => {
          button.textContent = "Copied";
        },
        () => {
          button.textContent = "Not allowed";
        },
      );
      setTimeout(() => {
        button.textContent = "Copy";
      }, saidMs);
    });
    block.append(button);
  }
}
