import { remember, remembered } from "../../remembered.js";

const key = "maskwire-person";

/** Who works here, where the service asks nobody who they are. */
export function person(): string {
  return remembered(key) ?? "";
}

export function rememberPerson(name: string): void {
  remember(key, name.trim() || undefined);
}
