import { remember, remembered } from "../remembered.js";
import type { Preference } from "./choice.js";

const key = "maskwire-decoding";
const preferences: readonly Preference[] = ["automatic", "server", "here"];

/** The person's choice at an earlier visit. */
export function rememberedPreference(): Preference {
  const stored = remembered(key);
  return preferences.find((preference) => preference === stored) ?? "automatic";
}

export const rememberPreference = (preference: Preference): void => remember(key, preference);

/** Whether the person has asked the system to send little. */
export function isFrugal(): boolean {
  return (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true;
}
