import type { Following } from "../following.js";
import { toMake } from "../state/track.js";
import { words } from "../words/words.js";

/** Has the objects followed, and says how far that is. */
export function TrackCard({ following }: { readonly following: Following }) {
  const { run, track, frames, isWaiting } = following;
  const isEmpty = !track.objects.some(({ person }) => person.size > 0);
  const todo = isEmpty ? 0 : toMake(track, frames).length;
  const made = run?.made ?? 0;
  return (
    <section class="card" aria-labelledby="track-title">
      <h2 id="track-title">{words.page.track}</h2>
      <p class="quiet">{words.page.trackHint}</p>
      {run !== undefined && (
        <progress value={made / Math.max(1, made + todo)} aria-label={words.page.running(made, made + todo)} />
      )}
      <p
        class="quiet"
        id="track-state"
        data-todo={todo}
        data-running={run !== undefined}
        aria-live={run === undefined ? "polite" : "off"}
      >
        {isWaiting
          ? words.page.waiting
          : run !== undefined
            ? words.page.running(made, made + todo)
            : isEmpty
              ? ""
              : todo === 0
                ? words.page.allMade
                : words.page.todo(todo)}
      </p>
      <div class="row">
        <button
          type="button"
          class="strong"
          id="track-begin"
          disabled={isEmpty || run !== undefined || todo === 0}
          onClick={() => following.start()}
        >
          {words.page.track} <kbd class="for-mouse">T</kbd>
        </button>
        <button type="button" id="track-cancel" hidden={run === undefined} onClick={() => following.cancel()}>
          {words.page.cancel}
        </button>
      </div>
    </section>
  );
}
