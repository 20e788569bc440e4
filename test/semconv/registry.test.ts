import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { eventNameOf } from '../../src/semconv/aliases.ts'
import { attributeDefinition, attributes } from '../../src/semconv/attributes.ts'
import type { AttributeDefinition } from '../../src/semconv/attributes/definition.ts'
import { classOfSeverity } from '../../src/semconv/classes.ts'
import { eventDefinition, events } from '../../src/semconv/events.ts'
import { severities } from '../../src/semconv/severity.ts'
import type { EventDefinition } from '../../src/semconv/events/definition.ts'
import { metrics } from '../../src/semconv/metrics.ts'
import type { MetricDefinition } from '../../src/semconv/metrics/definition.ts'
import { spans } from '../../src/semconv/spans.ts'
import type { SpanDefinition } from '../../src/semconv/spans.ts'
import { packageVersion } from '../../src/semconv/version.ts'

const attributeEntries = Object.entries<AttributeDefinition>(attributes)
const eventEntries = Object.entries<EventDefinition>(events)
const metricEntries = Object.entries<MetricDefinition>(metrics)
const names = [...Object.keys(attributes), ...Object.keys(events), ...Object.keys(metrics)]

/** Names that a check found, so that a failure says them all. */
function found(entries: readonly string[]): string[] {
  return entries.toSorted()
}

describe('names', () => {
  test('[X38] are lower case, parts joined by dots, words by underscores', () => {
    expect(names.filter((name) => !/^[a-z][a-z0-9]*(?:[._][a-z][a-z0-9]*)*$/.test(name))).toEqual(
      [],
    )
  })

  test('[X38] none is also the namespace of another, as OpenTelemetry asks', () => {
    for (const registry of [attributes, events, metrics]) {
      const all = Object.keys(registry)
      expect(all.filter((name) => all.some((other) => other.startsWith(`${name}.`)))).toEqual([])
    }
  })

  test('[X38] of our own stand under trading or fillpath; no unit stands in the name of a metric', () => {
    const known = /^(trading|fillpath|http|url|server|error|exception|peer)\./
    expect(Object.keys(attributes).filter((name) => !known.test(name))).toEqual([])
    expect(Object.keys(events).filter((name) => !/^(trading|fillpath)\./.test(name))).toEqual([])
    const units = /_(ms|s|bytes|percent|total)$/
    expect(Object.keys(metrics).filter((name) => units.test(name))).toEqual([])
  })
})

describe('attributes', () => {
  test('[X38] each has an example of its type, and of its values', () => {
    const kinds: Readonly<Record<string, (example: unknown) => boolean>> = {
      string: (example) => typeof example === 'string',
      boolean: (example) => typeof example === 'boolean',
      int: (example) => Number.isInteger(example),
      double: (example) => typeof example === 'number',
      decimal: (example) => typeof example === 'string' && /^-?\d+(\.\d+)?$/.test(example),
      'string[]': (example) => Array.isArray(example),
      any: (example) => example !== undefined,
    }
    const wrong = attributeEntries.filter(
      ([, { type, example, values }]) =>
        !kinds[type]?.(example) || (values && !values.includes(String(example))),
    )
    expect(wrong.map(([name]) => name)).toEqual([])
  })

  test('[X38] a number that has a unit says it in its name or is a ratio', () => {
    const units: Readonly<Record<string, RegExp>> = { ms: /_ms$/, bps: /_bps$/, By: /_bytes$/ }
    const wrong = attributeEntries.filter(
      ([name, { unit = '' }]) => units[unit]?.test(name) === false,
    )
    expect(wrong.map(([name]) => name)).toEqual([])
  })

  test('[X38] a double twin stands beside its decimal', () => {
    const twins = Object.keys(attributes).filter((name) => name.endsWith('_num'))
    expect(twins.length).toBeGreaterThan(5)
    for (const twin of twins) {
      expect(attributeDefinition(twin)?.type).toBe('double')
      expect(attributeDefinition(twin.replace(/_num$/, ''))?.type).toBe('decimal')
    }
  })
})

describe('events', () => {
  test('[X38] name only attributes and metrics of the registry, and feed a metric from an attribute of theirs', () => {
    const wrong: string[] = []
    for (const [name, { attributes: own, counts = [], measures = [] }] of eventEntries) {
      for (const attribute of own)
        if (!(attribute in attributes)) wrong.push(`${name}: ${attribute}`)
      for (const metric of counts) if (!(metric in metrics)) wrong.push(`${name}: ${metric}`)
      for (const fed of measures) {
        if (!(fed.metric in metrics)) wrong.push(`${name}: ${fed.metric}`)
        const isOwn = 'value' in fed || own.includes(fed.attribute)
        if (!isOwn) wrong.push(`${name}: ${fed.metric} from an attribute that it has not`)
      }
      if (new Set(own).size !== own.length) wrong.push(`${name}: an attribute twice`)
    }
    expect(found(wrong)).toEqual([])
  })

  test('[X38] count with counters, and measure in the unit of the metric', () => {
    const wrong: string[] = []
    for (const [name, { counts = [], measures = [] }] of eventEntries) {
      for (const metric of counts) {
        if (metrics[metric].instrument !== 'counter') wrong.push(`${name}: counts with ${metric}`)
      }
      for (const fed of measures) {
        if ('value' in fed) continue
        const { metric, attribute, scale = 1 } = fed
        const isTime = attribute.endsWith('_ms')
        const wanted = isTime && metrics[metric].unit === 's' ? 0.001 : 1
        if (scale !== wanted) wrong.push(`${name}: ${attribute} × ${scale} for ${metric}`)
      }
    }
    expect(found(wrong)).toEqual([])
  })

  test('[B51] errors and what the trade is made of are critical, order books are snapshots', () => {
    const made = /^trading\.(order|hedge|unwind|position|task)\./
    const relaxed = new Set([
      'trading.order.polled',
      'trading.order.duplicate_fill',
      'trading.position.marked',
    ])
    const wrong = eventEntries.filter(
      ([name, { class: priority, severity }]) =>
        (severities[severity] >= severities.error && priority !== 'critical') ||
        (made.test(name) && !relaxed.has(name) && priority !== 'critical'),
    )
    expect(wrong.map(([name]) => name)).toEqual([])
    expect(events['trading.book.snapshot'].class).toBe('snapshot')
  })

  test('[A16] what is an error is also in the file of errors', () => {
    const wrong = eventEntries.filter(
      ([, { severity, categories }]) =>
        severities[severity] >= severities.error && !categories.includes('errors'),
    )
    expect(wrong.map(([name]) => name)).toEqual([])
  })

  test('[B51] lines that are no events have the class of their level', () => {
    expect([0, 1, 5, 9, 13, 17, 21].map(classOfSeverity)).toEqual([
      'normal',
      'snapshot',
      'snapshot',
      'normal',
      'normal',
      'critical',
      'critical',
    ])
  })

  test('what is not in the registry has no definition, whatever its name', () => {
    for (const name of ['toString', '__proto__', 'constructor', 'trading.none']) {
      expect(eventDefinition(name)).toBeUndefined()
      expect(attributeDefinition(name)).toBeUndefined()
    }
  })
})

describe('metrics', () => {
  test('[X38] have labels of the registry, and none is an id or a structure', () => {
    const wrong = metricEntries.flatMap(([name, { labels }]) =>
      labels
        .filter((label) => {
          const definition = attributeDefinition(label)
          return (
            !definition ||
            definition.id ||
            definition.type === 'any' ||
            definition.type === 'decimal'
          )
        })
        .map((label) => `${name}: ${label}`),
    )
    expect(found(wrong)).toEqual([])
  })

  test('[X38] no gauge has the unit 1, which Prometheus would call a ratio', () => {
    const wrong = metricEntries.filter(
      ([, { instrument, unit }]) => instrument === 'gauge' && unit === '1',
    )
    expect(wrong.map(([name]) => name)).toEqual([])
  })

  test('[X38] histograms, and they alone, have bucket edges, and these ascend', () => {
    for (const [name, { instrument, buckets }] of metricEntries) {
      expect([name, buckets !== undefined]).toEqual([name, instrument === 'histogram'])
      expect(buckets ?? []).toEqual([...(buckets ?? [])].toSorted((a, b) => a - b))
      expect(new Set(buckets).size).toBe(buckets?.length ?? 0)
    }
  })

  test('[X38] only counters begin with 0, with labels that they have', () => {
    for (const [name, { instrument, zero = [], labels }] of metricEntries) {
      expect([name, zero.length === 0 || instrument === 'counter']).toEqual([name, true])
      for (const set of zero) {
        expect(
          Object.keys(set).filter((label) => !labels.some((known) => known === label)),
        ).toEqual([])
      }
    }
  })

  test('[X38] each is fed by an event or by the code; none is a phantom', () => {
    const byEvents = new Set(
      eventEntries.flatMap(([, { counts = [], measures = [] }]) => [
        ...counts,
        ...measures.map(({ metric }) => metric),
      ]),
    )
    const code = globSync('src/{probe,desk,bot}/**/*.ts')
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n')
    const phantoms = metricEntries
      .map(([name]) => name)
      .filter((name) => ![...byEvents].some((fed) => fed === name) && !code.includes(`'${name}'`))
    expect(phantoms).toEqual([])
  })

  test('[X38] the duration of a span is a histogram', () => {
    for (const { duration } of Object.values<SpanDefinition>(spans)) {
      expect(duration === undefined || metrics[duration].instrument === 'histogram').toBe(true)
    }
  })
})

describe('other spellings', () => {
  test('no alias stands for two events', () => {
    const seen = new Map<string, string>()
    const double: string[] = []
    for (const [name, { aliases = [] }] of eventEntries) {
      for (const alias of aliases) {
        const key = alias.replaceAll(/[^a-z0-9]/g, '').replaceAll('cancell', 'cancel')
        const other = seen.get(key)
        if (other !== undefined && other !== name) double.push(`${alias}: ${other}, ${name}`)
        seen.set(key, name)
      }
    }
    expect(double).toEqual([])
  })

  test('every alias and every name lead to their event', () => {
    const wrong = eventEntries.flatMap(([name, { aliases = [] }]) =>
      [name, ...aliases].filter((alias) => eventNameOf(alias) !== name),
    )
    expect(wrong).toEqual([])
  })

  test.each([
    ['A23', ['signal_detected', 'signal_filtered', 'signal_cooldown']],
    ['A24', ['signal_received', 'atr_calculated', 'velocity_checked', 'pattern_checked']],
    ['A25', ['position_size_calculated', 'leverage_set', 'hedge_target_set']],
    [
      'A26',
      [
        'order_submitting',
        'order_submitted',
        'order_reJECTED',
        'order_filling',
        'order_filled',
        'order_failed',
        'order_timeout',
        'order_cancelled',
      ],
    ],
    ['A27', ['order_polling']],
    ['A28', ['position_opened', 'position_closed', 'position_modified']],
    ['A29', ['hedge_opened', 'hedge_closed']],
    ['A30', ['api_request', 'api_response', 'api_error', 'api_timeout']],
    ['A31', ['websocket_connected', 'websocket_disconnected', 'websocket_error']],
    ['A32', ['shutdown_initiated']],
    ['A33', ['latency_high', 'memory_warning', 'rate_limit_hit']],
    [
      'B10',
      [
        'TASK_CREATED',
        'TASK_STARTED',
        'TASK_PAUSED',
        'TASK_RESUMED',
        'TASK_COMPLETED',
        'TASK_FAILED',
        'TASK_CANCELLED',
      ],
    ],
    [
      'B11',
      [
        'ORDER_SUBMITTED',
        'ORDER_PARTIAL_FILL',
        'ORDER_FILLED',
        'ORDER_CANCELLED',
        'ORDER_EXPIRED',
        'ORDER_FAILED',
      ],
    ],
    ['B12', ['PRICE_GUARD_TRIGGERED', 'PRICE_GUARD_RESUMED']],
    ['B13', ['HEDGE_STARTED', 'HEDGE_ATTEMPT', 'HEDGE_PARTIAL', 'HEDGE_COMPLETED', 'HEDGE_FAILED']],
    [
      'B14',
      ['UNWIND_STARTED', 'UNWIND_ATTEMPT', 'UNWIND_PARTIAL', 'UNWIND_COMPLETED', 'UNWIND_FAILED'],
    ],
  ])('[%s] the words of the source documents resolve: %j', (_, words) => {
    expect(words.filter((word) => eventNameOf(word) === undefined)).toEqual([])
  })

  test('[A26] mixed case, two Ls, camel case and other separators', () => {
    expect(eventNameOf('order_reJECTED')).toBe('trading.order.rejected')
    expect(eventNameOf('ORDER_CANCELLED')).toBe('trading.order.canceled')
    expect(eventNameOf('OrderFilled')).toBe('trading.order.filled')
    expect(eventNameOf('order-filled')).toBe('trading.order.filled')
    expect(eventNameOf('trading.order.filled')).toBe('trading.order.filled')
    expect(eventNameOf('nothing_known')).toBeUndefined()
  })
})

test('the version that a run tells is that of the package', () => {
  const { version }: { version: string } = JSON.parse(readFileSync('package.json', 'utf8'))
  expect(packageVersion).toBe(version)
})
