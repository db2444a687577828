import type { Preference } from "./choice.js";

const key = "maskwire-decoding";
const preferences: readonly Preference[] = ["automatic", "server", "here"];

/** The person's choice at an earlier visit. */
export function rememberedPreference(): Preference {
  try {
    const stored = localStorage.getItem(key);
    return preferences.find((preference) => preference === stored) ?? "automatic";
  } catch {
    // A page without storage has no memory of a choice.
    return "automatic";
  }
}

export function rememberPreference(preference: Preference): void {
  try {
    localStorage.setItem(key, preference);
  } catch {
    // It holds until the page is closed.
  }
}

/** Whether the person has asked the system to send little. */
export function isFrugal(): boolean {
  return (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true;
}
