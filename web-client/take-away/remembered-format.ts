import { type Format, formats } from "../state/page.js";

const formatKey = "maskwire-format";

/** The choice of an earlier visit. */
export function rememberedFormat(): Format {
  try {
    const stored = localStorage.getItem(formatKey);
    return formats.find((format) => format === stored) ?? "cutout";
  } catch {
    // A page without storage has no memory of a choice.
    return "cutout";
  }
}

export function rememberFormat(format: Format): void {
  try {
    localStorage.setItem(formatKey, format);
  } catch {
    // As above.
  }
}
