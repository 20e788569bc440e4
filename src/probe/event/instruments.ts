import { createNoopMeter, metrics as metricsApi } from '@opentelemetry/api'
import type { Counter, Gauge, Histogram, MeterProvider, UpDownCounter } from '@opentelemetry/api'
import { metrics } from '../../semconv/metrics.ts'
import type { MetricName } from '../../semconv/metrics.ts'
import type { MetricDefinition } from '../../semconv/metrics/definition.ts'
import { fault, faultCount } from './fault.ts'
import { scope } from './scope.ts'

/**
 * Instruments of the registry, created when they are first used, with unit, brief and bucket edges.
 *
 * - The global meter provider may be registered, or replaced, at any time: instruments follow it.
 * - What goes up and down (open orders, fees) is remembered while no provider is there, so that the level is right
 *   once one is. Other values measured before that are gone, as with any OpenTelemetry instrument.
 * - Counters that alert are created with 0 as soon as the provider is seen: see {@link prepareInstruments}.
 * - A label that is no string, number or boolean is left out; a duration below zero (two clocks) counts as zero.
 * - A histogram takes no negative value: one with the label `trading.sign` gets the amount, and the sign there.
 */

type Attributes = Readonly<Record<string, unknown>>
type Labels = Record<string, string | number | boolean>
type AnyInstrument =
  | { readonly kind: 'add'; readonly instrument: Counter | UpDownCounter }
  | { readonly kind: 'record'; readonly instrument: Gauge | Histogram }

const noopMeter = createNoopMeter()
const definitions: Readonly<Record<string, MetricDefinition>> = metrics
// A bot has tens of symbols and venues; this bounds a mistake, such as an id in a label.
const waitingMax = 1000

let provider: MeterProvider | undefined
let isReal = false
let faultsTold = 0
let instruments = new Map<MetricName, AnyInstrument>()
const waiting = new Map<
  string,
  { readonly metric: MetricName; readonly labels: Labels; sum: number }
>()

/**
 * Adds to a counter, or records a gauge or histogram value. Never throws.
 * @param attributes the labels of the metric are picked from them
 * @param more comes before them
 */
export function measure(
  metric: MetricName,
  value: number,
  attributes: Attributes = {},
  more?: Attributes,
): void {
  try {
    if (!Number.isFinite(value)) return
    follow()
    if (faultCount() > faultsTold) tellFaults()
    const definition = metrics[metric]
    const labels = pick(definition, attributes, more)
    if (!isReal) {
      if (definition.instrument === 'updowncounter') wait(metric, value, labels)
      return
    }
    write(instrumentOf(metric), definition, value, labels)
  } catch (error) {
    fault(`measure ${metric}`, error)
  }
}

/** Creates, with 0, the counters that alert. Telemetry calls it once the meter provider is registered. */
export function prepareInstruments(): void {
  try {
    follow()
  } catch (error) {
    fault('prepare instruments', error)
  }
}

function tellFaults(): void {
  const count = faultCount()
  if (isReal)
    write(instrumentOf('fillpath.faults'), metrics['fillpath.faults'], count - faultsTold, {})
  faultsTold = count
}

function follow(): void {
  const current = metricsApi.getMeterProvider()
  if (current === provider) return
  provider = current
  isReal = current.getMeter(scope.name, scope.version) !== noopMeter
  instruments = new Map()
  if (!isReal) return
  for (const [name, definition] of Object.entries(definitions)) {
    for (const labels of definition.zero ?? []) {
      write(instrumentOf(name as MetricName), definition, 0, { ...labels })
    }
  }
  for (const { metric, labels, sum } of waiting.values()) {
    write(instrumentOf(metric), metrics[metric], sum, labels)
  }
  waiting.clear()
}

function wait(metric: MetricName, value: number, labels: Labels): void {
  const key = `${metric}\n${JSON.stringify(labels)}`
  const entry = waiting.get(key)
  if (entry) entry.sum += value
  else if (waiting.size < waitingMax) waiting.set(key, { metric, labels, sum: value })
}

function write(
  { kind, instrument }: AnyInstrument,
  definition: MetricDefinition,
  value: number,
  labels: Labels,
): void {
  if (kind === 'add') {
    instrument.add(value, labels)
    return
  }
  if (definition.labels.includes('trading.sign')) {
    labels['trading.sign'] = value < 0 ? 'negative' : 'positive'
    instrument.record(Math.abs(value), labels)
    return
  }
  const isDuration = definition.instrument === 'histogram' && definition.unit === 's'
  instrument.record(isDuration && value < 0 ? 0 : value, labels)
}

function pick(
  definition: MetricDefinition,
  attributes: Attributes,
  more: Attributes | undefined,
): Labels {
  const labels: Labels = {}
  for (const name of definition.labels) {
    const value = more?.[name] ?? attributes[name]
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      labels[name] = value
    }
  }
  return labels
}

function instrumentOf(name: MetricName): AnyInstrument {
  let instrument = instruments.get(name)
  if (!instrument) {
    instrument = create(name, metrics[name])
    instruments.set(name, instrument)
  }
  return instrument
}

function create(name: MetricName, definition: MetricDefinition): AnyInstrument {
  const meter = metricsApi.getMeter(scope.name, scope.version)
  const options = { unit: definition.unit, description: definition.brief }
  switch (definition.instrument) {
    case 'counter':
      return { kind: 'add', instrument: meter.createCounter(name, options) }
    case 'updowncounter':
      return { kind: 'add', instrument: meter.createUpDownCounter(name, options) }
    case 'gauge':
      return { kind: 'record', instrument: meter.createGauge(name, options) }
    case 'histogram':
      return {
        kind: 'record',
        instrument: meter.createHistogram(name, {
          ...options,
          ...(definition.buckets && {
            advice: { explicitBucketBoundaries: [...definition.buckets] },
          }),
        }),
      }
  }
}
