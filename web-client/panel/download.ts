/** Hands a file to the browser's downloads. */
export function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser takes the address over when the click is handled; it needs it no longer after that.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
