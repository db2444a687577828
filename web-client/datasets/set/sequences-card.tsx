import { useState } from "preact/hooks";
import type { DatasetService } from "../net/service.js";
import { placeOf } from "../parts/places.js";
import { ProblemNote } from "../parts/problem-note.js";
import { useLoaded } from "../parts/use-loaded.js";
import { words } from "../words/words.js";

interface SequencesCardProps {
  readonly service: DatasetService;
  readonly dataset: string;
  /** The one whose frames are looked at; 0: none. */
  readonly shown: bigint;
  readonly onShow: (sequence: bigint) => void;
}

/** The videos in a set: the way to their frames, one after the other or as pictures among the others. */
export function SequencesCard({ service, dataset, shown, onShow }: SequencesCardProps) {
  const [pages, setPages] = useState<readonly string[]>([""]);
  const page = pages.at(-1) ?? "";
  const found = useLoaded(() => service.listSequences({ pageSize: 20, page }), [service, page]);
  const { sequences = [], nextPage = "" } = found.value ?? {};
  return (
    <section class="card" aria-labelledby="sequences-title">
      <h2 id="sequences-title">{words.sequences.title}</h2>
      <ProblemNote problem={found.problem} onRetry={found.reload} />
      <ul class="plain" id="sequences">
        {sequences.map(({ id, name, frames, tracks, split }) => (
          <li key={String(id)}>
            <a href={placeOf(dataset, "annotate", { sequence: String(id) })}>{name}</a>{" "}
            <span class="quiet small">
              {[words.sequences.frames(frames), words.sequences.tracks(tracks), split].filter(Boolean).join(", ")}
            </span>{" "}
            <button
              type="button"
              class="link-button"
              aria-pressed={shown === id}
              onClick={() => onShow(shown === id ? 0n : id)}
            >
              {shown === id ? words.sequences.showAll : words.sequences.show}
              <span class="unseen"> {name}</span>
            </button>
          </li>
        ))}
      </ul>
      {(pages.length > 1 || nextPage !== "") && (
        <div class="row pages">
          {pages.length > 1 && (
            <button type="button" onClick={() => setPages(pages.slice(0, -1))}>
              {words.sequences.before}
            </button>
          )}
          {nextPage !== "" && (
            <button type="button" onClick={() => setPages([...pages, nextPage])}>
              {words.sequences.after}
            </button>
          )}
        </div>
      )}
    </section>
  );
}
