import { render } from "preact";
import type { Dataset } from "../../proto/index.js";
import { ObjectState, PictureState } from "../../proto/index.js";
import { annotateTable } from "../keys/annotate-keys.js";
import { listenToKeys } from "../keys/listen-to-keys.js";
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
import { Annotating } from "./annotate/annotating.js";
import { gearIn } from "./annotate/gears.js";
import { OutboxStore } from "./annotate/outbox-store.js";
import { LabelsCard, ObjectsCard, PictureBar } from "./annotate/panel.js";
import { Sender } from "./annotate/sender.js";
import { keyFrom } from "./labels/labels.js";
import { person } from "./net/person.js";
import { DatasetService } from "./net/service.js";
import { colourOf } from "./parts/look-of.js";
import { PictureFiles } from "./parts/picture-files.js";
import { partAt, placeOf } from "./parts/places.js";
import { ProblemNote } from "./parts/problem-note.js";
import { words } from "./words/words.js";

applyWords(document.documentElement);
offerLanguages();
const { dataset = "" } = partAt(new URL(location.href), new URL(".", document.baseURI));
const service = new DatasetService(dataset);
service.get().then(start, (problem: Error) => {
  render(<ProblemNote problem={problem} onRetry={() => location.reload()} />, element("picture-bar", HTMLElement));
});

/** Puts the page together, once it is known which labels there are. */
function start(set: Dataset): void {
  const query = new URLSearchParams(location.search);
  const back = query.get("back") ?? undefined;
  const title = words.annotate.title(set.name);
  document.title = `${title} · Maskwire`;
  setText(element("page-title", HTMLElement), title);
  render(<Trail set={set} />, element("trail", HTMLElement));

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
  const sender = new Sender(service, new OutboxStore(set.id), changed);
  const files = new PictureFiles(service);
  const number = (name: string) => {
    const text = query.get(name) ?? "";
    return /^\d{1,18}$/.test(text) ? BigInt(text) : undefined;
  };
  const sequence = number("sequence") ?? 0n;
  const gear = gearIn(query.get("gear"));
  const annotating = new Annotating({ service, files, sender, set, gear, sequence, changed });
  const stage = new PictureStage({
    changed: (state) => annotating.stateChanged(state),
    lookOf: ({ id }) => {
      const row = annotating.rowOf(id);
      return row && { colour: colourOf(set.labels, row.label), isProposal: row.state === ObjectState.PROPOSED };
    },
  });
  const { port, client, screen } = stage;
  const bitmap = () => stage.bitmap;
  const keep = element("keep", HTMLButtonElement);
  const draw = () => {
    render(
      <PictureBar annotating={annotating} back={back} me={client.signIn.account?.id ?? person()} />,
      element("picture-bar", HTMLElement),
    );
    render(<LabelsCard annotating={annotating} />, element("labels-card", HTMLElement));
    render(<ObjectsCard annotating={annotating} />, element("objects-card", HTMLElement));
    const { picture } = port.state;
    const isEditing = picture.kind !== "empty" && picture.edit.present.editing !== undefined;
    keep.disabled = !canKeep(port.state);
    setText(element("keep-text", HTMLElement), isEditing ? words.annotate.keepChanges : words.annotate.keep);
    setText(
      element("nothing-here", HTMLElement),
      annotating.isLoading || annotating.problem !== undefined ? "" : words.annotate.noneLeft,
    );
  };
  screen.add({
    canvas: [],
    others: [
      new ToolsView(port),
      new MaskView(port, bitmap),
      new DetailView(port),
      new SignInView(client.signIn, port),
      new AccountView(client.signIn, () => client.signOut()),
    ],
  });
  keep.addEventListener("click", () => annotating.keep());
  for (const kind of ["pointerdown", "pointermove", "keydown", "wheel"] as const) {
    addEventListener(kind, () => annotating.act(), { capture: true, passive: true });
  }
  listen(annotating, stage, new HelpView(annotateTable));
  if (query.has("watch")) {
    void import("../watch/watch-views.js").then(({ watchViews }) => screen.add(watchViews(() => client.routing)));
  }
  void annotating.begin(stage, number("picture"), number("object"));
  draw();
  showKeys(annotateTable);
  client.connect();
  // What is not sent yet is kept; a person who leaves in the middle of an object is asked.
  addEventListener("beforeunload", (event) => {
    if (canKeep(port.state)) event.preventDefault();
  });
}

function listen(annotating: Annotating, { port }: PictureStage, help: HelpView): void {
  const isFree = (event: KeyboardEvent) => !help.isOpen && !isTyping(event);
  // First: a label's key is the label's, whatever else it could do.
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || !isFree(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = keyFrom(event.key);
    const label = key === "" ? undefined : annotating.set.labels.find(({ hotKey }) => hotKey === key);
    if (label === undefined) return;
    event.preventDefault();
    annotating.giveLabel(label.id);
  });
  listenToKeys(
    window,
    "annotate",
    {
      accept: (isAll) => annotating.accept(isAll),
      step: (by) => annotating.step(by),
      fix: () => annotating.fix(),
      remove: () => annotating.remove(),
      done: () => void annotating.finish(PictureState.DONE),
      skip: () => void annotating.finish(PictureState.SKIPPED),
    },
    isFree,
  );
  listenToPageKeys(port, help, {
    keep: () => annotating.keep(),
    neighbour: (by) => void annotating.go(by === 1 ? "forward" : "back"),
    // They have no place on this page.
    everything: () => false,
    words: () => false,
  });
  addEventListener("keydown", ({ key }) => {
    if (key === "Escape") annotating.select(undefined);
  });
}

function Trail({ set }: { set: Dataset }) {
  return (
    <>
      <a href="datasets">{words.page.sets}</a>
      <span aria-hidden="true">›</span>
      <a href={placeOf(set.id)}>{set.name}</a>
    </>
  );
}
