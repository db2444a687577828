import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { EncodeEventSchema } from "../../proto/index.js";
import type { ClientEvent } from "./event.js";
import type { State } from "./state.js";
import { answer, chosen, imageId, loaded, point, ready, run, shown, welcome } from "./testing/fixtures.js";

const otherId = `sha256:${"cd".repeat(32)}`;
const added = (token: number): ClientEvent => ({ kind: "picture-added", token, name: `${token}.jpg` });
const read = (token: number): ClientEvent => ({
  kind: "picture-read",
  token,
  width: 40,
  height: 20,
  bytes: 900,
  imageId: otherId,
});
const open = (token: number): ClientEvent[] => [
  { kind: "picture-opened", token },
  { ...loaded(token === 1 ? imageId : otherId), token },
];
const prepared = (token: number): ClientEvent => ({
  kind: "preparing-event",
  token,
  event: create(EncodeEventSchema, { event: { case: "ready", value: { cached: false } } }),
});
const busy = (token: number, atMs = 5_000): ClientEvent => ({
  kind: "preparing-failed",
  token,
  failure: { message: "Busy.", remedy: "wait", retryAfterMs: 700 },
  atMs,
});
const preparations = ({ strip }: State) => strip.map(({ preparation }) => preparation.kind);

describe("the strip", () => {
  it("has pictures prepared one at a time, in their order", () => {
    const [first, effects] = run([...shown.ready, added(2), added(3), read(2)]);
    expect(effects).toEqual([{ kind: "prepare", token: 2 }]);
    const [second, none] = run([read(3)], first);
    expect([preparations(second), none]).toEqual([["none", "uploading", "waiting"], []]);
    expect(run([prepared(2)], second)[1]).toEqual([{ kind: "prepare", token: 3 }]);
  });

  it("waits while the picture on the canvas needs the encoder", () => {
    const [waiting, none] = run([...shown.encoding, added(2), read(2)]);
    expect([preparations(waiting), none]).toEqual([["none", "waiting"], []]);
    expect(run([ready], waiting)[1]).toEqual([{ kind: "prepare", token: 2 }]);
  });

  it("tries again after the time that the service names", () => {
    const [state, effects] = run([...shown.ready, added(2), read(2), busy(2)]);
    expect(effects).toEqual([{ kind: "timer", name: "prepare", delayMs: 2_000 }]);
    expect(run([{ kind: "timer", name: "prepare", atMs: 6_000 }], state)[1]).toEqual([]);
    expect(run([{ kind: "timer", name: "prepare", atMs: 7_000 }], state)[1]).toEqual([{ kind: "prepare", token: 2 }]);
  });

  it("leaves a picture that cannot be prepared, with the reason", () => {
    const refused: ClientEvent = {
      kind: "preparing-failed",
      token: 2,
      failure: { message: "No picture.", remedy: "none", retryAfterMs: undefined },
      atMs: 5_000,
    };
    const [state, effects] = run([...shown.ready, added(2), added(3), read(2), read(3), refused]);
    expect(state.strip[1]).toMatchObject({ preparation: { kind: "failed", message: "No picture." } });
    expect(effects).toEqual([{ kind: "prepare", token: 3 }]);
  });

  it("puts work by and brings it back, with the clicks that waited", () => {
    const begun = [...shown.ready, point(1), answer(1), point(2), added(2), read(2)];
    const [away] = run([...begun, ...open(2)]);
    expect(away.picture).toMatchObject({ info: { token: 2 }, edit: { past: [] } });
    const [back, effects] = run(open(1), away);
    expect(back.picture).toMatchObject({ info: { token: 1 }, edit: { present: { sequence: 2 } } });
    expect(effects).toMatchObject([
      { kind: "stop-upload" },
      { kind: "open-image", imageId },
      { kind: "segment", sequence: 2 },
    ]);
    expect(away.strip[0]).toMatchObject({ work: { edit: { waiting: [{ sentAtMs: undefined }] } } });
    expect(back.strip[0]?.work).toBeUndefined();
  });

  it("stops preparing the picture that is opened: the session does it now", () => {
    const [, effects] = run([...shown.ready, added(2), read(2), ...open(2)]);
    expect(effects.map(({ kind }) => kind)).toEqual(["stop-preparing", "stop-upload", "open-image"]);
  });

  it("goes on in the background with a picture that is left before it is ready", () => {
    const [state, effects] = run([
      ...shown.encoding,
      added(2),
      read(2),
      ...open(2),
      { ...ready, event: { ...ready.event, imageId: otherId } },
    ]);
    expect([preparations(state), effects]).toEqual([["uploading", "none"], [{ kind: "prepare", token: 1 }]]);
  });

  it("shows the neighbour of a picture that is removed, and in the end none", () => {
    const [state, effects] = run([...shown.ready, added(2), read(2), { kind: "picture-removed", token: 1 }]);
    expect(effects).toContainEqual({ kind: "load-picture", token: 2 });
    const [empty] = run(
      [
        { ...loaded(otherId), token: 2 },
        { kind: "picture-removed", token: 2 },
      ],
      state,
    );
    expect(empty).toMatchObject({ strip: [], picture: { kind: "empty" } });
  });

  it("prepares nothing without a connection, and begins when there is one", () => {
    const [state, none] = run([chosen, loaded(), added(2), read(2)]);
    expect(none).toEqual([]);
    expect(run([welcome(), ready], state)[1]).toEqual([{ kind: "prepare", token: 2 }]);
  });
});
