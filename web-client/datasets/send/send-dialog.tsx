import { render } from "preact";
import { useState } from "preact/hooks";
import type { Dataset, Label } from "../../../proto/index.js";
import type { Step } from "../../state/work.js";
import { createDataset, DatasetService, listDatasets } from "../net/service.js";
import { Dialog } from "../parts/dialog.js";
import { placeOf } from "../parts/places.js";
import { ProblemNote } from "../parts/problem-note.js";
import { useDoing } from "../parts/use-doing.js";
import { useLoaded } from "../parts/use-loaded.js";
import { words } from "../words/words.js";
import { changesOf, namesOf } from "./objects-to-send.js";

/** What the page of clicks has to send. */
export interface ToSend {
  readonly file: Blob;
  readonly name: string;
  readonly model: string;
  readonly step: Step;
}

const mostAtOnce = 100;

/** Asks which data set the page's objects go to, and sends them with their picture. */
export function openSendDialog(what: ToSend): void {
  const room = document.createElement("div");
  document.body.append(room);
  const close = () => {
    render(null, room);
    room.remove();
  };
  render(<SendDialog what={what} onClose={close} />, room);
}

function SendDialog({ what, onClose }: { what: ToSend; onClose: () => void }) {
  const sets = useLoaded(async () => (await listDatasets({ pageSize: 500 })).datasets, []);
  const [chosen, setChosen] = useState<string>();
  const [name, setName] = useState("");
  const [sent, setSent] = useState<{ readonly set: Dataset; readonly count: number }>();
  const { isBusy, problem, attempt } = useDoing();
  const id = chosen ?? sets.value?.[0]?.id ?? "";
  const send = (event: Event) => {
    event.preventDefault();
    void attempt(async () => {
      const known = sets.value?.find((set) => set.id === id);
      const set = known ?? (await createDataset({ name: name.trim(), labels: labelsOf(what.step) }));
      setSent({ set, count: await sendTo(set, what) });
    });
  };
  if (sent !== undefined) {
    return (
      <Dialog title={words.send.title} onClose={onClose}>
        <p role="status" id="send-done">
          {words.send.sent(sent.count, sent.set.name)}
        </p>
        <div class="actions">
          <a class="button" href={placeOf(sent.set.id)}>
            {words.send.look}
          </a>
          <button type="button" class="primary" onClick={onClose}>
            {words.page.close}
          </button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={words.send.title} onClose={onClose}>
      <form onSubmit={send}>
        {sets.value !== undefined && sets.value.length > 0 && (
          <label class="field">
            <span>{words.send.set}</span>
            <select value={id} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
              {sets.value.map((set) => (
                <option key={set.id} value={set.id}>
                  {set.name}
                </option>
              ))}
              <option value="">{words.send.newSet}</option>
            </select>
          </label>
        )}
        {id === "" && (
          <label class="field">
            <span>{words.send.name}</span>
            <input
              id="send-name"
              required
              maxLength={200}
              value={name}
              onInput={({ currentTarget }) => setName(currentTarget.value)}
            />
          </label>
        )}
        <ProblemNote problem={problem ?? sets.problem} onRetry={sets.reload} />
        <div class="actions">
          <button type="button" onClick={onClose}>
            {words.page.cancel}
          </button>
          <button type="submit" class="primary" id="send-now" disabled={isBusy || sets.value === undefined}>
            {isBusy ? words.send.sending : words.send.send}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Names that people gave are what a new set knows. */
const labelsOf = (step: Step): Pick<Label, "name">[] => namesOf(step).map((name) => ({ name }));

/** @returns how many objects are there now. @throws Error with the service's sentence about one that it did not take. */
async function sendTo(set: Dataset, { file, name, model, step }: ToSend): Promise<number> {
  const service = new DatasetService(set.id);
  const { id } = await service.addPicture(file, { name, split: "" }, () => {});
  const changes = changesOf(step, { picture: id, labels: set.labels, model, key: () => crypto.randomUUID() });
  for (let at = 0; at < changes.length; at += mostAtOnce) {
    const { saved } = await service.saveObjects({ changes: changes.slice(at, at + mostAtOnce) });
    const refused = saved.find(({ problem }) => problem !== "");
    if (refused !== undefined) throw new Error(refused.problem);
  }
  return changes.length;
}
