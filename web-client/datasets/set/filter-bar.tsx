import { type Label, ObjectState, PictureState } from "../../../proto/index.js";
import { CheckField, SelectField } from "../parts/fields.js";
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
      <SelectField
        id="filter-label"
        label={words.set.label}
        value={filter.label}
        options={[[0, words.page.all], ...labels.map(({ id, name }) => [id, name] as const)]}
        onChange={(label) => set({ label })}
      />
      <SelectField
        label={words.set.state}
        value={filter.state}
        options={[[ObjectState.UNSPECIFIED, words.page.all], ...objectStates]}
        onChange={(state) => set({ state })}
      />
      <SelectField
        label={words.set.picture}
        value={filter.picture}
        options={[[PictureState.UNSPECIFIED, words.page.all], ...pictureStates]}
        onChange={(picture) => set({ picture })}
      />
      <SelectField
        label={words.set.person}
        value={filter.person}
        options={[["", words.page.all], ...people.map((person) => [person, person] as const)]}
        onChange={(person) => set({ person })}
      />
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
      <CheckField label={words.set.empty} checked={filter.isEmpty} onChange={(isEmpty) => set({ isEmpty })} />
      {isFiltering(filter) && (
        <button type="button" class="link-button" onClick={() => onChange(noFilter)}>
          {words.set.clear}
        </button>
      )}
    </form>
  );
}
