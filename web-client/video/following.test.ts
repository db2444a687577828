import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PictureStage } from "../stage/picture-stage.js";
import { Following } from "./following.js";
import type { Player } from "./player/player.js";
import type { VideoStore } from "./store/video-store.js";

/** A store that holds a video of one frame. */
function keptVideo() {
  const left = {
    video: { name: "kept", width: 2, height: 2, isWhole: true, current: 0, objects: [], cuts: [] },
    frames: [{ name: "0.png", timeMs: 0, imageId: "frame-0", thumbnail: new Blob() }],
    made: new Map(),
  };
  const clear = vi.fn(() => Promise.resolve());
  const store = { read: () => Promise.resolve(left), clear, write: () => Promise.resolve() };
  return { store: store as unknown as VideoStore, clear };
}

const stage = {
  port: { dispatch() {}, state: { picture: { kind: "empty" }, selection: [], loading: undefined } },
  client: { openSocket() {}, choose: () => 1 },
  repaint() {},
} as unknown as PictureStage;
const player = { isPlaying: false, pause() {}, hide() {}, forget() {}, redraw() {}, show: () => Promise.resolve() };

describe("a video that is kept", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("addEventListener", () => {});
    vi.stubGlobal("document", { addEventListener() {} });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("stays where files are chosen of which no frame can be read", async () => {
    const { store, clear } = keptVideo();
    const following = new Following({ changed: () => {} });
    following.attach(stage, player as unknown as Player);
    await following.begin(store);
    await following.open([new File(["no"], "a.png"), new File(["picture"], "b.png")]);
    expect(following.problem).toContain("a.png");
    expect([following.name, following.frames, following.reading]).toEqual(["kept", 1, undefined]);
    expect(clear).not.toHaveBeenCalled();
  });
});
