import { render } from "preact";
import { colours } from "../canvas/colouring.js";
import { listenToKeys } from "../keys/listen-to-keys.js";
import { videoTable } from "../keys/video-keys.js";
import { AccountView } from "../panel/account-view.js";
import { DetailView } from "../panel/detail-view.js";
import { element, setText } from "../panel/element.js";
import { HelpView } from "../panel/help-view.js";
import { offerLanguages } from "../panel/language-view.js";
import { MaskView } from "../panel/mask-view.js";
import { isTyping, listenToPageKeys } from "../panel/page-keys.js";
import { showKeys } from "../panel/show-keys.js";
import { SignInView } from "../panel/sign-in-view.js";
import { ToolsView } from "../panel/tools-view.js";
import { PictureStage } from "../stage/picture-stage.js";
import { canKeep } from "../state/objects.js";
import { applyWords } from "../words/apply-words.js";
import { words as pageWords } from "../words/words.js";
import { Following } from "./following.js";
import { Player } from "./player/player.js";
import { objectOf, stateOn } from "./state/track.js";
import { VideoStore } from "./store/video-store.js";
import { Chooser } from "./view/chooser.js";
import { ExportCard } from "./view/export-card.js";
import { listenToDrops } from "./view/listen-to-drops.js";
import { PlayerBar } from "./view/player-bar.js";
import { Timeline } from "./view/timeline.js";
import { TrackCard } from "./view/track-card.js";
import { words } from "./words/words.js";

applyWords(document.documentElement);
offerLanguages();
document.title = `${words.page.title} · Maskwire`;
setText(element("page-title", HTMLElement), words.page.heading);
start();

/** Puts the page together. */
function start(): void {
  let isDue = false;
  // Once a frame, whatever happens in it.
  const changed = () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      draw();
    });
  };
  const following = new Following({ changed });
  const stage = new PictureStage({
    changed: (state) => following.stateChanged(state),
    lookOf: ({ id, colour }) => {
      const object = objectOf(following.track, id);
      const isUnsure = object !== undefined && stateOn(object, following.current) === "unsure";
      return { colour: colours[colour] ?? colours[0], isProposal: isUnsure };
    },
  });
  const player = new Player({
    canvas: element("player", HTMLCanvasElement),
    room: element("room", HTMLElement),
    shelf: () => following.shelf,
    track: () => following.track,
    onFrame: (frame) => following.played(frame),
    onEnd: () => following.go(following.current),
  });
  following.attach(stage, player);
  const { port, client, screen } = stage;
  const keep = element("keep", HTMLButtonElement);
  const leaving = leaveDialog(following);
  const problem = element("video-problem", HTMLElement);
  const draw = () => {
    render(<Trail />, element("trail", HTMLElement));
    render(<PlayerBar following={following} />, element("player-bar", HTMLElement));
    if (following.frames > 0) render(<Timeline following={following} />, element("timeline", HTMLElement));
    else render(null, element("timeline", HTMLElement));
    render(<Welcome following={following} />, element("welcome", HTMLElement));
    render(<TrackCard following={following} />, element("track-card", HTMLElement));
    const isEmpty = following.frames === 0;
    render(
      isEmpty ? null : <ExportCard following={following} onLeave={() => leaving()} />,
      element("export-card", HTMLElement),
    );
    problem.hidden = following.problem === undefined;
    setText(problem, following.problem ?? "");
    setText(element("video-said", HTMLElement), following.said);
    const { picture } = port.state;
    const isEditing = picture.kind !== "empty" && picture.edit.present.editing !== undefined;
    const { keep: keepWords, keepChanges } = pageWords.objects;
    keep.disabled = !canKeep(port.state);
    setText(element("keep-text", HTMLElement), isEditing ? keepChanges : keepWords);
    const { dataset } = element("stage", HTMLElement);
    // Who has shown one object knows how.
    dataset.objects = String(following.track.objects.length);
    dataset.frame = String(following.opened ?? "");
    // What is clicked is what is seen.
    dataset.settled = String(following.opened === following.current);
  };
  screen.add({
    canvas: [],
    others: [
      new ToolsView(port),
      new MaskView(port, () => stage.bitmap),
      new DetailView(port),
      new SignInView(client.signIn, port),
      new AccountView(client.signIn, () => client.signOut()),
    ],
  });
  keep.addEventListener("click", () => following.keep());
  element("player", HTMLCanvasElement).addEventListener("click", () => {
    if (following.isPlaying) following.play();
  });
  listen(following, stage, new HelpView(videoTable));
  // What was made of a video is not given up for another that is dropped beside it.
  const take = (files: readonly File[]) =>
    following.track.objects.length === 0 ? void following.open(files) : leaving(() => void following.open(files));
  listenToDrops(element("stage", HTMLElement), take);
  void begin(stage, following).then(draw);
  if (new URLSearchParams(location.search).has("watch")) {
    void import("../watch/watch-views.js").then(({ watchViews }) => screen.add(watchViews(() => client.routing)));
  }
  showKeys(videoTable);
}

/** With what is kept of whoever is here; nobody's video is shown before that is known. */
async function begin({ client }: PictureStage, following: Following): Promise<void> {
  const { signIn } = client;
  const room = await signIn.room();
  signIn.onSignedIn = (tenant) => {
    if (tenant !== room) location.reload();
  };
  client.connect();
  await following.begin(room === undefined ? undefined : await VideoStore.open(room));
}

function listen(following: Following, { port }: PictureStage, help: HelpView): void {
  listenToKeys(
    window,
    "video",
    {
      stepFrame: (by) => following.step(by),
      play: () => following.play(),
      jump: (by) => following.jump(by),
      track: () => following.start(),
      accept: () => following.accept(),
      stepObject: (by) => following.stepObject(by),
      fix: () => following.fix(),
      remove: () => following.remove(),
    },
    (event) => !help.isOpen && !isTyping(event) && following.frames > 0,
  );
  listenToPageKeys(port, help, {
    keep: () => following.keep(),
    // They have no place on this page.
    neighbour: () => false,
    everything: () => false,
    words: () => false,
  });
  addEventListener("keydown", ({ key }) => {
    if (key === "Escape") following.select(undefined);
  });
}

/** Asks before a video is given up. @returns asks it, with what comes after. */
function leaveDialog(following: Following): (next?: () => void) => void {
  let after: (() => void) | undefined;
  const dialog = element("leave-dialog", HTMLDialogElement);
  setText(element("leave-title", HTMLElement), words.page.leaveTitle);
  setText(element("leave-text", HTMLElement), words.page.leaveText);
  setText(element("leave-confirm", HTMLElement), words.page.leave);
  element("leave-cancel", HTMLButtonElement).addEventListener("click", () => dialog.close());
  element("leave-confirm", HTMLButtonElement).addEventListener("click", () => {
    dialog.close();
    void following.leave().then(after);
  });
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  return (next) => {
    after = next;
    dialog.showModal();
  };
}

function Welcome({ following }: { readonly following: Following }) {
  if (following.frames > 0) return null;
  return (
    <>
      <svg viewBox="0 0 48 48" aria-hidden="true">
        <rect x="6" y="10" width="36" height="28" rx="5" />
        <path d="m20 18 11 6-11 6Z" />
      </svg>
      <p>
        <strong>{words.page.drop}</strong>
      </p>
      <p>{words.page.chosen}</p>
      <Chooser following={following} />
    </>
  );
}

function Trail() {
  return (
    <>
      <a href="video" aria-current="page">
        {words.page.title}
      </a>
      <a href="./">{words.page.pictures}</a>
      <a href="datasets">{words.page.sets}</a>
    </>
  );
}
