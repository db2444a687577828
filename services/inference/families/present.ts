/** Without what was left out: a key whose value is undefined would hide what it is spread over. */
export function present<O extends object>(all: O) {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as {
    [K in keyof O as undefined extends O[K] ? never : K]: O[K];
  } & { [K in keyof O as undefined extends O[K] ? K : never]?: Exclude<O[K], undefined> };
}
