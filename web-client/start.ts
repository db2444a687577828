import { listenToView } from "./canvas/view-input.js";
import { Client } from "./client.js";
import { Hand } from "./hand.js";
import { listenToKeys } from "./keys/listen-to-keys.js";
import { AddressView } from "./panel/address-view.js";
import { setData } from "./panel/element.js";
import { FilmView } from "./panel/film-view.js";
import { HelpView } from "./panel/help-view.js";
import { ObjectsView } from "./panel/objects-view.js";
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
import { maskInHand } from "./state/objects.js";
import { overlayOf } from "./state/state.js";
import { FileMaker } from "./take-away/file-maker.js";
import { words } from "./words/words.js";

/** Three steps are about a factor of three. */
const zoomStep = 1.45;

/** Puts the page together; from here on everything is an event. */
export function start(): void {
  const client = new Client({
    changed: () => {
      screen.invalidate();
      autosave?.changed();
    },
  });
  const { dispatch, view } = client;
  const now = () => performance.now();
  const tools = new ToolsView({
    onUndo: () => dispatch({ kind: "undo" }),
    onRedo: () => dispatch({ kind: "redo" }),
    onClear: () => dispatch({ kind: "clear" }),
  });
  const toolbox = new ToolboxView({
    onTool: () => {
      hand.changed();
      looking.showHand();
      setData(view.canvas, "tool", toolbox.tool);
      screen.invalidate();
    },
    onBrushSize: () => hand.changed(),
    onFill: (filled) => {
      view.filled = filled;
      screen.invalidate();
    },
  });
  const film = new FilmView();
  const strip = new StripView({
    onOpen: (token) => dispatch({ kind: "photo-opened", token }),
    onRemove: (token) => dispatch({ kind: "photo-removed", token }),
    thumbnailOf: (token) => client.thumbnailOf(token),
  });
  const fetchPhoto = (address: URL) => {
    const { link } = client.store.state;
    if (link.kind === "open" && !link.limits.pictureUrls) {
      dispatch({ kind: "notice", message: words.problems.noAddresses });
    } else {
      client.choose(addressSource(address));
    }
  };
  const address = new AddressView({ onAddress: fetchPhoto });
  const zoom = new ZoomView({
    onIn: () => view.zoomBy(zoomStep),
    onOut: () => view.zoomBy(1 / zoomStep),
    onActualSize: () => view.showActualSize(),
    onWhole: () => view.showWhole(),
  });
  const objects = new ObjectsView({
    onKeep: () => keep(),
    onEdit: (id) => {
      dispatch({ kind: "object-edited", id });
      view.canvas.focus();
    },
    onRemove: (id) => dispatch({ kind: "object-removed", id }),
    onRename: (id, name) => dispatch({ kind: "object-renamed", id, name }),
    onRecolour: (id, colour) => dispatch({ kind: "object-recoloured", id, colour }),
    onShow: (id, visible) => dispatch({ kind: "object-shown", id, visible }),
    onMove: (id, to) => dispatch({ kind: "object-moved", id, to }),
    onMerge: (id, otherId) => dispatch({ kind: "objects-combined", id, otherId, operation: "union" }),
    onSubtract: (id, otherId) => dispatch({ kind: "objects-combined", id, otherId, operation: "difference" }),
    onSelection: () => {
      view.lit = objects.selection;
      screen.invalidate();
    },
  });
  const takeAway = new TakeAwayView({
    state: () => client.store.state,
    bitmap: () => view.bitmap,
    selection: () => objects.selection,
    files: new FileMaker(),
    onProblem: (message) => dispatch({ kind: "notice", message }),
  });
  const screen = new Screen({ client, tools, toolbox, film, strip, address, zoom, objects, takeAway });

  const overlay = () => overlayOf(client.store.state.picture);

  /** The object in hand is finished. */
  const keep = (): boolean => {
    const { picture } = client.store.state;
    if (picture.kind === "empty" || overlay() !== undefined || maskInHand(picture.edit.present) === undefined)
      return false;
    dispatch({ kind: "object-kept" });
    return true;
  };
  listenToKeys(
    view.canvas,
    "masks",
    {
      step: (to) => {
        dispatch({ kind: "everything-step", to });
        return overlay()?.lit !== undefined;
      },
      take: () => dispatch({ kind: "everything-take" }),
    },
    () => (overlay()?.found.length ?? 0) > 0,
  );
  // Before the pointer: what moves the picture is nothing to click with.
  const looking = listenToView(view.canvas, {
    onZoom: (factor, place) => view.zoomBy(factor, place),
    onPan: (by) => view.panBy(by),
    onStep: (by) => stepCandidate(client, by),
    isHand: () => toolbox.tool === "hand",
    onTakeOver: () => hand.cancel(),
  });
  const hand = new Hand({ client, tools, toolbox, onKeep: keep, invalidate: () => screen.invalidate() });
  const help = new HelpView();
  // The help's own keys are the browser's: Escape closes it.
  const isFree = () => !help.isOpen;
  listenToKeys(window, "nowhere", { keep }, ({ target }) => isFree() && target === document.body);
  listenToKeys(
    window,
    "page",
    {
      help: () => help.open(),
      keep,
      candidate: (index) => dispatch({ kind: "candidate", index }),
      tool: (tool) => toolbox.choose(tool),
      brush: (by) => toolbox.stepBrush(by),
      fill: () => toolbox.toggleFill(),
      zoom: (by) => view.zoomBy(zoomStep ** by),
      whole: () => view.showWhole(),
      actualSize: () => view.showActualSize(),
      neighbour: (by) => openNeighbour(client, by),
      everything: () => dispatch({ kind: "everything-toggle", atMs: now() }),
    },
    (event) => isFree() && !isTyping(event),
  );
  listenToKeys(
    window,
    "anywhere",
    {
      undo: () => dispatch({ kind: "undo" }),
      redo: () => dispatch({ kind: "redo" }),
      giveUp: () => {
        if (!hand.cancel()) dispatch({ kind: "escape" });
      },
    },
    isFree,
  );
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

/** Whether letters go into a field or a list; a switch or a slider takes none. */
function isTyping({ target }: KeyboardEvent): boolean {
  if (target instanceof HTMLInputElement) return !["radio", "range", "checkbox"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** The photo of the strip before the one on the canvas or after it, round and round. */
function openNeighbour({ store, dispatch }: Client, by: 1 | -1): void {
  const { strip, picture } = store.state;
  const at = picture.kind === "empty" ? 0 : strip.findIndex(({ token }) => token === picture.photo.token);
  const next = strip[(at + by + strip.length) % strip.length];
  if (next !== undefined) dispatch({ kind: "photo-opened", token: next.token });
}

/** The next candidate or the one before, round and round. */
function stepCandidate({ store, dispatch }: Client, by: 1 | -1): void {
  const { picture } = store.state;
  const answer = picture.kind === "empty" ? undefined : picture.edit.present.answer;
  if (answer === undefined) return;
  const count = answer.masks.length;
  dispatch({ kind: "candidate", index: (answer.chosen + by + count) % count });
}

/** The first sample is there at once, unless somebody was quicker. */
async function showSamples(client: Client, film: FilmView): Promise<void> {
  const samples = await listSamples();
  film.show(samples, (sample) => client.choose(sampleSource(sample)));
  const [first] = samples;
  const { picture, loading } = client.store.state;
  if (first !== undefined && picture.kind === "empty" && loading === undefined) client.choose(sampleSource(first));
}
