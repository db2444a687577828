import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { currentBearer } from "../../access/bearer.js";
import { chooseLanguage, type Language, language, languages } from "../../words/words.js";
import { person, rememberPerson } from "../net/person.js";
import { words } from "../words/words.js";
import { type Part, parts, placeOf } from "./places.js";

interface FrameProps {
  readonly dataset?: { readonly id: string; readonly name: string } | undefined;
  readonly part?: Part | undefined;
  readonly title: string;
  readonly children: ComponentChildren;
}

/** What every page of data sets has around it. */
export function Frame({ dataset, part, title, children }: FrameProps) {
  return (
    <>
      <a class="skip" href={`${location.pathname}${location.search}#content`}>
        {words.page.skipTo}
      </a>
      <header class="bar">
        <a class="brand" href="./">
          <img src="./favicon.svg" alt="" width="28" height="28" />
          Maskwire
        </a>
        <nav class="trail" aria-label={words.page.sets}>
          <a href="datasets" {...(dataset === undefined && { "aria-current": "page" as const })}>
            {words.page.sets}
          </a>
          {dataset !== undefined && (
            <>
              <span aria-hidden="true">›</span>
              <a href={placeOf(dataset.id)} {...(part === undefined && { "aria-current": "page" as const })}>
                {dataset.name}
              </a>
            </>
          )}
        </nav>
        <a class="documentation" href="video">
          {words.page.videos}
        </a>
        <a class="documentation" href="docs/datasets.html">
          {words.page.documentation}
        </a>
        <PersonField />
        <select
          class="language"
          aria-label={words.page.language}
          value={language}
          onChange={({ currentTarget }) => {
            chooseLanguage(currentTarget.value as Language);
            location.reload();
          }}
        >
          {Object.entries(languages).map(([code, name]) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </select>
      </header>
      {dataset !== undefined && <Tabs dataset={dataset.id} part={part} />}
      <main class="content" id="content" tabIndex={-1}>
        <h1>{title}</h1>
        {children}
      </main>
    </>
  );
}

function Tabs({ dataset, part }: { dataset: string; part: Part | undefined }) {
  return (
    <nav class="tabs" aria-label={words.page.parts}>
      <a href={placeOf(dataset)} {...(part === undefined && { "aria-current": "page" as const })}>
        {words.page.pictures}
      </a>
      {parts.map((one) => (
        <a key={one} href={placeOf(dataset, one)} {...(one === part && { "aria-current": "page" as const })}>
          {words.page[one]}
        </a>
      ))}
    </nav>
  );
}

/** Where nobody is asked who they are, they say it themselves. */
function PersonField() {
  const [name, setName] = useState(person());
  if (currentBearer() !== undefined) return null;
  return (
    <label class="person">
      <span>{words.page.you}</span>
      <input
        value={name}
        maxLength={100}
        autocomplete="name"
        title={words.page.youHint}
        onInput={({ currentTarget }) => setName(currentTarget.value)}
        onChange={({ currentTarget }) => rememberPerson(currentTarget.value)}
      />
    </label>
  );
}
