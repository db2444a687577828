import { useRef } from "preact/hooks";
import type { Following } from "../following.js";
import { words } from "../words/words.js";

const rates = [15, 10, 5, 2, 1] as const;

/** Brings a video here. */
export function Chooser({ following }: { readonly following: Following }) {
  const file = useRef<HTMLInputElement>(null);
  return (
    <div class="chooser">
      <label class="chooser-rate">
        <span>{words.page.rate}</span>
        <select
          id="video-rate"
          value={following.fps ?? ""}
          onChange={({ currentTarget }) => following.setRate(Number(currentTarget.value) || undefined)}
        >
          <option value="">{words.page.everyFrame}</option>
          {rates.map((rate) => (
            <option key={rate} value={rate}>
              {words.page.perSecond(rate)}
            </option>
          ))}
        </select>
      </label>
      <button type="button" class="primary" id="video-choose" onClick={() => file.current?.click()}>
        {following.frames === 0 ? words.page.choose : words.page.chooseOther}
      </button>
      <input
        ref={file}
        type="file"
        id="video-file"
        class="unseen"
        tabIndex={-1}
        multiple
        accept="video/*,image/*,.zip,.mkv"
        aria-label={words.page.choose}
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          currentTarget.value = "";
          if (files.length > 0) void following.open(files);
        }}
      />
    </div>
  );
}
