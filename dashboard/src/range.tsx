/** The stretch of time that the figures are about; it stands in the query. */
import { ToggleGroup } from 'radix-ui';
import { setQuery, useQuery } from './router.tsx';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const RANGES = {
  '1d': { name: '24 h', long: 'The last 24 hours', ms: DAY, bucketMs: HOUR },
  '7d': { name: '7 d', long: 'The last 7 days', ms: 7 * DAY, bucketMs: 6 * HOUR },
  '30d': { name: '30 d', long: 'The last 30 days', ms: 30 * DAY, bucketMs: DAY },
  '90d': { name: '90 d', long: 'The last 90 days', ms: 90 * DAY, bucketMs: DAY },
} as const;
type RangeName = keyof typeof RANGES;

function named(query: URLSearchParams): RangeName {
  const name = query.get('range') ?? '';
  return Object.hasOwn(RANGES, name) ? (name as RangeName) : '7d';
}

/** Begins at a whole bucket of the reader's own clock, so that it stays the same while time goes on. */
export function useRange(): { readonly since: number; readonly bucketMs: number } {
  const { ms, bucketMs } = RANGES[named(useQuery())];
  const offset = new Date().getTimezoneOffset() * 60_000;
  const since = Math.ceil((Date.now() - ms - offset) / bucketMs) * bucketMs + offset;
  return { since, bucketMs };
}

export function RangePicker() {
  const now = named(useQuery());
  return (
    <ToggleGroup.Root
      type="single"
      className="toggle"
      aria-label="Range of time"
      value={now}
      onValueChange={(name) => name !== '' && setQuery({ range: name === '7d' ? undefined : name })}
    >
      {Object.entries(RANGES).map(([value, { name, long }]) => (
        <ToggleGroup.Item key={value} value={value} aria-label={long}>
          {name}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
