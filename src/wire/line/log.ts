import { isTraceId } from '../../base/ids.ts'
import type { AnyValue, Attributes, LogRecord } from '../record.ts'
import { attributesAt, stringAt, timeAt, uint32At, int32At, valueOf } from './fields.ts'
import { originText } from './origin.ts'
import type { Cut } from './origin.ts'
import { timeText } from './time.ts'
import { attributesText, quote, valueText } from './value.ts'

/** Names of the six ranges of severity numbers, as OpenTelemetry has them, lower case like every word here. */
const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

/** The level of a severity number (1–24), `''` for any other number. */
export function levelOf(severityNumber: number): string {
  return levels[(severityNumber - 1) >> 2] ?? ''
}

/** The fields of a log record in the order of the eye: when, how bad, who, what, of which flow, with which data. */
export function logText(record: LogRecord): string {
  const { attributes } = record
  const level = levelOf(record.severityNumber)
  let text = ''
  if (record.time !== 0n) text += `,"timestamp":"${timeText(record.time)}"`
  if (record.observedTime !== 0n) text += `,"observed_timestamp":"${timeText(record.observedTime)}"`
  if (level !== '') text += `,"level":"${level}"`
  if (record.severityNumber !== 0) text += `,"severity_number":${record.severityNumber}`
  if (record.severityText !== level) text += `,"severity_text":${quote(record.severityText)}`
  if (record.scope.name !== '') text += `,"module":${quote(record.scope.name)}`
  if (record.eventName !== '') text += `,"event":${quote(record.eventName)}`
  if (typeof record.body === 'string') text += `,"message":${quote(record.body)}`
  else if (record.body !== null) text += `,"body":${valueText(record.body)}`
  text += contextText(record) + liftedText(attributes)
  if (attributes.size > 0) text += `,"data":${attributesText(attributes)}`
  if (record.droppedAttributesCount !== 0) {
    text += `,"dropped_attributes_count":${record.droppedAttributesCount}`
  }
  return text + idText(attributes) + originText(record)
}

/** The log record of a line. What is there only to be read or searched (`level`, `module`, `task_id` …) is not used. */
export function logOf({ json, resource, scope }: Cut): LogRecord {
  const severityNumber = int32At(json, 'severity_number')
  return {
    signal: 'log',
    time: timeAt(json, 'timestamp'),
    observedTime: timeAt(json, 'observed_timestamp'),
    severityNumber,
    severityText:
      json['severity_text'] === undefined
        ? levelOf(severityNumber)
        : stringAt(json, 'severity_text'),
    eventName: stringAt(json, 'event'),
    body: json['message'] === undefined ? bodyOf(json['body']) : stringAt(json, 'message'),
    attributes: attributesAt(json, 'data'),
    droppedAttributesCount: uint32At(json, 'dropped_attributes_count'),
    flags: uint32At(json, 'flags'),
    traceId: stringAt(json, 'trace_id'),
    spanId: stringAt(json, 'span_id'),
    resource,
    scope,
  }
}

function bodyOf(json: unknown): AnyValue {
  return json === undefined ? null : valueOf(json)
}

function contextText(record: LogRecord): string {
  const { traceId, spanId, flags } = record
  let text = ''
  if (isTraceId(traceId)) text += `,"correlation_id":"${traceId}","trace_id":"${traceId}"`
  else if (traceId !== '') text += `,"trace_id":${quote(traceId)}`
  if (spanId !== '') text += `,"span_id":${quote(spanId)}`
  if (flags !== 0) text += `,"flags":${flags}`
  return text
}

/** Task and sequence, so that one task can be cut out of a file with grep or jq. */
function liftedText(attributes: Attributes): string {
  const taskId = attributes.get('trading.task.id')
  const sequence = attributes.get('trading.sequence')
  let text = ''
  if (typeof taskId === 'string') text += `,"task_id":${quote(taskId)}`
  if (typeof sequence === 'bigint') text += `,"sequence":${sequence.toString()}`
  return text
}

/** The record id (install, boot, sequence), by which a receiver knows a record that it already has. */
export function idText(attributes: Attributes): string {
  const id = attributes.get('fillpath.record.id')
  return typeof id === 'string' ? `,"id":${quote(id)}` : ''
}
