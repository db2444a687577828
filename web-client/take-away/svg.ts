import { traceOutlines } from "../../proto/index.js";
import type { Taken, TakenPicture } from "./taken.js";

/** The objects as paths of an SVG as large as the picture, their holes left open; exact at every pixel's middle. */
export function svgOf({ width, height, name }: TakenPicture, objects: readonly Taken[]): string {
  const paths = objects.map((object) => {
    const path = traceOutlines(object.runs).map(subpath).join("");
    const label = escaped(object.name);
    return `  <path id="object-${object.id}" fill="${object.colour}" fill-rule="evenodd" d="${path}"><title>${label}</title></path>\n`;
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">\n` +
    `  <title>${escaped(name)}</title>\n${paths.join("")}</svg>\n`
  );
}

function subpath(outline: ArrayLike<number>): string {
  let path = "";
  for (let i = 0; i < outline.length; i += 2) path += `${i === 0 ? "M" : "L"}${outline[i]} ${outline[i + 1]}`;
  return `${path}Z`;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll(
      // biome-ignore lint/suspicious/noControlCharactersInRegex: XML has no place for them at all.
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g,
      "",
    );
}
