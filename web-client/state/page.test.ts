import { describe, expect, it } from "vitest";
import { changePage, firstPage, type Page, type PageEvent } from "./page.js";
import { closed, run, welcome } from "./testing/fixtures.js";

const samples = [{ name: "pears", title: "Pears", url: "a/pears.jpg", thumbnailUrl: "a/pears.thumb.jpg" }];

describe("the page beside its pictures", () => {
  it.each<[PageEvent, Partial<Page>]>([
    [{ kind: "samples-listed", samples }, { samples }],
    [{ kind: "saving-changed", status: "off" }, { saving: "off" }],
    [{ kind: "format-chosen", format: "svg" }, { takeAway: { ...firstPage.takeAway, format: "svg" } }],
    [{ kind: "taking", isBusy: true }, { takeAway: { ...firstPage.takeAway, isBusy: true } }],
    [{ kind: "copied", isCopied: true }, { takeAway: { ...firstPage.takeAway, isCopied: true } }],
  ])("after %o has %o", (event, change) => {
    expect(changePage(firstPage, event)).toEqual({ ...firstPage, ...change });
    expect(run([event])[0].page).toEqual({ ...firstPage, ...change });
  });

  it("takes addresses as the gateway said last, between two connections too", () => {
    const fetching = run([welcome({ pictureUrls: true })])[0];
    expect(fetching.takesAddresses).toBe(true);
    expect(run([closed()], fetching)[0].takesAddresses).toBe(true);
    expect(run([closed(), welcome()], fetching)[0].takesAddresses).toBe(false);
  });
});
