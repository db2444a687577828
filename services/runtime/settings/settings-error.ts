import { OperationalError } from "../operational-error.js";

/** A malformed setting. The message names every variable at fault and what was expected. */
export class SettingsError extends OperationalError {
  override readonly name = "SettingsError";
  /** `EX_CONFIG` of sysexits.h. */
  override readonly exitCode = 78;
}
