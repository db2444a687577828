import type { z } from "zod";
import { SettingsError } from "./settings-error.js";

/** What processes find in their environment. */
export type Source = Readonly<Record<string, string | undefined>>;

/**
 * Settings by their variables: the form of each, with a description. Of one that may hold a secret its metadata say with
 * `shown`, a RegExp, what a message may repeat of it.
 */
export type Variables = Readonly<Record<string, z.ZodType>>;

/** What was set, validated; only variables that are set appear. */
export type EnvOf<V extends Variables> = { [K in keyof V]?: z.output<V[K]> };

/**
 * Reads and validates variables; an empty value counts as not set.
 * @throws SettingsError naming each malformed variable.
 */
export function readEnv<V extends Variables>(variables: V, source: Source): EnvOf<V> {
  const env: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, form] of Object.entries(variables)) {
    const text = source[name]?.trim();
    if (!text) continue;
    const parsed = form.safeParse(text);
    if (parsed.success) env[name] = parsed.data;
    else problems.push(`${name} is "${shownOf(form, text)}"; expected ${parsed.error.issues[0]?.message}.`);
  }
  if (problems.length > 0) throw new SettingsError(problems.join("\n"));
  return env as EnvOf<V>;
}

function shownOf(form: z.ZodType, text: string): string {
  const shown = form.meta()?.shown;
  return shown instanceof RegExp ? `${shown.exec(text)?.[0] ?? ""}***` : text.slice(0, 120);
}
