import { expect, it } from "vitest";
import { fakeLogger } from "../runtime/testing/fake-logger.js";
import { Purging } from "./purging.js";

/** So many portions, each done when it is told. */
function portions(count: number) {
  let left = count;
  const waiting: (() => void)[] = [];
  const step = () =>
    new Promise<boolean>((resolve) => {
      waiting.push(() => resolve(--left >= 0));
    });
  return { step, next: () => waiting.shift()?.(), waiting, add: (more: number) => (left += more) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it("goes on until there is nothing left, one portion after the other, and once more when there is something again", async () => {
  const work = portions(2);
  const purging = new Purging(work, fakeLogger());
  purging.begin();
  purging.begin();
  for (const _ of [1, 2, 3]) {
    expect(work.waiting).toHaveLength(1);
    work.next();
    await turn();
  }
  expect(work.waiting).toHaveLength(0);
  work.add(1);
  purging.begin();
  expect(work.waiting).toHaveLength(1);
  work.next();
  await turn();
  work.next();
  await purging.close();
});

it("looks once more when there is something again while the last portion is under way", async () => {
  const work = portions(0);
  const purging = new Purging(work, fakeLogger());
  purging.begin();
  work.next();
  purging.begin();
  await turn();
  expect(work.waiting).toHaveLength(1);
  work.next();
  await purging.close();
});

it("ends behind the portion that is under way", async () => {
  const work = portions(10);
  const purging = new Purging(work, fakeLogger());
  purging.begin();
  const closing = purging.close();
  work.next();
  await closing;
  expect(work.waiting).toHaveLength(0);
});

it("tries again when it is asked after it has failed, and fails nobody", async () => {
  let tried = 0;
  const step = async () => {
    if (++tried === 1) throw new Error("no");
    return false;
  };
  const purging = new Purging({ step }, fakeLogger());
  purging.begin();
  await turn();
  purging.begin();
  await purging.close();
  expect(tried).toBe(2);
});
