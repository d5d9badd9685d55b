/**
 * Counters, gauges and histograms, and their text for Prometheus (exposition format 0.0.4). Written by hand: it is smaller than a
 * client library's dependencies, and a counter costs a look-up in a map.
 * Each metric has at most MAX_SERIES combinations of label values; what comes after those is counted under 'other'.
 * Does not: know what is counted (gateway-metrics.ts).
 */

export interface Registry {
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  histogram(name: string, help: string, bounds: readonly number[], labels?: readonly string[]): Histogram;
  /** Read when asked for. `read` gives values by the values of the labels, one label after another. */
  gauge(name: string, help: string, labels: readonly string[], read: () => Iterable<GaugeValue>): void;
  /** As `gauge`, for what only grows. */
  counted(name: string, help: string, labels: readonly string[], read: () => Iterable<GaugeValue>): void;
  text(): string;
}

export type GaugeValue = readonly [labels: readonly string[], value: number];

export interface Counter {
  add(value: number, ...labels: readonly string[]): void;
}

export interface Histogram {
  observe(value: number, ...labels: readonly string[]): void;
}

const MAX_SERIES = 200;
const OTHER = 'other';

export function createRegistry(): Registry {
  const parts: (() => string)[] = [];
  return {
    counter: (name, help, labels = []) => {
      const series = seriesOf(labels.length, () => ({ value: 0 }));
      parts.push(
        () =>
          head(name, help, 'counter') +
          lines(series.all(), (at, { value }) => sample(name, labels, at, value)),
      );
      return {
        add: (value, ...at) => {
          series.of(at).value += value;
        },
      };
    },
    histogram: (name, help, bounds, labels = []) => {
      const series = seriesOf(labels.length, () => ({ sum: 0, counts: new Float64Array(bounds.length + 1) }));
      parts.push(
        () =>
          head(name, help, 'histogram') +
          lines(series.all(), (at, { sum, counts }) => {
            let total = 0;
            let text = '';
            counts.forEach((count, i) => {
              total += count;
              const le = i < bounds.length ? String(bounds[i]) : '+Inf';
              text += sample(`${name}_bucket`, [...labels, 'le'], [...at, le], total);
            });
            return text + sample(`${name}_sum`, labels, at, sum) + sample(`${name}_count`, labels, at, total);
          }),
      );
      return {
        observe: (value, ...at) => {
          const one = series.of(at);
          one.sum += value;
          let i = 0;
          while (i < bounds.length && value > bounds[i]!) i++;
          one.counts[i]!++;
        },
      };
    },
    gauge: (name, help, labels, read) => {
      parts.push(
        () => head(name, help, 'gauge') + lines(read(), (at, value) => sample(name, labels, at, value)),
      );
    },
    counted: (name, help, labels, read) => {
      parts.push(
        () => head(name, help, 'counter') + lines(read(), (at, value) => sample(name, labels, at, value)),
      );
    },
    text: () => parts.map((part) => part()).join(''),
  };
}

/** Values by their labels; those of no label are there from the beginning, so that a rate has a first value. */
function seriesOf<T>(width: number, make: () => T) {
  const known = new Map<string, { readonly at: readonly string[]; readonly one: T }>();
  const of = (at: readonly string[]): T => {
    const key = width === 1 ? (at[0] ?? '') : at.join('\u0000');
    const found = known.get(key);
    if (found !== undefined) return found.one;
    if (known.size >= MAX_SERIES && at.some((value) => value !== OTHER)) return of(at.map(() => OTHER));
    const one = make();
    known.set(key, { at: [...at], one });
    return one;
  };
  if (width === 0) of([]);
  return { of, all: () => [...known.values()].map(({ at, one }) => [at, one] as const) };
}

function head(name: string, help: string, type: string): string {
  return `# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n# TYPE ${name} ${type}\n`;
}

function lines<T>(
  values: Iterable<readonly [readonly string[], T]>,
  line: (at: readonly string[], one: T) => string,
) {
  let text = '';
  for (const [at, one] of values) text += line(at, one);
  return text;
}

function sample(name: string, labels: readonly string[], at: readonly string[], value: number): string {
  const pairs = labels.map((label, i) => `${label}="${labelText(at[i] ?? '')}"`).join(',');
  return `${name}${pairs === '' ? '' : `{${pairs}}`} ${value}\n`;
}

function labelText(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
