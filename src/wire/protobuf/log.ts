import type { AnyValue, LogRecord, Origin } from '../record.ts'
import type { ProtobufReader } from './reader.ts'
import { noAttributes, readAnyValue, readKeyValue } from './value.ts'
import type { Draft } from './value.ts'

/** `opentelemetry.proto.logs.v1.LogRecord` */
export function readLog(reader: ProtobufReader, origin: Origin, records: LogRecord[]): void {
  let time = 0n
  let observedTime = 0n
  let severityNumber = 0
  let severityText = ''
  let eventName = ''
  let body: AnyValue = null
  let attributes: Draft
  let droppedAttributesCount = 0
  let flags = 0
  let traceId = ''
  let spanId = ''
  reader.count()
  const outer = reader.enter()
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === 0x32) attributes = readKeyValue(reader, attributes)
    else if (tag === 0x09) time = reader.fixed64()
    else if (tag === 0x59) observedTime = reader.fixed64()
    else if (tag === 0x10) severityNumber = reader.int32()
    else if (tag === 0x1a) severityText = reader.name()
    else if (tag === 0x62) eventName = reader.name()
    else if (tag === 0x2a) body = readAnyValue(reader)
    else if (tag === 0x38) droppedAttributesCount = reader.uint32()
    else if (tag === 0x45) flags = reader.fixed32()
    else if (tag === 0x4a) traceId = reader.hex()
    else if (tag === 0x52) spanId = reader.hex()
    else reader.skip()
  }
  reader.leave(outer)
  records.push({
    signal: 'log',
    time,
    observedTime,
    severityNumber,
    severityText,
    eventName,
    body,
    attributes: attributes ?? noAttributes,
    droppedAttributesCount,
    flags,
    traceId,
    spanId,
    resource: origin.resource,
    scope: origin.scope,
  })
}
