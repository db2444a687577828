import { ObjectState, PictureState } from "../../../proto/index.js";
import { asTree } from "../labels/labels.js";
import { colourOf, nameOfLabel, nameOfState } from "../parts/look-of.js";
import { Swatch } from "../parts/object-facts.js";
import { placeOf } from "../parts/places.js";
import { ProblemNote } from "../parts/problem-note.js";
import { words } from "../words/words.js";
import type { Annotating } from "./annotating.js";
import { gears } from "./gears.js";
import { type Conflict, dismissed } from "./outbox.js";

const gearNames = {
  all: words.annotate.gearAll,
  empty: words.annotate.gearEmpty,
  proposed: words.annotate.gearProposed,
  rejected: words.annotate.gearRejected,
} as const;

interface PictureBarProps {
  readonly annotating: Annotating;
  /** The page that the person came from, of those of the data set. */
  readonly back: string | undefined;
  /** Who the person is, for the service. */
  readonly me: string;
}

/** Which picture it is, and the way to the others. */
export function PictureBar({ annotating, back, me }: PictureBarProps) {
  const { travel, set, gear, sequence, problem } = annotating;
  const { current, position, total } = travel;
  const video = annotating.sequences.of(current?.sequence ?? 0n)?.sequence;
  return (
    <>
      {back !== undefined && (
        <a class="button" id="back-to" href={placeOf(set.id) + (back.startsWith("/") ? back : `/${back}`)}>
          ‹ {back.startsWith("audit") ? words.page.audit : words.page.review}
        </a>
      )}
      <div class="picture-place">
        <strong>{current?.name ?? ""}</strong>
        {current !== undefined && total > 0 && (
          <span class="quiet small" id="picture-place">
            {video !== undefined && sequence > 0n
              ? words.annotate.frame(words.annotate.place(position + 1, total), video.name)
              : words.annotate.place(position + 1, total)}
          </span>
        )}
        {current !== undefined && video !== undefined && sequence === 0n && (
          <span class="quiet small">
            {words.annotate.frameOf(current.frame, video.name)}{" "}
            <a href={placeOf(set.id, "annotate", { sequence: String(video.id), picture: String(current.id) })}>
              {words.annotate.itsFrames}
            </a>
          </span>
        )}
        {current !== undefined && current.heldBy !== "" && current.heldBy !== me && (
          <span class="quiet small">{words.annotate.held(current.heldBy)}</span>
        )}
      </div>
      <select
        aria-label={words.annotate.gear}
        value={sequence > 0n ? "" : gear}
        onChange={({ currentTarget }) => location.assign(placeOf(set.id, "annotate", { gear: currentTarget.value }))}
      >
        {sequence > 0n && <option value="">{words.annotate.gearSequence}</option>}
        {gears.map((one) => (
          <option key={one} value={one}>
            {gearNames[one]}
          </option>
        ))}
      </select>
      <div class="row">
        <button type="button" id="picture-previous" onClick={() => void annotating.go("back")}>
          ‹ <span class="unseen">{words.annotate.previous}</span>
          <kbd>[</kbd>
        </button>
        <button type="button" id="picture-next" onClick={() => void annotating.go("forward")}>
          <span class="unseen">{words.annotate.nextPicture}</span>
          <kbd>]</kbd> ›
        </button>
        <button
          type="button"
          id="picture-skip"
          disabled={current === undefined}
          onClick={() => void annotating.finish(PictureState.SKIPPED)}
        >
          {words.annotate.skip} <kbd>S</kbd>
        </button>
        <button
          type="button"
          class="strong"
          id="picture-done"
          disabled={current === undefined}
          onClick={() => void annotating.finish(PictureState.DONE)}
        >
          {words.annotate.doneNext} <kbd>D</kbd>
        </button>
      </div>
      <ProblemNote problem={problem} onRetry={() => void annotating.retry()} />
    </>
  );
}

/** The labels with their keys; the one that what is kept next gets is pressed. */
export function LabelsCard({ annotating }: { annotating: Annotating }) {
  const { set, label, selected } = annotating;
  const shown = selected === undefined ? label : (annotating.rowOf(selected)?.label ?? 0);
  return (
    <section class="card" aria-labelledby="labels-title">
      <h2 id="labels-title">{words.annotate.label}</h2>
      <fieldset class="label-buttons" aria-labelledby="labels-title">
        {asTree(set.labels).map(([{ id, name, hotKey }, depth]) => (
          <button
            key={id}
            type="button"
            class="label-button"
            data-depth={Math.min(depth, 3)}
            aria-pressed={shown === id}
            {...(hotKey !== "" && { "aria-keyshortcuts": hotKey.toUpperCase() })}
            onClick={() => annotating.giveLabel(id)}
          >
            <Swatch colour={colourOf(set.labels, id)} />
            <span>{name}</span>
            {hotKey !== "" && <kbd>{hotKey.toUpperCase()}</kbd>}
          </button>
        ))}
        <button type="button" class="label-button" aria-pressed={shown === 0} onClick={() => annotating.giveLabel(0)}>
          <Swatch colour={colourOf(set.labels, 0)} />
          <span>{words.annotate.noLabel}</span>
        </button>
      </fieldset>
    </section>
  );
}

/** What is on the picture, and what becomes of what was done. */
export function ObjectsCard({ annotating }: { annotating: Annotating }) {
  const { sheet, selected, set } = annotating;
  const objects = sheet?.objects ?? [];
  const proposals = annotating.proposals();
  const tracks = annotating.sequences.of(annotating.travel.current?.sequence ?? 0n)?.tracks;
  return (
    <section class="card" aria-labelledby="objects-title">
      <h2 id="objects-title">
        {words.annotate.objects} <span class="quiet">{objects.length === 0 ? "" : objects.length}</span>
      </h2>
      <p class="unseen" role="status">
        {annotating.said}
      </p>
      <Conflicts annotating={annotating} />
      {objects.length === 0 && <p class="quiet">{words.annotate.noObjects}</p>}
      {proposals.length > 0 && (
        <div class="row proposals">
          <span class="quiet small">{words.annotate.proposals(proposals.length)}</span>
          <button type="button" id="accept-all" onClick={() => annotating.accept(true)}>
            {words.annotate.acceptAll}
          </button>
        </div>
      )}
      <ul class="object-list" id="object-list">
        {objects.map(({ id }, at) => {
          const row = annotating.rowOf(id);
          if (row === undefined) return null;
          const label = nameOfLabel(set.labels, row.label);
          const state = nameOfState(row.state);
          return (
            <li key={id} data-state={ObjectState[row.state]}>
              <button
                type="button"
                class="object-button"
                aria-pressed={selected === id}
                onClick={() => annotating.select(selected === id ? undefined : id)}
              >
                <Swatch colour={colourOf(set.labels, row.label)} />
                <span>
                  {label} <span class="quiet small">{tracks?.get(row.track ?? 0n)?.name ?? at + 1}</span>
                </span>
                <span class="tag" data-kind={row.state === ObjectState.REJECTED ? "bad" : "quiet"}>
                  {state}
                </span>
              </button>
              {row.reason !== "" && <p class="small">{words.annotate.rejectedBecause(row.reason)}</p>}
              {selected === id && (
                <div class="row tight">
                  {row.state === ObjectState.PROPOSED && (
                    <button type="button" onClick={() => annotating.accept(false)}>
                      {words.annotate.accept} <kbd>A</kbd>
                    </button>
                  )}
                  <button type="button" onClick={() => annotating.fix()}>
                    {words.annotate.fix} <kbd>R</kbd>
                  </button>
                  <button type="button" onClick={() => annotating.remove()}>
                    {words.annotate.delete} <kbd>Del</kbd>
                  </button>
                </div>
              )}
            </li>
          );
        })}
      </ul>
      <SavedLine annotating={annotating} />
    </section>
  );
}

function Conflicts({ annotating }: { annotating: Annotating }) {
  const { conflicts } = annotating.sender.outbox;
  return (
    <>
      {conflicts.map((conflict: Conflict) => (
        <div key={conflict.entry.key} class="note" role="alert">
          <p>{words.annotate.conflict(conflict.theirs.provenance?.person || words.annotate.somebody)}</p>
          <div class="row tight">
            <button type="button" onClick={() => annotating.keepMine(conflict)}>
              {words.annotate.mine}
            </button>
            <button type="button" onClick={() => annotating.takeTheirs(conflict)}>
              {words.annotate.theirs}
            </button>
          </div>
        </div>
      ))}
    </>
  );
}

function SavedLine({ annotating: { sender } }: { annotating: Annotating }) {
  const { outbox, isHeldUp } = sender;
  const { entries, refusals } = outbox;
  const text =
    entries.length === 0
      ? words.annotate.saved
      : isHeldUp
        ? words.annotate.unsent(entries.length)
        : words.annotate.saving;
  return (
    <>
      {refusals.length > 0 && (
        <div class="note" role="alert">
          <p>{refusals.join(" ")}</p>
          <button type="button" onClick={() => sender.change(dismissed)}>
            {words.page.close}
          </button>
        </div>
      )}
      <p class="quiet small" id="saved-line" role="status" data-unsent={entries.length}>
        {text}
      </p>
    </>
  );
}
