import { remember, remembered } from "../remembered.js";
import { type Format, formats } from "../state/page.js";

const formatKey = "maskwire-format";

/** The choice of an earlier visit. */
export function rememberedFormat(): Format {
  const stored = remembered(formatKey);
  return formats.find((format) => format === stored) ?? "cutout";
}

export const rememberFormat = (format: Format): void => remember(formatKey, format);
