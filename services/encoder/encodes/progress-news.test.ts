import { expect, it } from "vitest";
import type { Progress } from "./encode-flights.js";
import { readNews, writeNews } from "./progress-news.js";

it("passes on a place in line, with the time left as it is by then", () => {
  const queued = { stage: "queued", position: 3, etaMs: 2500 } as const;
  const read = (progress: Progress, ageMs: number) => readNews(writeNews(progress, ageMs)).progress;
  expect(read(queued, 0)).toEqual({ ...queued, elsewhere: true });
  expect(read(queued, 900.4)).toEqual({ ...queued, etaMs: 1600, elsewhere: true });
  expect(read(queued, 9000)).toEqual({ ...queued, etaMs: 0, elsewhere: true });
  expect(read({ stage: "encoding" }, 10)).toEqual({ stage: "encoding", elsewhere: true });
});

it("V2 says that there is a draft, and nothing of what", () => {
  const news = writeNews({ stage: "encoding", draft: { imageId: "secret", width: 4, height: 3 } }, 0);
  expect(news).not.toContain("secret");
  expect(readNews(news)).toEqual({ progress: { stage: "encoding", elsewhere: true }, hasDraft: true });
  expect(readNews('{"stage":"encoding","draft":{"width":1}}').hasDraft).toBe(false);
});

it("tells and believes no time that nobody would wait", () => {
  const news = writeNews({ stage: "queued", position: 1, etaMs: 1e12 }, 0);
  expect(readNews(news).progress).toEqual({ stage: "queued", position: 1, etaMs: 3_600_000, elsewhere: true });
});

it.each([
  '{"stage":"queued","position":4294967295,"etaMs":1}',
  '{"stage":"queued","position":1,"etaMs":4294967295}',
  '{"stage":"You have won!","position":1,"etaMs":1}',
  undefined,
  "",
  "{",
  "null",
  "7",
  "{}",
  '{"stage":"queued"}',
  '{"stage":"queued","position":-1,"etaMs":1}',
])("takes %j for work of which nothing more is known", (news) => {
  expect(readNews(news)).toEqual({ progress: { stage: "encoding", elsewhere: true }, hasDraft: false });
});
