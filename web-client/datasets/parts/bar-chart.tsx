import { useEffect, useId, useRef, useState } from "preact/hooks";
import { words } from "../words/words.js";
import { niceMost } from "./scale.js";
import { Scrolls } from "./scrolls.js";

interface Bar {
  readonly name: string;
  readonly value: number;
  /** The value as it is read. */
  readonly shown: string;
}

interface BarChartProps {
  readonly title: string;
  /** What is counted or measured, for the table. */
  readonly unit: string;
  readonly bars: readonly Bar[];
  /** Another's value, drawn as a line across. */
  readonly line?: { readonly value: number; readonly name: string };
}

const rowHeight = 30;
const firstWidth = 560;
const valueWidth = 56;

/** Bars side by side, with the same figures as a table behind them: whoever does not see the one reads the other. */
export function BarChart({ title, unit, bars, line }: BarChartProps) {
  const heading = useId();
  const drawing = useRef<SVGSVGElement>(null);
  const [width, setWidth] = useState(firstWidth);
  // Drawn as wide as it has room, so that its words are as large as all others.
  useEffect(() => {
    const target = drawing.current;
    if (target === null) return;
    const sizing = new ResizeObserver(() => setWidth(target.clientWidth || firstWidth));
    sizing.observe(target);
    return () => sizing.disconnect();
  }, []);
  const nameWidth = Math.round(Math.min(150, width * 0.32));
  if (bars.length === 0) {
    return (
      <section>
        <h2>{title}</h2>
        <p class="quiet">{words.charts.nothing}</p>
      </section>
    );
  }
  const most = niceMost(Math.max(line?.value ?? 0, ...bars.map(({ value }) => value)));
  const room = width - nameWidth - valueWidth;
  const lengthOf = (value: number) => (most === 0 ? 0 : (value / most) * room);
  const top = line === undefined ? 4 : 26;
  const height = top + bars.length * rowHeight + 4;
  return (
    <section class="chart" aria-labelledby={heading}>
      <h2 id={heading}>{title}</h2>
      <svg ref={drawing} viewBox={`0 0 ${width} ${height}`} height={height} aria-hidden="true">
        {bars.map(({ name, value, shown }, at) => {
          const y = top + at * rowHeight;
          return (
            <g key={name}>
              <text class="chart-name" x={nameWidth - 10} y={y + rowHeight / 2} text-anchor="end">
                {shortened(name, nameWidth)}
              </text>
              <rect class="chart-bar" x={nameWidth} y={y + 5} width={lengthOf(value)} height={rowHeight - 10} rx={4} />
              <text class="chart-value" x={nameWidth + lengthOf(value) + 8} y={y + rowHeight / 2}>
                {shown}
              </text>
            </g>
          );
        })}
        {line !== undefined && (
          <>
            <line
              class="chart-line"
              x1={nameWidth + lengthOf(line.value)}
              x2={nameWidth + lengthOf(line.value)}
              y1={top - 4}
              y2={height}
            />
            <text
              class="chart-line-name"
              x={nameWidth + lengthOf(line.value)}
              y={14}
              text-anchor={lengthOf(line.value) > room / 2 ? "end" : "start"}
            >
              {line.name}
            </text>
          </>
        )}
      </svg>
      <details>
        <summary>{words.charts.table}</summary>
        <Scrolls name={title}>
          <table>
            <thead>
              <tr>
                <th scope="col">{title}</th>
                <th scope="col" class="number">
                  {unit}
                </th>
              </tr>
            </thead>
            <tbody>
              {bars.map(({ name, shown }) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td class="number">{shown}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scrolls>
      </details>
      {line !== undefined && <p class="unseen">{line.name}</p>}
    </section>
  );
}

/** What has room beside a bar; the table has all of it. */
function shortened(name: string, room: number): string {
  const most = Math.floor(room / 7.5);
  return name.length > most ? `${name.slice(0, most - 1)}…` : name;
}
