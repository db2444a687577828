import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { PromptsWaiting } from "./prompts-waiting.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("lets go of a prompt when it is answered, and of all at the end", () => {
  const waiting = new PromptsWaiting();
  const gone: string[] = [];
  const add = (name: string, sequence: number) => {
    const one = waiting.atTheDoor(sequence, () => gone.push(name), {
      mostMs: 100,
      call: () => gone.push(`late ${name}`),
    });
    waiting.isIn(sequence, one);
  };
  add("a", 1);
  add("b", 2);
  add("c", 3);
  waiting.answered(2);
  waiting.answered(2);
  waiting.answered(9);
  expect(gone).toEqual(["b"]);
  vi.advanceTimersByTime(100);
  expect(gone).toEqual(["b", "late a", "late c"]);
  waiting.close();
  waiting.close();
  expect(gone.slice(3)).toEqual(["a", "c"]);
});

it("tells two with the same number apart: the newest while it is at the door, then the oldest first", () => {
  const waiting = new PromptsWaiting();
  const gone: string[] = [];
  const atTheDoor = (name: string) => waiting.atTheDoor(1, () => gone.push(name));
  waiting.isIn(1, atTheDoor("a"));
  waiting.isIn(1, atTheDoor("b"));
  const refused = atTheDoor("refused");
  waiting.answered(1);
  waiting.isIn(1, refused);
  expect(gone).toEqual(["refused"]);
  waiting.answered(1);
  waiting.answered(1);
  expect(gone).toEqual(["refused", "a", "b"]);
});
