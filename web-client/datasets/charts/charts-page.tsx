import type { Dataset, DatasetStatistics, DayWork } from "../../../proto/index.js";
import type { DatasetService } from "../net/service.js";
import { BarChart } from "../parts/bar-chart.js";
import { Frame } from "../parts/frame.js";
import { nameOfGear, nameOfLabel, nameOfState } from "../parts/look-of.js";
import { rounded, secondsOf } from "../parts/numbers.js";
import { ProblemNote } from "../parts/problem-note.js";
import { Scrolls } from "../parts/scrolls.js";
import { useLoaded } from "../parts/use-loaded.js";
import { words } from "../words/words.js";
import { byDay } from "./by-day.js";

/** Of SA-1B's assisted stage (Kirillov et al. 2023, section 4): seconds a mask. */
const paper = { value: 14, name: words.charts.paperLine } as const;
const mostDays = 30;

/** How long masks take, and what has come of them. */
export function ChartsPage({ service, set }: { service: DatasetService; set: Dataset }) {
  const { value, problem, reload } = useLoaded(() => service.statistics(), [service]);
  return (
    <Frame dataset={set} part="charts" title={words.charts.title}>
      <ProblemNote problem={problem} onRetry={reload} />
      {value === undefined && problem === undefined && <p class="quiet">{words.page.loading}</p>}
      {value !== undefined && <Charts statistics={value} set={set} />}
    </Frame>
  );
}

const count = (value: number) => value.toLocaleString();

function Charts({ statistics, set }: { statistics: DatasetStatistics; set: Dataset }) {
  const { masksByPeople, meanSeconds, medianSeconds, people, labels, days } = statistics;
  const perDay = byDay(days as readonly DayWork[]).slice(-mostDays);
  const timed = people.filter(({ masks }) => masks > 0);
  return (
    <>
      <p class="lead">
        {masksByPeople === 0
          ? words.charts.noMasks
          : words.charts.perMask(secondsOf(meanSeconds), secondsOf(medianSeconds))}
      </p>
      <div class="charts">
        <BarChart
          title={words.charts.byPerson}
          unit={words.charts.mean}
          line={paper}
          bars={timed.map(({ person, meanSeconds: mean }) => ({ name: person, value: mean, shown: secondsOf(mean) }))}
        />
        <BarChart
          title={words.charts.byLabel}
          unit={words.charts.mean}
          line={paper}
          bars={labels
            .filter(({ meanSeconds: mean }) => mean > 0)
            .map(({ label, meanSeconds: mean }) => ({
              name: nameOfLabel(set.labels, label),
              value: mean,
              shown: secondsOf(mean),
            }))}
        />
        <BarChart
          title={words.charts.byDay}
          unit={words.charts.mean}
          line={paper}
          bars={perDay.map(({ day, meanSeconds: mean }) => ({ name: day, value: mean, shown: secondsOf(mean) }))}
        />
        <BarChart
          title={words.charts.masksByDay}
          unit={words.charts.masks}
          bars={perDay.map(({ day, masks }) => ({ name: day, value: masks, shown: count(masks) }))}
        />
      </div>
      <PeopleTable statistics={statistics} />
      <StatesTable statistics={statistics} />
    </>
  );
}

function PeopleTable({ statistics: { people } }: { statistics: DatasetStatistics }) {
  const { charts } = words;
  const heads = [
    charts.masks,
    charts.mean,
    charts.median,
    charts.accepted,
    charts.rejected,
    charts.reviewed,
    charts.against,
    charts.truthIou,
  ];
  return (
    <Scrolls name={charts.person} isCard>
      <table id="people">
        <thead>
          <tr>
            <th scope="col">{charts.person}</th>
            {heads.map((head) => (
              <th key={head} scope="col" class="number">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {people.map((one) => (
            <tr key={one.person}>
              <th scope="row">{one.person}</th>
              <td class="number">{count(one.masks)}</td>
              <td class="number">{secondsOf(one.meanSeconds)}</td>
              <td class="number">{secondsOf(one.medianSeconds)}</td>
              <td class="number">{count(one.accepted)}</td>
              <td class="number">{count(one.rejected)}</td>
              <td class="number">{count(one.reviewed)}</td>
              <td class="number">{count(one.againstTruth)}</td>
              <td class="number">{one.againstTruth === 0 ? "–" : rounded(one.truthIou, 3)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolls>
  );
}

function StatesTable({ statistics: { states } }: { statistics: DatasetStatistics }) {
  const { charts } = words;
  return (
    <Scrolls name={charts.states} isCard>
      <h2>{charts.states}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{charts.state}</th>
            <th scope="col">{charts.gear}</th>
            <th scope="col" class="number">
              {charts.objects}
            </th>
          </tr>
        </thead>
        <tbody>
          {states.map(({ state, gear, objects }) => (
            <tr key={`${state} ${gear}`}>
              <th scope="row">{nameOfState(state)}</th>
              <td>{nameOfGear(gear)}</td>
              <td class="number">{count(objects)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolls>
  );
}
