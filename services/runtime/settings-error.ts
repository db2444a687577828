/** A malformed setting. The message names every variable at fault and what was expected. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}
