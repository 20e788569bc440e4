import { alertAttributes } from './attributes/alert.ts'
import { bookAttributes } from './attributes/book.ts'
import { costAttributes } from './attributes/cost.ts'
import { fillAttributes } from './attributes/fill.ts'
import { conditionAttributes } from './attributes/condition.ts'
import { flowAttributes } from './attributes/flow.ts'
import { hedgeAttributes } from './attributes/hedge.ts'
import { orderAttributes } from './attributes/order.ts'
import { positionAttributes } from './attributes/position.ts'
import { signalAttributes } from './attributes/signal.ts'
import { systemAttributes } from './attributes/system.ts'
import { taskAttributes } from './attributes/task.ts'
import type { AttributeDefinition } from './attributes/definition.ts'
import { errorCodes } from './error-codes.ts'
import type { EventDefinition } from './events/definition.ts'
import { alertEvents } from './events/alert.ts'
import { conditionEvents } from './events/condition.ts'
import { fillEventDefinitions } from './events/fill.ts'
import { flowEvents } from './events/flow.ts'
import { hedgeEvents } from './events/hedge.ts'
import { orderEventDefinitions } from './events/order.ts'
import { positionEvents } from './events/position.ts'
import { systemEvents } from './events/system.ts'
import { taskEvents } from './events/task.ts'
import type { MetricDefinition } from './metrics/definition.ts'
import { alertMetrics } from './metrics/alert.ts'
import { flowMetrics } from './metrics/flow.ts'
import { orderMetrics } from './metrics/order.ts'
import { positionMetrics } from './metrics/position.ts'
import { systemMetrics } from './metrics/system.ts'
import { vocabularies } from './order-status-words.ts'
import { orderStatusWords } from './order-words.ts'
import { spans } from './spans.ts'
import type { SpanDefinition } from './spans.ts'
import { schemaVersion } from './version.ts'
import { orderStatuses } from './words.ts'

/**
 * The vocabulary page: every span, event, attribute, metric, order word and error code of the registry, as Markdown.
 * `docs/vocabulary.md` is this text; `npm run vocabulary` writes it and a test fails when it is stale.
 */
export function renderVocabulary(): string {
  return [
    intro(),
    section(
      'Spans',
      spanTable(),
      'A position is a trace of its own, linked to the flow that opened it.',
    ),
    section(
      'Events',
      groups(eventGroups, eventTable),
      'An event is a LogRecord with an event name, an event on its span, and the metrics named here. ' +
        'Symbol, venue, strategy, task and correlation id may stand on any of them.',
    ),
    section(
      'Attributes',
      groups(attributeGroups, attributeTable),
      'A `decimal` is text exactly as the venue gave it; `…_num` is its double twin. ' +
        'What is marked *id* is never a metric label or a Loki label.',
    ),
    section(
      'Metrics',
      groups(metricGroups, metricTable),
      'The unit stands in the metadata. Counters marked *0* exist with the value 0 from the start.',
    ),
    section(
      'Order status',
      statusTable(),
      'Words of venues and of other systems, as they are mapped on the way in. The word of the venue is kept beside ' +
        'it. Case and separators do not matter; CANCELLED has one L here.',
    ),
    section('Error codes', errorTable(), 'Stable: match on the code, never on the message.'),
  ].join('\n')
}

function intro(): string {
  return `# The words of \`trading.*\`

Generated from \`src/semconv/\` by \`npm run vocabulary\`; do not edit. Version ${schemaVersion}.

Status (what holds) and event (what happened) of an order are two fields. \`denied\` is the own risk check, \`rejected\` the
venue, \`unknown\` sent with an outcome that is not known. Priority class: when something must be dropped, \`snapshot\` goes
first, then \`normal\`; \`critical\` never goes silently.
`
}

function section(title: string, body: string, lead: string): string {
  return `## ${title}\n\n${lead}\n\n${body}`
}

const eventGroups: Groups<EventDefinition> = {
  'Signal and flow': flowEvents,
  Condition: conditionEvents,
  Order: { ...orderEventDefinitions, ...fillEventDefinitions },
  'Hedge, unwind, exposure': hedgeEvents,
  Position: positionEvents,
  'Task, order books, price guard': taskEvents,
  'API, feeds, errors, process': systemEvents,
  'Services, own alerts': alertEvents,
}

const attributeGroups: Groups<AttributeDefinition> = {
  Flow: flowAttributes,
  Signal: signalAttributes,
  Condition: conditionAttributes,
  Order: orderAttributes,
  Fill: fillAttributes,
  'Hedge, unwind, exposure': hedgeAttributes,
  Cost: costAttributes,
  Position: positionAttributes,
  'Order books': bookAttributes,
  Task: taskAttributes,
  'API, feeds, errors, process': systemAttributes,
  'Services, own alerts': alertAttributes,
}

const metricGroups: Groups<MetricDefinition> = {
  'Flow, hedge, exposure': flowMetrics,
  Order: orderMetrics,
  Position: positionMetrics,
  'API, feeds, process, the path itself': systemMetrics,
  'Services, own alerts': alertMetrics,
}

type Groups<T> = Readonly<Record<string, Readonly<Record<string, T>>>>

function groups<T>(
  byTitle: Groups<T>,
  render: (entries: readonly (readonly [string, T])[]) => string,
): string {
  return Object.entries(byTitle)
    .map(([title, definitions]) => `### ${title}\n\n${render(Object.entries(definitions))}`)
    .join('\n')
}

function spanTable(): string {
  const rows = Object.entries<SpanDefinition>(spans).map(([name, span]) => [
    code(name),
    span.kind,
    span.starts,
    span.ends,
    `${span.brief}${span.duration ? ` Duration: ${code(span.duration)}.` : ''}`,
  ])
  return table(['span', 'kind', 'starts', 'ends', ''], rows)
}

function eventTable(entries: readonly (readonly [string, EventDefinition])[]): string {
  const rows = entries.map(([name, event]) => [
    code(name),
    event.severity,
    event.class,
    event.brief,
    codes(event.attributes),
    codes([...(event.counts ?? []), ...(event.measures ?? []).map(({ metric }) => metric)]),
    codes(event.aliases ?? []),
  ])
  return table(['event', 'level', 'class', '', 'attributes', 'feeds', 'other spellings'], rows)
}

function attributeTable(entries: readonly (readonly [string, AttributeDefinition])[]): string {
  const rows = entries.map(([name, attribute]) => [
    code(name),
    [attribute.type, attribute.id ? '*id*' : '', attribute.stability ?? '']
      .filter(Boolean)
      .join(', '),
    [attribute.brief, attribute.values ? `One of ${codes(attribute.values)}.` : '']
      .filter(Boolean)
      .join(' '),
    attribute.unit ?? '',
    code(JSON.stringify(attribute.example)),
    attribute.fix ?? '',
    attribute.ccxt ? code(attribute.ccxt) : '',
  ])
  return table(['attribute', 'type', '', 'unit', 'example', 'FIX', 'ccxt'], rows)
}

function metricTable(entries: readonly (readonly [string, MetricDefinition])[]): string {
  const rows = entries.map(([name, metric]) => [
    code(name),
    metric.zero ? `${metric.instrument}, *0*` : metric.instrument,
    code(metric.unit),
    metric.brief,
    codes(metric.labels),
    metric.buckets?.join(' ') ?? '',
  ])
  return table(['metric', 'instrument', 'unit', '', 'labels', 'buckets'], rows)
}

function statusTable(): string {
  const rows = orderStatuses.map((status) => [
    code(status),
    ...vocabularies.map((vocabulary) => orderStatusWords(vocabulary, status).join(', ')),
  ])
  return table(['status', ...vocabularies], rows)
}

function errorTable(): string {
  const rows = Object.entries(errorCodes).map(([name, { brief, hint }]) => [
    code(name),
    brief,
    hint,
  ])
  return table(['code', 'what', 'what to do'], rows)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

function code(text: string): string {
  return `\`${text}\``
}

function codes(texts: readonly string[]): string {
  return texts.map(code).join(' ')
}
