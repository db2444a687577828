import { Registry } from "prom-client";
import { expect, it } from "vitest";
import { createMetrics } from "./metrics.js";

function open(itemsLeft: () => Promise<number | undefined>) {
  const registry = new Registry();
  const { onItem } = createMetrics(registry, { isOpen: () => true, isLost: () => false, itemsLeft });
  const samples = async (name: string) =>
    (await registry.metrics()).split("\n").filter((line) => line.startsWith(`maskwire_dataset_${name}`));
  return { onItem, samples };
}

it("has every kind of job and outcome before anything was counted, and counts what is known of", async () => {
  const { onItem, samples } = open(async () => 0);
  const before = await samples("items_total");
  expect(before).toContain('maskwire_dataset_items_total{kind="export",outcome="failed"} 0');
  onItem("automatic", "retried");
  onItem(undefined, "failed");
  const after = await samples("items_total");
  expect(after.filter((line) => !before.includes(line))).toEqual([
    'maskwire_dataset_items_total{kind="automatic",outcome="retried"} 1',
  ]);
});

it("says what is left as often as it is asked, and nothing while the database does not answer", async () => {
  let answer: () => Promise<number | undefined> = async () => 5;
  const { samples } = open(() => answer());
  expect(await samples("items_left")).toEqual(["maskwire_dataset_items_left 5"]);
  answer = async () => undefined;
  expect(await samples("items_left")).toEqual([]);
  answer = async () => 0;
  expect(await samples("items_left")).toEqual(["maskwire_dataset_items_left 0"]);
  answer = () => Promise.reject(new Error("lost"));
  expect(await samples("items_left")).toEqual([]);
  answer = () => new Promise(() => {});
  expect(await samples("items_left")).toEqual([]);
});
