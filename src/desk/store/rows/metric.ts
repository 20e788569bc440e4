import { hash } from 'node:crypto'
import { payloadOf } from '../value.ts'
import { botOf, runOf, timeCells } from './event.ts'
import type { MetricPoint, PointValue } from '../../../wire/record.ts'
import type { Cell } from '../sqlite.ts'

/** Columns of a metric point, in the order of {@link metricCells}. */
export const metricColumns = [
  'series',
  'bucket',
  'name',
  'type',
  'unit',
  'labels',
  'run_id',
  'timestamp',
  'ns',
  'value',
  'low',
  'high',
  'count',
] as const

const minuteMs = 60_000
const delta = 1

/**
 * What happens when a point meets one of its minute: the later one holds, of two at one instant the larger; `low` and
 * `high` widen. So the order of arrival does not matter, nor that a point comes twice.
 */
export const metricConflict = `
ON CONFLICT (series, bucket) DO UPDATE SET
  low = min(ifnull(low, excluded.low), ifnull(excluded.low, low)),
  high = max(ifnull(high, excluded.high), ifnull(excluded.high, high)),
  (timestamp, ns, value, count) = (
    SELECT * FROM (VALUES (timestamp, ns, value, count), (excluded.timestamp, excluded.ns, excluded.value, excluded.count))
    ORDER BY 1 DESC, 2 DESC, 3 DESC, 4 DESC LIMIT 1)
WHERE excluded.low < low OR excluded.high > high
  OR (excluded.timestamp, excluded.ns, ifnull(excluded.value, -9e999), ifnull(excluded.count, -1))
   > (timestamp, ns, ifnull(value, -9e999), ifnull(count, -1))`

/** The row of a metric point: the last of its minute; a delta, which tells of its own time alone, keeps a row of its own. */
export function metricCells(point: MetricPoint): Cell[] {
  const [timestamp, ns] = timeCells(point.time)
  const labels = payloadOf(point.attributes)
  const run = runOf(point)
  const value = numbersOf(point.point)
  const isDelta = 'temporality' in point.point && point.point.temporality === delta
  const bucket = isDelta ? timestamp : Math.floor(timestamp / minuteMs) * minuteMs
  const identity = JSON.stringify([
    point.name,
    point.point.type,
    isDelta,
    labels,
    // Without a run, at least not with the points of another bot.
    run ?? botOf(point),
    point.scope.name,
  ])
  return [
    hash('sha256', identity, 'base64url').slice(0, 22),
    bucket,
    point.name,
    point.point.type,
    point.unit,
    labels,
    run,
    timestamp,
    ns,
    value.value,
    value.low,
    value.high,
    value.count,
  ]
}

interface Numbers {
  readonly value: number | null
  readonly low: number | null
  readonly high: number | null
  readonly count: number | null
}

/** `value` is the value of a gauge or sum, and the sum of what has a count. */
function numbersOf(point: PointValue): Numbers {
  switch (point.type) {
    case 'gauge':
    case 'sum': {
      const value = point.value === null ? null : finite(Number(point.value))
      const spread = point.type === 'gauge' ? value : null
      return { value, low: spread, high: spread, count: null }
    }
    case 'histogram':
    case 'exponential_histogram':
      return {
        value: finite(point.sum),
        low: finite(point.min),
        high: finite(point.max),
        count: Number(point.count),
      }
    case 'summary':
      return { value: finite(point.sum), low: null, high: null, count: Number(point.count) }
  }
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null
}
