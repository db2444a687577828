import { useEffect, useRef } from "preact/hooks";
import { words } from "../words/words.js";
import type { useAdding } from "./use-adding.js";

/** The way in for pictures: chosen, or dropped anywhere on the page. */
export function AddingBar({ adding, add }: ReturnType<typeof useAdding>) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const over = (event: DragEvent) => event.preventDefault();
    const drop = (event: DragEvent) => {
      event.preventDefault();
      add([...(event.dataTransfer?.files ?? [])]);
    };
    addEventListener("dragover", over);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("drop", drop);
    };
  }, []);
  const { done, all, problems } = adding;
  const isBusy = done + problems.length < all;
  return (
    <>
      <button type="button" class="primary" title={words.set.dropHere} onClick={() => input.current?.click()}>
        {words.set.addPictures}
      </button>
      <input
        ref={input}
        type="file"
        id="add-pictures"
        class="unseen"
        tabIndex={-1}
        multiple
        accept="image/*"
        aria-label={words.set.addPictures}
        onChange={({ currentTarget }) => {
          add([...(currentTarget.files ?? [])]);
          currentTarget.value = "";
        }}
      />
      {all > 0 && (
        <div class="adding" role="status">
          {isBusy && <progress aria-label={words.set.addPictures} max={all} value={done + problems.length} />}
          <span class="quiet small">{words.set.uploaded(done, all)}</span>
          {problems.length > 0 && (
            <details>
              <summary>{words.set.problemsWith(problems.length)}</summary>
              <ul>
                {problems.map(({ name, sentence }) => (
                  <li key={name}>
                    <strong>{name}</strong> {sentence}
                  </li>
                ))}
              </ul>
            </details>
          )}
        </div>
      )}
    </>
  );
}
