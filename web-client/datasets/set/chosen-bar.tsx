import { useState } from "preact/hooks";
import type { PictureState } from "../../../proto/index.js";
import type { DatasetService } from "../net/service.js";
import { Dialog } from "../parts/dialog.js";
import { pictureStates } from "../parts/look-of.js";
import { ProblemNote } from "../parts/problem-note.js";
import { useDoing } from "../parts/use-doing.js";
import { words } from "../words/words.js";

interface ChosenBarProps {
  readonly service: DatasetService;
  readonly chosen: ReadonlySet<bigint>;
  readonly onDone: () => void;
}

/** What can be done with several pictures alike. */
export function ChosenBar({ service, chosen, onDone }: ChosenBarProps) {
  const [split, setSplit] = useState("");
  const [isAsking, setAsking] = useState(false);
  const { isBusy, problem, attempt } = useDoing();
  const pictures = [...chosen];
  const change = (what: { split: string } | { state: PictureState }) =>
    attempt(async () => {
      await service.updatePictures({ pictures, ...what });
      onDone();
    });
  const remove = () =>
    attempt(async () => {
      await service.deletePictures(pictures);
      setAsking(false);
      onDone();
    });
  return (
    <section class="chosen" aria-label={words.set.chosen(pictures.length)}>
      <strong>{words.set.chosen(pictures.length)}</strong>
      <input
        list="splits"
        aria-label={words.set.split}
        placeholder={words.set.split}
        value={split}
        onInput={({ currentTarget }) => setSplit(currentTarget.value)}
      />
      <button type="button" disabled={isBusy} onClick={() => void change({ split: split.trim() })}>
        {words.set.setSplit}
      </button>
      {pictureStates.map(([state, name]) => (
        <button key={state} type="button" disabled={isBusy} onClick={() => void change({ state })}>
          {name}
        </button>
      ))}
      <button type="button" class="danger" disabled={isBusy} onClick={() => setAsking(true)}>
        {words.set.delete}
      </button>
      <ProblemNote problem={problem} />
      {isAsking && (
        <Dialog title={words.set.deleteTitle(pictures.length)} onClose={() => setAsking(false)}>
          <p>{words.set.deleteText}</p>
          <div class="actions">
            <button type="button" onClick={() => setAsking(false)}>
              {words.page.cancel}
            </button>
            <button type="button" class="danger" disabled={isBusy} onClick={() => void remove()}>
              {words.set.delete}
            </button>
          </div>
        </Dialog>
      )}
    </section>
  );
}
