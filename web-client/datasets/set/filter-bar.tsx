import { type Label, ObjectState, PictureState } from "../../../proto/index.js";
import { objectStates, pictureStates } from "../parts/look-of.js";
import { words } from "../words/words.js";
import { type Filter, isFiltering, noFilter } from "./filter.js";

interface FilterBarProps {
  readonly filter: Filter;
  readonly labels: readonly Label[];
  readonly people: readonly string[];
  readonly onChange: (filter: Filter) => void;
}

/** Which pictures are shown. */
export function FilterBar({ filter, labels, people, onChange }: FilterBarProps) {
  const set = (change: Partial<Filter>) => onChange({ ...filter, ...change });
  return (
    <form class="filter" aria-label={words.set.filter} onSubmit={(event) => event.preventDefault()}>
      <label class="field">
        <span>{words.set.name}</span>
        <input
          type="search"
          placeholder={words.set.nameHint}
          value={filter.name}
          onChange={({ currentTarget }) => set({ name: currentTarget.value })}
        />
      </label>
      <label class="field">
        <span>{words.set.label}</span>
        <select
          id="filter-label"
          value={filter.label}
          onChange={({ currentTarget }) => set({ label: Number(currentTarget.value) })}
        >
          <option value={0}>{words.page.all}</option>
          {labels.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>{words.set.state}</span>
        <select value={filter.state} onChange={({ currentTarget }) => set({ state: Number(currentTarget.value) })}>
          <option value={ObjectState.UNSPECIFIED}>{words.page.all}</option>
          {objectStates.map(([state, name]) => (
            <option key={state} value={state}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>{words.set.picture}</span>
        <select value={filter.picture} onChange={({ currentTarget }) => set({ picture: Number(currentTarget.value) })}>
          <option value={PictureState.UNSPECIFIED}>{words.page.all}</option>
          {pictureStates.map(([state, name]) => (
            <option key={state} value={state}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>{words.set.person}</span>
        <select value={filter.person} onChange={({ currentTarget }) => set({ person: currentTarget.value })}>
          <option value="">{words.page.all}</option>
          {people.map((person) => (
            <option key={person} value={person}>
              {person}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>{words.set.split}</span>
        <input
          list="splits"
          value={filter.split}
          onChange={({ currentTarget }) => set({ split: currentTarget.value.trim() })}
        />
        <datalist id="splits">
          {["train", "val", "test"].map((split) => (
            <option key={split} value={split} />
          ))}
        </datalist>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={filter.isEmpty}
          onChange={({ currentTarget }) => set({ isEmpty: currentTarget.checked })}
        />
        <span>{words.set.empty}</span>
      </label>
      {isFiltering(filter) && (
        <button type="button" class="link-button" onClick={() => onChange(noFilter)}>
          {words.set.clear}
        </button>
      )}
    </form>
  );
}
