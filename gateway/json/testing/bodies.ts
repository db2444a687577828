/** Values of one kind, so many of them. */
export interface Values {
  readonly kind: keyof typeof textOf;
  readonly count: number;
}

/** The text of one value, by its number. */
export const textOf = {
  object: () => "{}",
  list: () => "[]",
  integer: () => "1",
  fraction: () => "1.5",
  text: (at: number) => `"a${at}"`,
  sameText: () => '"ab"',
  field: () => '{"a":1.5}',
  /** Each object of another form: the engine takes more for it, and far longer. */
  ownField: (at: number) => `{"k${at}":{}}`,
  index: (at: number) => `{"${at % 1000}":1}`,
  lists: () => `${"[".repeat(20)}${"]".repeat(20)}`,
  fields: () => `${'{"a":'.repeat(20)}1${"}".repeat(20)}`,
  prompt: () => '{"x":1.25,"y":712.5,"label":1}',
  address: (at: number) => `"https://pictures.example.org/2026/${at}.jpg"`,
  counts: (at: number) => `{"rle":{"counts":"${"1".repeat(3000)}${at}","size":[480,640]}}`,
  wide: () => `"${"a".repeat(2000)}字"`,
  escaped: () => `"${"\\n".repeat(1000)}"`,
  escapedWide: () => `"${"a".repeat(1000)}\\u5b57"`,
} satisfies Record<string, (at: number) => string>;

/** A body that has them all in one list. */
export function bodyOf(values: readonly Values[]): Uint8Array<ArrayBuffer> {
  const all = values.flatMap(({ kind, count }) => Array.from({ length: count }, (_, at) => textOf[kind](at)));
  return new TextEncoder().encode(`{"changes":[${all.join()}]}`);
}
