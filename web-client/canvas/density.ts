/** Device pixels per CSS pixel; more than three are not to be seen. */
export function density(): number {
  return Math.min(3, globalThis.devicePixelRatio || 1);
}
