import { useEffect, useRef, useState } from "preact/hooks";
import type { Dataset, DatasetObject } from "../../../proto/index.js";
import { listenToKeys } from "../../keys/listen-to-keys.js";
import { isTyping } from "../../panel/page-keys.js";
import type { DatasetService } from "../net/service.js";
import { CheckField } from "../parts/fields.js";
import { Frame } from "../parts/frame.js";
import { nameOfGear, nameOfLabel } from "../parts/look-of.js";
import { MaskedPicture } from "../parts/masked-picture.js";
import { rounded } from "../parts/numbers.js";
import { ObjectFacts } from "../parts/object-facts.js";
import type { PictureFiles } from "../parts/picture-files.js";
import { placeOf } from "../parts/places.js";
import { ProblemNote } from "../parts/problem-note.js";
import { acted, lapped, stoppedClock } from "../parts/work-clock.js";
import { words } from "../words/words.js";
import { judged, paceOf, postponed, steppedBack } from "./review.js";
import { useReview } from "./use-review.js";

interface ReviewPageProps {
  readonly service: DatasetService;
  readonly set: Dataset;
  readonly files: PictureFiles;
}

/** One object after the other, accepted or rejected by a key each. */
export function ReviewPage({ service, set, files }: ReviewPageProps) {
  const [othersOnly, setOthersOnly] = useState(false);
  const [proposed, setProposed] = useState(false);
  const { review, current, problem, isLoaded, change, retry, flushed } = useReview(service, files, {
    othersOnly,
    proposed,
  });
  const [isRejecting, setRejecting] = useState(false);
  const [said, setSaid] = useState("");
  const clock = useRef(stoppedClock);

  const judge = (accept: boolean, reason = "") => {
    const [seconds, next] = lapped(clock.current, performance.now());
    clock.current = next;
    setRejecting(false);
    setSaid(accept ? words.review.saidAccepted : words.review.saidRejected);
    change((before) => judged(before, { key: crypto.randomUUID(), accept, reason, seconds, atMs: performance.now() }));
  };
  const acts = {
    accept: () => current !== undefined && judge(true),
    reject: () => current !== undefined && setRejecting(true),
    fix: () => {
      if (current === undefined) return;
      const query = { picture: String(current.picture), object: String(current.id), back: "review" };
      void flushed().then(() => location.assign(placeOf(set.id, "annotate", query)));
    },
    later: () => change(postponed),
    back: () => {
      setRejecting(false);
      change(steppedBack);
    },
  };
  useKeys(
    acts,
    (index) => judge(false, words.review.reasons[index] ?? ""),
    isRejecting,
    () => setRejecting(false),
  );
  useEffect(() => {
    const act = () => {
      clock.current = acted(clock.current, performance.now());
    };
    for (const kind of ["pointermove", "keydown"] as const) addEventListener(kind, act);
    return () => {
      for (const kind of ["pointermove", "keydown"] as const) removeEventListener(kind, act);
    };
  }, []);

  const picture = current && review.pictures.get(current.picture);
  const pace = paceOf(review);
  const label = current === undefined ? "" : nameOfLabel(set.labels, current.label);
  return (
    <Frame dataset={set} part="review" title={words.review.title}>
      <div class="head-row">
        <CheckField label={words.review.othersOnly} checked={othersOnly} onChange={setOthersOnly} />
        <CheckField label={words.review.proposedToo} checked={proposed} onChange={setProposed} />
        <span class="quiet" id="review-waiting" data-waiting={review.waiting} data-unsent={review.unsent.length}>
          {words.review.waiting(review.waiting)}
          {pace !== undefined && ` · ${words.review.rate(rounded(pace, 0))}`}
        </span>
      </div>
      <ProblemNote problem={problem} onRetry={retry} />
      {review.conflicts > 0 && <p class="note">{words.review.conflicts(review.conflicts)}</p>}
      {review.refusals.map((sentence) => (
        <p key={sentence} class="note">
          {sentence}
        </p>
      ))}
      <p class="unseen" role="status">
        {said} {current !== undefined && words.review.object(label, current.provenance?.person ?? "")}
      </p>
      {current === undefined ? (
        <p class="quiet empty">{isLoaded ? words.review.nothing : words.page.loading}</p>
      ) : (
        <div class="judge" id="review-object" data-object={String(current.id)}>
          {picture !== undefined && (
            <Look key={String(current.id)} files={files} object={current} picture={picture} set={set} label={label} />
          )}
          <div class="judge-side">
            <ObjectFacts object={current} labels={set.labels} />
            <p class="quiet small">
              {words.review.by(current.provenance?.person ?? "", nameOfGear(current.provenance?.gear))}
            </p>
            {isRejecting ? (
              <Reasons onReason={(reason) => judge(false, reason)} onCancel={() => setRejecting(false)} />
            ) : (
              <Verdicts acts={acts} isFirst={review.at === 0} />
            )}
          </div>
        </div>
      )}
    </Frame>
  );
}

function Look({
  files,
  object,
  picture,
  set,
  label,
}: {
  files: PictureFiles;
  object: DatasetObject;
  picture: Parameters<typeof MaskedPicture>[0]["picture"];
  set: Dataset;
  label: string;
}) {
  const [objects] = useState([object]);
  return (
    <MaskedPicture
      files={files}
      picture={picture}
      objects={objects}
      labels={set.labels}
      focus={object}
      name={words.review.pictureOf(label, picture.name)}
    />
  );
}

type VerdictActs = Readonly<Record<"accept" | "reject" | "fix" | "later" | "back", () => unknown>>;

function Verdicts({ acts, isFirst }: { acts: VerdictActs; isFirst: boolean }) {
  const { review } = words;
  return (
    <div class="verdicts">
      <button type="button" id="review-accept" class="good" aria-keyshortcuts="A" onClick={() => acts.accept()}>
        {review.accept} <kbd>A</kbd>
      </button>
      <button type="button" id="review-reject" class="bad" aria-keyshortcuts="R" onClick={() => acts.reject()}>
        {review.reject} <kbd>R</kbd>
      </button>
      <button type="button" id="review-fix" aria-keyshortcuts="F" onClick={() => acts.fix()}>
        {review.fix} <kbd>F</kbd>
      </button>
      <button type="button" id="review-later" aria-keyshortcuts="L" onClick={() => acts.later()}>
        {review.skip} <kbd>L</kbd>
      </button>
      <button
        type="button"
        id="review-back"
        aria-keyshortcuts="B Control+Z"
        disabled={isFirst}
        onClick={() => acts.back()}
      >
        {review.undo} <kbd>B</kbd>
      </button>
    </div>
  );
}

function Reasons({ onReason, onCancel }: { onReason: (reason: string) => void; onCancel: () => void }) {
  const [own, setOwn] = useState("");
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  return (
    <form
      class="reasons"
      id="review-reasons"
      onSubmit={(event) => {
        event.preventDefault();
        if (own.trim() !== "") onReason(own.trim());
      }}
    >
      <h2>{words.review.reason}</h2>
      {words.review.reasons.map((reason, at) => (
        <button
          key={reason}
          {...(at === 0 && { ref: first })}
          type="button"
          aria-keyshortcuts={String(at + 1)}
          onClick={() => onReason(reason)}
        >
          <kbd>{at + 1}</kbd> {reason}
        </button>
      ))}
      <label class="field">
        <span>{words.review.ownReason}</span>
        <input maxLength={500} value={own} onInput={({ currentTarget }) => setOwn(currentTarget.value)} />
      </label>
      <div class="row">
        <button type="submit" disabled={own.trim() === ""}>
          {words.review.rejectWith}
        </button>
        <button type="button" onClick={onCancel}>
          {words.page.cancel} <kbd>Esc</kbd>
        </button>
      </div>
    </form>
  );
}

/** Keys of the page, each listened to once; what they do is always the latest. */
function useKeys(acts: VerdictActs, reason: (index: number) => void, isRejecting: boolean, onCancel: () => void): void {
  const latest = useRef({ acts, reason, isRejecting, onCancel });
  latest.current = { acts, reason, isRejecting, onCancel };
  useEffect(() => {
    const { signal, abort } = endable();
    const isFree = (event: KeyboardEvent) => !isTyping(event) && !(event.target instanceof HTMLDialogElement);
    const act = (name: keyof VerdictActs) => () => void latest.current.acts[name]();
    // Enter on a button presses that button.
    const isJudging = (event: KeyboardEvent) =>
      isFree(event) &&
      !latest.current.isRejecting &&
      !(event.key === "Enter" && event.target instanceof HTMLButtonElement);
    listenToKeys(
      window,
      "review",
      { accept: act("accept"), reject: act("reject"), fix: act("fix"), later: act("later"), back: act("back") },
      isJudging,
      signal,
    );
    listenToKeys(
      window,
      "reasons",
      { reason: (index) => latest.current.reason(index) },
      (event) => isFree(event) && latest.current.isRejecting,
      signal,
    );
    const leave = (event: KeyboardEvent) => event.key === "Escape" && latest.current.onCancel();
    addEventListener("keydown", leave, { signal });
    return abort;
  }, []);
}

function endable(): { signal: AbortSignal; abort: () => void } {
  const ending = new AbortController();
  return { signal: ending.signal, abort: () => ending.abort() };
}
