import { describe, expect, it } from "vitest";
import { CloseCode } from "../../proto/index.js";
import { signInNeeded } from "../sdk/session/link.js";
import { noticeOf } from "./describe.js";
import { answer, closed, point, run, shown, welcome } from "./testing/fixtures.js";

describe("a session that needs somebody to sign in", () => {
  const clicked = [...shown.ready, point(1), answer(1), point(2)];

  it("is begun again at once when what it began with has ended: the page can have a new ticket", () => {
    const [{ link }, effects] = run([...clicked, closed(CloseCode.UNAUTHENTICATED)]);
    expect(link).toMatchObject({ kind: "waiting", attempt: 1 });
    expect(effects.at(-1)).toMatchObject({ kind: "timer", name: "reconnect" });
  });

  it("waits for a person where there is none, and keeps the clicks", () => {
    const [state, effects] = run([...clicked, closed(signInNeeded)]);
    expect(state.link).toEqual({ kind: "signed-out" });
    expect(effects.some((effect) => effect.kind === "timer" && effect.name === "reconnect")).toBe(false);
    expect(noticeOf(state)).toEqual({ text: "Sign in to go on. Your clicks are kept.", action: "sign-in" });
  });

  it("does not come back by itself", () => {
    const [{ link }] = run([...clicked, closed(signInNeeded), closed(), { kind: "network-back" }]);
    expect(link).toEqual({ kind: "signed-out" });
  });

  it("goes on where it was once somebody has", () => {
    const [back, effects] = run([...clicked, closed(signInNeeded), { kind: "retry", atMs: 5_000 }]);
    expect(back.link).toMatchObject({ kind: "connecting" });
    expect(effects).toContainEqual({ kind: "connect" });
    const [, sent] = run([welcome()], back);
    expect(sent.map(({ kind }) => kind)).toContain("open-image");
  });
});
