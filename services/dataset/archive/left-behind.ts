/** What operating systems and tools leave in folders: nobody means it. */
export function isLeftBehind(path: string): boolean {
  const parts = path.split("/");
  return (
    parts.some((part) => (part.startsWith(".") && part !== "..") || part === "__MACOSX") ||
    /^(thumbs\.db|desktop\.ini)$/i.test(parts.at(-1) ?? "")
  );
}
