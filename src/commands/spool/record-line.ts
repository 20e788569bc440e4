/** A record of any signal as a line for a person, in the form of the bot's own console. */
import { humanLine, plain, shortValue, withoutNamespace } from '../../archive/human.ts'
import type { Zone } from '../../archive/zone.ts'
import type { Attributes, MetricPoint, SpanRecord, WireRecord } from '../../wire/record.ts'
import { paintPart } from '../paint.ts'
import { durationText, millisecondsBetween } from '../time-text.ts'
import type { Output } from '../output.ts'

/** How a line is written. */
export interface RecordLineOptions {
  readonly zone: Zone
  readonly output: Output
}

const valueCharsMax = 200

/** The record as a line; control characters in it are written as escapes. */
export function recordLine(record: WireRecord, options: RecordLineOptions): string {
  switch (record.signal) {
    case 'log':
      return humanLine(record, {
        zone: options.zone,
        paint: paintPart(options.output),
        traceDigits: 8,
        valueCharsMax,
        stack: true,
      })
    case 'span':
      return spanLine(record, options)
    case 'metric':
      return metricLine(record, options)
  }
}

const statusTexts = ['', ' ok', ' ERROR']

function spanLine(record: SpanRecord, { zone, output }: RecordLineOptions): string {
  const { start, end, statusCode, statusMessage, traceId } = record
  const took = durationText(millisecondsBetween(start, end))
  const message = statusMessage === '' ? '' : ` ${plain(statusMessage)}`
  const words = `${output.paint('dim', zone.time(start))} ${output.paint('magenta', 'SPAN ')} ${plain(record.scope.name || '-')} ${output.paint('bold', plain(record.name))} ${took}${statusTexts[statusCode] ?? ''}${message}`
  const trace = traceId === '' ? '' : output.paint('dim', ` trace=${traceId.slice(0, 8)}`)
  return words + pairs(record.attributes, output) + trace
}

function metricLine(record: MetricPoint, { zone, output }: RecordLineOptions): string {
  const unit = record.unit === '' ? '' : ` ${plain(record.unit)}`
  const name = output.paint('bold', plain(record.name))
  return `${output.paint('dim', zone.time(record.time))} ${output.paint('cyan', 'METER')} ${plain(record.scope.name || '-')} ${name} ${valueText(record)}${unit}${pairs(record.attributes, output)}`
}

function valueText({ point }: MetricPoint): string {
  switch (point.type) {
    case 'gauge':
    case 'sum':
      return String(point.value)
    case 'histogram':
    case 'exponential_histogram':
      return `${point.count} values, sum ${point.sum ?? '?'}`
    case 'summary':
      return `${point.count} values, sum ${point.sum}`
  }
}

function pairs(attributes: Attributes, output: Output): string {
  let text = ''
  for (const [key, value] of attributes) {
    text += ` ${output.paint('dim', plain(`${withoutNamespace(key)}=`))}${shortValue(value, valueCharsMax)}`
  }
  return text
}
