import { expect, it } from "vitest";
import { Code } from "../errors.js";
import type { AuditEvent } from "./audit.js";
import { AuditLog } from "./audit-log.js";

/** A stream that has room or has none, and a clock that is set. */
function make() {
  const lines: Record<string, unknown>[] = [];
  const state = { hasRoom: true, now: Date.UTC(2030, 0, 1), lost: 0, room: () => {} };
  const log = new AuditLog({
    sink: {
      write: (line) => {
        if (state.hasRoom) lines.push(JSON.parse(line));
        return state.hasRoom;
      },
      onRoom: (listener) => {
        state.room = listener;
      },
      close: async () => {},
    },
    onLost: () => {
      state.lost += 1;
    },
    now: () => state.now,
  });
  return { log, lines, state };
}

const upload: AuditEvent = {
  action: "upload",
  outcome: "done",
  object: `sha256:${"0123456789abcdef".repeat(4)}`,
  request: "r1",
};

it("J1: writes who did what, to what, when and how it went, and of a picture's id only the beginning", () => {
  const { log, lines } = make();
  log.note({ ...upload, tenant: "acme", principal: "key-1", address: "203.0.113.7" });
  log.note({ ...upload, outcome: "failed", code: Code.INVALID_ARGUMENT });
  expect(lines).toEqual([
    {
      time: "2030-01-01T00:00:00.000Z",
      action: "upload",
      outcome: "done",
      object: "sha256:0123456789abcdef",
      request: "r1",
      tenant: "acme",
      principal: "key-1",
      address: "203.0.113.7",
    },
    expect.objectContaining({ outcome: "failed", code: "INVALID_ARGUMENT" }),
  ]);
});

it("J2: tells of every upload, and once a minute of a key's use and of the same refusal, with how many there were since", () => {
  const { log, lines, state } = make();
  const use: AuditEvent = { action: "key-use", outcome: "done", tenant: "acme", principal: "key-1" };
  const refused: AuditEvent = {
    action: "denied",
    outcome: "refused",
    code: Code.UNAUTHENTICATED,
    address: "203.0.113.7",
  };
  for (let count = 0; count < 5; count++) for (const one of [use, refused, upload]) log.note(one);
  log.note({ ...use, principal: "key-2" });
  log.note({ ...refused, address: "203.0.113.8" });
  expect(lines.map(({ action }) => action)).toEqual([
    ...["key-use", "denied", "upload", "upload", "upload", "upload", "upload"],
    ...["key-use", "denied"],
  ]);
  state.now += 60_000;
  log.note(use);
  log.note(refused);
  expect(lines.slice(-2).map(({ action, repeated }) => [action, repeated])).toEqual([
    ["key-use", 4],
    ["denied", 4],
  ]);
});

it("J3: loses what there is no room for, counts it, and tells so in the stream once there is", () => {
  const { log, lines, state } = make();
  log.note(upload);
  state.hasRoom = false;
  for (let count = 0; count < 3; count++) log.note(upload);
  expect([lines.length, state.lost]).toEqual([1, 3]);
  state.hasRoom = true;
  state.room();
  log.note(upload);
  expect(lines.slice(1)).toEqual([
    { time: "2030-01-01T00:00:00.000Z", action: "lost", count: 3 },
    expect.objectContaining({ action: "upload" }),
  ]);
});
