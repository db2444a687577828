import { useState } from "preact/hooks";
import { colours } from "../../canvas/colouring.js";
import type { Following } from "../following.js";
import { countsOf } from "../state/lanes.js";
import { stateOn, type TrackedObject } from "../state/track.js";
import { words } from "../words/words.js";
import { Lane } from "./lane.js";

interface ObjectRowProps {
  readonly following: Following;
  readonly object: TrackedObject;
  readonly width: number;
  readonly isSelected: boolean;
}

export const nameOf = ({ name, id }: Pick<TrackedObject, "name" | "id">) => name ?? words.page.numbered(id);

/** An object with how it stands along the video. */
export function ObjectRow({ following, object, width, isSelected }: ObjectRowProps) {
  const [isNaming, setNaming] = useState(false);
  const { id } = object;
  const { frames, current } = following;
  const here = stateOn(object, current);
  const counts = [...countsOf(object, frames)].map(([state, count]) => words.counted(words.states[state], count));
  const rename = (name: string) => {
    following.rename(id, name);
    setNaming(false);
  };
  return (
    <li class="video-object" data-state={here} data-object={id}>
      <div class="video-object-head">
        {isNaming ? (
          <input
            class="video-object-name"
            aria-label={words.page.name}
            defaultValue={object.name ?? ""}
            maxLength={100}
            ref={(field) => field?.focus()}
            onBlur={({ currentTarget }) => rename(currentTarget.value)}
            onKeyDown={(event) => {
              event.stopPropagation();
              if (event.key === "Enter") event.currentTarget.blur();
              if (event.key === "Escape") setNaming(false);
            }}
          />
        ) : (
          <button
            type="button"
            class="video-object-pick"
            aria-pressed={isSelected}
            onClick={() => following.select(isSelected ? undefined : id)}
            onDblClick={() => setNaming(true)}
          >
            <i class="swatch" style={{ background: colours[object.colour] ?? colours[0] }} aria-hidden="true" />
            <span>{nameOf(object)}</span>
            <span class="quiet small">{words.states[here]}</span>
          </button>
        )}
        <span class="video-object-acts">
          <button
            type="button"
            class="small-button"
            title={words.page.name}
            aria-label={`${words.page.name}: ${nameOf(object)}`}
            onClick={() => setNaming(true)}
          >
            <svg viewBox="0 0 20 20" aria-hidden="true">
              <path d="M4 16l1-4 8-8 3 3-8 8-4 1ZM11.500 5.500l3 3" />
            </svg>
          </button>
          <button
            type="button"
            class="small-button"
            title={words.page.visible}
            aria-label={`${words.page.visible}: ${nameOf(object)}`}
            aria-pressed={object.isVisible}
            onClick={() => following.show(id, !object.isVisible)}
          >
            <svg viewBox="0 0 20 20" aria-hidden="true">
              <path d="M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5Z" />
              {object.isVisible ? <circle cx="10" cy="10" r="2.200" /> : <path d="m4 4 12 12" />}
            </svg>
          </button>
          <button
            type="button"
            class="small-button"
            title={words.page.fix}
            aria-label={`${words.page.fix}: ${nameOf(object)}`}
            onClick={() => following.fix(id)}
          >
            <svg viewBox="0 0 20 20" aria-hidden="true">
              <path d="M10 3v14M3 10h14" />
            </svg>
          </button>
          <button
            type="button"
            class="small-button"
            title={words.page.remove}
            aria-label={`${words.page.remove}: ${nameOf(object)}`}
            onClick={() => following.remove(id)}
          >
            <svg viewBox="0 0 20 20" aria-hidden="true">
              <path d="m5 5 10 10M15 5 5 15" />
            </svg>
          </button>
        </span>
      </div>
      <div class="lane-room">
        <Lane object={object} frames={frames} width={width} />
        <span class="unseen">{counts.join(", ")}</span>
      </div>
    </li>
  );
}
