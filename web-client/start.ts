import { CanvasView } from "./canvas/canvas-view.js";
import { listenToCanvasKeys } from "./canvas/keyboard-input.js";
import { listenToPointer } from "./canvas/pointer-input.js";
import { PointingView } from "./canvas/pointing-view.js";
import { listenToRoom } from "./canvas/room-input.js";
import { ToolLayer } from "./canvas/tool-layer.js";
import { listenToView } from "./canvas/view-input.js";
import { Client } from "./client.js";
import { AddressView } from "./panel/address-view.js";
import { element } from "./panel/element.js";
import { FilmView } from "./panel/film-view.js";
import { HelpView } from "./panel/help-view.js";
import { ObjectsView } from "./panel/objects-view.js";
import { listenToPageKeys } from "./panel/page-keys.js";
import { listenForPhotos } from "./panel/picture-input.js";
import { SavedView } from "./panel/saved-view.js";
import { StripView } from "./panel/strip-view.js";
import { TakeAwayView } from "./panel/take-away-view.js";
import { ToolboxView } from "./panel/toolbox-view.js";
import { ToolsView } from "./panel/tools-view.js";
import { ZoomView } from "./panel/zoom-view.js";
import { addressSource } from "./pictures/picture-url.js";
import { listSamples, sampleSource } from "./pictures/samples.js";
import { Autosave } from "./save/autosave.js";
import { openSavedStore } from "./save/indexed-store.js";
import { Screen } from "./screen.js";
import { FileMaker } from "./take-away/file-maker.js";
import { words } from "./words/words.js";

/** Puts the page together; from here on everything is an event. */
export function start(): void {
  const canvas = element("canvas", HTMLCanvasElement);
  const layer = new ToolLayer(element("tool-layer", HTMLCanvasElement));
  const client = new Client({
    changed: () => {
      pointing.render(client.store.state);
      screen.invalidate();
      autosave?.changed();
    },
    show: (bitmap) => {
      // Before it is fitted: a frame may be late to tell.
      tellRoom();
      view.bitmap = bitmap;
    },
  });
  const port = client.store;
  const { dispatch } = port;
  const view = new CanvasView({ canvas, tools: layer, onStale: () => screen.invalidate() });
  const pointing = new PointingView(canvas, layer);
  const film = new FilmView();
  const fetchPhoto = (address: URL) => {
    const { link } = port.state;
    if (link.kind === "open" && !link.limits.pictureUrls) {
      dispatch({ kind: "notice", message: words.problems.noAddresses });
    } else {
      client.choose(addressSource(address));
    }
  };
  const screen = new Screen({
    client,
    canvas: view,
    tools: new ToolsView(port),
    toolbox: new ToolboxView(port),
    film,
    strip: new StripView({
      onOpen: (token) => dispatch({ kind: "photo-opened", token }),
      onRemove: (token) => dispatch({ kind: "photo-removed", token }),
      thumbnailOf: (token) => client.thumbnailOf(token),
    }),
    address: new AddressView({ onAddress: fetchPhoto }),
    zoom: new ZoomView(port),
    objects: new ObjectsView(port),
    takeAway: new TakeAwayView({
      state: () => port.state,
      bitmap: () => view.bitmap,
      files: new FileMaker(),
      onProblem: (message) => dispatch({ kind: "notice", message }),
    }),
  });

  const tellRoom = listenToRoom(element("room", HTMLElement), port);
  // Before the pointer: what moves the picture is nothing to click with.
  listenToView(canvas, port);
  listenToPointer(canvas, port);
  listenToCanvasKeys(canvas, port);
  const help = new HelpView();
  listenToPageKeys(port, help);
  listenForPhotos({
    onPhotos: ([first, ...others]) => {
      if (first !== undefined) client.choose(first);
      for (const source of others) client.add(source);
    },
    onAddress: fetchPhoto,
    onNothing: (message) => dispatch({ kind: "notice", message }),
  });
  addEventListener("online", () => dispatch({ kind: "network-back" }));
  addEventListener("offline", () => {
    dispatch({ kind: "network-lost" });
    client.disconnect();
  });

  let autosave: Autosave | undefined;
  const saved = new SavedView({
    onClear: async () => {
      for (const { token } of client.store.state.strip) dispatch({ kind: "photo-removed", token });
      await autosave?.clear();
    },
  });
  screen.invalidate();
  // Before the connection, so that no click gets the number of an earlier one.
  void restorePage(client, saved).then((kept) => {
    autosave = kept;
    autosave?.changed();
    client.connect();
    void showSamples(client, film);
  });
}

/** What an earlier visit left behind comes back; from then on this one is kept. */
async function restorePage(client: Client, saved: SavedView): Promise<Autosave | undefined> {
  const store = await openSavedStore();
  if (store === undefined) {
    saved.show("off");
    return undefined;
  }
  const autosave = new Autosave({
    store,
    state: () => client.store.state,
    fileOf: (token) => client.fileOf(token),
    onDropped: (name) => client.dispatch({ kind: "notice", message: words.problems.noRoom(name) }),
    onStatus: (status) => saved.show(status),
  });
  const page = await store.read().catch(() => undefined);
  if (page !== undefined && page.photos.length > 0) autosave.restored(client.restore(page));
  // A page that is left may not come back: phones end those in the background.
  addEventListener("pagehide", () => autosave.flush());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") autosave.flush();
  });
  return autosave;
}

/** The first sample is there at once, unless somebody was quicker. */
async function showSamples(client: Client, film: FilmView): Promise<void> {
  const samples = await listSamples();
  film.show(samples, (sample) => client.choose(sampleSource(sample)));
  const [first] = samples;
  const { picture, loading } = client.store.state;
  if (first !== undefined && picture.kind === "empty" && loading === undefined) client.choose(sampleSource(first));
}
