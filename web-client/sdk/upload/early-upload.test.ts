import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { EncodeEventSchema } from "../../../proto/index.js";
import { EarlyUpload } from "./early-upload.js";
import type { UploadListener } from "./upload.js";

const imageId = `sha256:${"a".repeat(64)}`;
const file = new Blob(["picture"]);
const encoding = create(EncodeEventSchema, { event: { case: "encoding", value: {} } });
const failure = { error: {}, remedy: "wait", retryAfterMs: 5 } as const;

/** An upload that the test carries out. */
function open({ isKnown = false } = {}) {
  const heard: string[] = [];
  const calls: string[] = [];
  let under: UploadListener | undefined;
  const early = new EarlyUpload(
    {
      onProgress: (token, sent) => heard.push(`${token} sent ${sent}`),
      onEvent: (token, { event }) => heard.push(`${token} ${event.case}`),
      onFailure: (token) => heard.push(`${token} failed`),
    },
    {
      isKnown: async () => isKnown,
      openUpload: (listener) => {
        under = listener;
        return { start: (token) => calls.push(`start ${token}`), stop: () => calls.push("stop") };
      },
    },
  );
  if (under === undefined) throw new Error("no upload was opened");
  return { early, heard, calls, under };
}

it("sends what the service does not have, and tells who asks for it later what became of it", async () => {
  const { early, heard, calls, under } = open();
  await early.start(1, { file, imageId });
  expect(calls).toEqual(["stop", "start 1"]);
  under.onProgress(1, 5);
  under.onEvent(1, encoding);
  expect(heard).toEqual([]);
  expect(early.adopt(1)).toBe(true);
  under.onProgress(1, 7);
  under.onFailure(1, failure);
  expect(heard).toEqual(["1 sent 5", "1 encoding", "1 sent 7", "1 failed"]);
  expect(early.adopt(1)).toBe(false);
});

it("sends nothing that is known, or that cannot be asked about", async () => {
  const known = open({ isKnown: true });
  await known.early.start(1, { file, imageId });
  const nameless = open();
  await nameless.early.start(1, { file, imageId: undefined });
  for (const { early, calls } of [known, nameless]) expect([calls, early.adopt(1)]).toEqual([["stop"], false]);
});

it("is nobody's any more once it has failed, or another picture is on its way", async () => {
  const { early, heard, calls, under } = open();
  await early.start(1, { file, imageId });
  under.onFailure(1, failure);
  expect(early.adopt(1)).toBe(false);
  const slow = early.start(2, { file, imageId });
  await early.start(3, { file, imageId });
  await slow;
  expect(calls.filter((call) => call !== "stop")).toEqual(["start 1", "start 3"]);
  expect([early.adopt(2), early.adopt(3), heard]).toEqual([false, true, []]);
});

it("goes on when the picture before is given up, and ends when it was asked for itself", async () => {
  const { early, calls } = open();
  await early.start(1, { file, imageId });
  early.stopAdopted();
  expect(calls).toEqual(["stop", "start 1"]);
  early.adopt(1);
  early.stopAdopted();
  expect(calls).toEqual(["stop", "start 1", "stop"]);
  await early.start(2, { file, imageId });
  early.forget(1);
  expect(calls.at(-1)).toBe("start 2");
  early.forget(2);
  expect(calls.at(-1)).toBe("stop");
});

it("sends nothing more once it is asked for, or forgotten, while the service is still asked", async () => {
  for (const end of ["adopt", "forget"] as const) {
    const { early, calls } = open();
    const sent = early.start(1, { file, imageId });
    early[end](1);
    await sent;
    expect(calls.filter((call) => call !== "stop")).toEqual([]);
  }
});
