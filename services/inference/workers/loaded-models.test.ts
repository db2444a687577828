import { expect, it, vi } from "vitest";
import { LoadedModels } from "./loaded-models.js";

const MiB = 1024 * 1024;

/** Models of so many MiB each by their ids; what was loaded and released, in order. */
function open(maxMiB: number, sizes: Record<string, number>) {
  const log: string[] = [];
  const onChange = vi.fn();
  const models = new LoadedModels({
    maxBytes: maxMiB * MiB,
    load: async ({ model: { id } }: { model: { id: string }; bytes: number }) => {
      if (id === "broken") throw new Error("it is broken");
      log.push(`+${id}`);
      return { detail: { of: id }, release: async () => void log.push(`-${id}`) };
    },
    onChange,
  });
  for (const [id, size] of Object.entries(sizes)) models.know({ model: { id }, bytes: size * MiB });
  return { models, log, onChange };
}

it("loads each when it is asked for first, and says so before and after", async () => {
  const { models, log, onChange } = open(10, { a: 3, b: 3 });
  const first = await models.get("a");
  expect(await models.get("a")).toBe(first);
  await models.get("b");
  expect(log).toEqual(["+a", "+b"]);
  expect(models.details).toEqual({ a: { of: "a" }, b: { of: "b" } });
  expect(onChange.mock.calls).toEqual([
    [{}, true],
    [{ a: { of: "a" } }, false],
    [{ a: { of: "a" } }, true],
    [{ a: { of: "a" }, b: { of: "b" } }, false],
  ]);
});

it("unloads the least used where there is no room, and as many as it takes", async () => {
  const { models, log } = open(10, { a: 4, b: 4, c: 4, d: 8 });
  for (const id of ["a", "b", "a", "c"]) await models.get(id);
  expect(log).toEqual(["+a", "+b", "-b", "+c"]);
  await models.get("d");
  expect(log.slice(4)).toEqual(["-a", "-c", "+d"]);
});

it("loads one that is larger than all the room there is, alone", async () => {
  const { models, log } = open(10, { a: 4, large: 40 });
  for (const id of ["a", "large", "a"]) await models.get(id);
  expect(log).toEqual(["+a", "-a", "+large", "-large", "+a"]);
});

it("says why one cannot be loaded, and is ready for another", async () => {
  const { models, onChange } = open(10, { a: 4, broken: 4 });
  await expect(models.get("broken")).rejects.toThrow("it is broken");
  await expect(models.get("unheard")).rejects.toThrow("does not know the model unheard");
  expect(onChange.mock.lastCall).toEqual([{}, false]);
  expect((await models.get("a")).detail).toEqual({ of: "a" });
});
