import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { fetchOk } from "./fetch-checked.js";

const url = new URL("https://service/a");

/** Answers in their order; the last one again and again. */
function answering(...answers: Response[]): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (url: string) => {
    asked.push(new URL(url).pathname);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    return answer?.clone();
  });
  return asked;
}

const busy = (seconds?: string) =>
  new Response("busy", { status: 429, headers: seconds === undefined ? {} : { "retry-after": seconds } });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("comes again when a busy gateway has said when, and not before", async () => {
  const asked = answering(busy("2"), busy("1"), new Response("graph"));
  const answer = fetchOk(url);
  await vi.advanceTimersByTimeAsync(1999);
  expect(asked.length).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked.length).toBe(2);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await (await answer).text()).toBe("graph");
  expect(asked).toEqual(["/a", "/a", "/a"]);
});

it("gives up in the end, and tells how it was answered", async () => {
  const asked = answering(busy("1"));
  const answer = expect(fetchOk(url)).rejects.toThrow("/a was answered with 429.");
  await vi.runAllTimersAsync();
  await answer;
  expect(asked.length).toBe(4);
});

it.each([
  ["nothing", undefined],
  ["a date", "Fri, 01 Jan 2100 00:00:00 GMT"],
  ["an hour", "3600"],
])("does not wait where the answer says %s of when", async (_what, retryAfter) => {
  const asked = answering(busy(retryAfter));
  await expect(fetchOk(url)).rejects.toThrow("429");
  expect(asked.length).toBe(1);
});
