/**
 * Samples of Prometheus as the metric points that they were: of the metrics of the registry, without the buckets of
 * histograms. Prometheus keeps no more than that of a point: its time, its value, its labels.
 */
import { metrics } from '../semconv/metrics.ts'
import { arrayAt, ask, isObject, objectAt, objectOf } from './ask.ts'
import { nameOf } from './names.ts'
import { metricOfSeries, series } from './series.ts'
import type { MetricName } from '../semconv/metrics.ts'
import type { AnyValue, MetricPoint, Origin, PointValue } from '../wire/record.ts'
import type { Json } from './ask.ts'
import type { Server } from './servers.ts'
import type { Range } from './stack.ts'

const cumulative = 2
// So long a range of raw samples at once; a bot has some hundred series with a sample each 10 s or more.
const stepNs = 6n * 3_600_000_000_000n
const parts = ['', '_sum', '_count'] as const

/**
 * The points of the range, in parts of it.
 * @throws FillpathError `server_unreachable`, `server_refused`
 */
export async function* pointsOf(
  server: Server,
  { fromNs, toNs }: Range,
): AsyncGenerator<MetricPoint[], void, undefined> {
  const names = [...metricOfSeries.values()].flatMap((name) =>
    metrics[name].instrument === 'histogram'
      ? [`${series(name)}_sum`, `${series(name)}_count`]
      : [series(name)],
  )
  for (let from = fromNs; from < toNs; from += stepNs) {
    const to = from + stepNs < toNs ? from + stepNs : toNs
    const seconds = Number((to - from) / 1_000_000n) / 1000
    const answered = await ask(server, '/api/v1/query', {
      parameters: {
        // The instant query of a range gives the samples themselves, with the times that they came with.
        query: `{__name__=~"${names.join('|')}"}[${Math.max(1, Math.ceil(seconds))}s]`,
        time: String(Number(to / 1_000_000n) / 1000),
      },
    })
    const data = objectAt(objectOf(server, answered), 'data')
    yield pointsOfMatrix(arrayAt(data, 'result').filter(isObject))
  }
}

interface Sample {
  readonly timeMs: number
  readonly value: number
}

interface Stored {
  readonly name: MetricName
  readonly labels: Json
  /** By part: the value itself, or the sum and the count of a histogram. */
  readonly samples: Map<(typeof parts)[number], Sample[]>
}

function pointsOfMatrix(matrix: readonly Json[]): MetricPoint[] {
  const stored = new Map<string, Stored>()
  for (const each of matrix) {
    const { __name__: label, ...labels } = objectAt(each, 'metric')
    if (typeof label !== 'string') continue
    for (const part of parts) {
      const name = label.endsWith(part)
        ? metricOfSeries.get(label.slice(0, label.length - part.length))
        : undefined
      if (name === undefined) continue
      const key = JSON.stringify([name, Object.entries(labels)])
      const found = stored.get(key) ?? { name, labels, samples: new Map() }
      found.samples.set(part, samplesOf(arrayAt(each, 'values')))
      stored.set(key, found)
      break
    }
  }
  return [...stored.values()].flatMap(pointsOfSeries)
}

function samplesOf(values: readonly unknown[]): Sample[] {
  return values.flatMap((pair) => {
    if (!Array.isArray(pair)) return []
    const [seconds, text]: unknown[] = pair
    if (typeof seconds !== 'number' || typeof text !== 'string') return []
    return [{ timeMs: Math.round(seconds * 1000), value: Number(text.replace('Inf', 'Infinity')) }]
  })
}

function pointsOfSeries({ name, labels, samples }: Stored): MetricPoint[] {
  const { unit, instrument } = metrics[name]
  const { attributes, origin } = originOf(labels)
  const point = (timeMs: number, value: PointValue): MetricPoint => ({
    signal: 'metric',
    name,
    description: '',
    unit,
    metadata: new Map(),
    start: 0n,
    time: BigInt(timeMs) * 1_000_000n,
    attributes,
    flags: 0,
    exemplars: [],
    point: value,
    ...origin,
  })
  if (instrument === 'histogram') {
    const sums = new Map(samples.get('_sum')?.map(({ timeMs, value }) => [timeMs, value]))
    return (samples.get('_count') ?? []).map(({ timeMs, value }) =>
      point(timeMs, {
        type: 'histogram',
        temporality: cumulative,
        count: BigInt(Math.round(value)),
        sum: sums.get(timeMs),
        min: undefined,
        max: undefined,
        bounds: [],
        bucketCounts: [],
      }),
    )
  }
  return (samples.get('') ?? []).map(({ timeMs, value }) =>
    point(
      timeMs,
      instrument === 'gauge'
        ? { type: 'gauge', value }
        : { type: 'sum', value, temporality: cumulative, monotonic: instrument === 'counter' },
    ),
  )
}

function originOf(labels: Json): {
  readonly attributes: MetricPoint['attributes']
  readonly origin: Origin
} {
  const attributes = new Map<string, AnyValue>()
  const resource = new Map<string, AnyValue>()
  for (const [stored, value] of Object.entries(labels)) {
    // Made by Prometheus from names that stand beside them.
    if (typeof value !== 'string' || stored === 'job' || stored === 'instance') continue
    const { name, isResource } = nameOf(stored)
    const where = isResource ? resource : attributes
    where.set(name, value)
  }
  const common = { droppedAttributesCount: 0, schemaUrl: '' }
  return {
    attributes,
    origin: {
      resource: { attributes: resource, ...common },
      scope: { name: '', version: '', attributes: new Map(), ...common },
    },
  }
}
