import type { Client } from "./client.js";
import { keyTable } from "./keys/key-table.js";
import { AccountView } from "./panel/account-view.js";
import { AddressView } from "./panel/address-view.js";
import { DecodingView } from "./panel/decoding-view.js";
import { DetailView } from "./panel/detail-view.js";
import { EverythingView } from "./panel/everything-view.js";
import { FilmView } from "./panel/film-view.js";
import { HelpView } from "./panel/help-view.js";
import { LatencyView } from "./panel/latency-view.js";
import { MaskView } from "./panel/mask-view.js";
import { ModelView } from "./panel/model-view.js";
import { ObjectsView } from "./panel/objects-view.js";
import { listenToPageKeys } from "./panel/page-keys.js";
import { listenForPictures } from "./panel/picture-input.js";
import { SavedView } from "./panel/saved-view.js";
import { SendView } from "./panel/send-view.js";
import { SignInView } from "./panel/sign-in-view.js";
import { StripView } from "./panel/strip-view.js";
import { TakeAwayView } from "./panel/take-away-view.js";
import { TakeFiles } from "./panel/take-files.js";
import { ToolsView } from "./panel/tools-view.js";
import { WordsView } from "./panel/words-view.js";
import { addressSource } from "./pictures/picture-url.js";
import { listSamples, sampleSource } from "./pictures/samples.js";
import { Autosave } from "./save/autosave.js";
import { openSavedStore } from "./save/indexed-store.js";
import { PictureStage } from "./stage/picture-stage.js";
import { Drawing } from "./state/drawing.js";
import { pictureParts } from "./state/picture-parts.js";
import { FileMaker } from "./take-away/file-maker.js";
import { rememberedFormat } from "./take-away/remembered-format.js";
import { words } from "./words/words.js";

/** Puts the page together; from here on everything is an event. */
export function start(): void {
  let autosave: Autosave | undefined;
  const saving = new Drawing({
    parts: ({ strip, picture }) => [strip, ...pictureParts(picture)],
    render: () => autosave?.changed(),
  });
  const stage = new PictureStage({ changed: (state) => saving.drawIfStale(state, performance.now()) });
  const { client, port, screen } = stage;
  const { dispatch } = port;
  const routing = () => client.routing;
  const bitmap = () => stage.bitmap;
  const fetchPicture = (address: URL) => {
    const { link } = port.state;
    if (link.kind === "open" && !link.limits.pictureUrls) {
      dispatch({ kind: "notice", message: words.problems.noAddresses });
    } else {
      client.choose(addressSource(address));
    }
  };
  screen.add({
    canvas: [],
    others: [
      new ToolsView(port),
      new EverythingView(port),
      new WordsView(port),
      new MaskView(port, bitmap),
      new DetailView(port),
      new ObjectsView(port, bitmap),
      new TakeAwayView(port, new TakeFiles(port, new FileMaker(), bitmap)),
      new SendView(port, (token) => client.fileOf(token)),
      new LatencyView(),
      new ModelView(port),
      new DecodingView({ routing, onPrefer: (preference) => client.prefer(preference) }),
      new StripView(port, (token) => client.thumbnailOf(token)),
      new AddressView({ onAddress: fetchPicture }),
      new SignInView(client.signIn, port),
      new AccountView(client.signIn, () => client.signOut()),
      new FilmView({ onChoose: (sample) => client.choose(sampleSource(sample)) }),
      new SavedView({
        onClear: async () => {
          for (const { token } of port.state.strip) dispatch({ kind: "picture-removed", token });
          await autosave?.clear();
        },
      }),
    ],
  });

  listenToPageKeys(port, new HelpView(keyTable));
  listenForPictures({
    onPictures: ([first, ...others]) => {
      if (first !== undefined) client.choose(first);
      for (const source of others) client.add(source);
    },
    onAddress: fetchPicture,
    onNothing: (message) => dispatch({ kind: "notice", message }),
  });
  dispatch({ kind: "format-chosen", format: rememberedFormat() });

  // Who watches what the page knows asks for it by `?watch`.
  if (new URLSearchParams(location.search).has("watch")) {
    void import("./watch/watch-views.js").then(({ watchViews }) => screen.add(watchViews(routing)));
  }
  // Before the connection, so that no click gets the number of an earlier one.
  void begin(client, (kept) => {
    autosave = kept;
    autosave?.changed();
  });
}

async function begin(client: Client, keep: (autosave: Autosave | undefined) => void): Promise<void> {
  await comeBack(client);
  const room = await client.signIn.room();
  keep(room === undefined ? undefined : await restorePage(client, room));
  // A page shows one tenant's work, and keeps it with that tenant's: for another it begins anew.
  client.signIn.onSignedIn = (tenant) => {
    const mayStay = tenant === room || (room === undefined && client.store.state.strip.length > 0);
    if (!mayStay) location.reload();
  };
  client.connect();
  if (room !== undefined) void showSamples(client);
}

/** Takes what a provider has sent the person back with, and clears it from the address. */
async function comeBack({ signIn, dispatch }: Client): Promise<void> {
  const here = new URL(location.href);
  if (!here.searchParams.has("state")) return;
  const page = new URL(".", document.baseURI);
  history.replaceState(undefined, "", page);
  const isIn = await signIn.backFromProvider(here).catch(() => false);
  const from = signIn.takeWayBack(page);
  if (isIn && from !== undefined) location.replace(from);
  if (!isIn) dispatch({ kind: "notice", message: words.signIn.providerFailed });
}

/** What an earlier visit left behind comes back; from then on this one is kept. */
async function restorePage(client: Client, room: string): Promise<Autosave | undefined> {
  const store = await openSavedStore(room);
  if (store === undefined) {
    client.dispatch({ kind: "saving-changed", status: "off" });
    return undefined;
  }
  const autosave = new Autosave({
    store,
    state: () => client.store.state,
    fileOf: (token) => client.fileOf(token),
    onDropped: (name) => client.dispatch({ kind: "notice", message: words.problems.noRoom(name) }),
    onStatus: (status) => client.dispatch({ kind: "saving-changed", status }),
  });
  const page = await store.read().catch(() => undefined);
  if (page !== undefined && page.pictures.length > 0) autosave.restored(client.restore(page));
  // A page that is left may not come back: phones end those in the background.
  addEventListener("pagehide", () => autosave.flush());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") autosave.flush();
  });
  return autosave;
}

/** The first sample is there at once, unless somebody was quicker. */
async function showSamples(client: Client): Promise<void> {
  const samples = await listSamples();
  client.dispatch({ kind: "samples-listed", samples });
  const [first] = samples;
  const { picture, loading } = client.store.state;
  if (first !== undefined && picture.kind === "empty" && loading === undefined) client.choose(sampleSource(first));
}
