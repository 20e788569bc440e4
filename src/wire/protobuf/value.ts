import type { AnyValue, Attributes } from '../record.ts'
import type { ProtobufReader } from './reader.ts'

/** What absent attributes stand for. Shared, so that messages without any cost nothing. */
export const noAttributes: Attributes = new Map()

/** Attributes while their message is read: the map is made with the first of them. */
export type Draft = Map<string, AnyValue> | undefined

/** A KeyValue, put into `attributes`. Of a key that comes twice, against the rule, the last value holds. */
export function readKeyValue(reader: ProtobufReader, attributes: Draft): Map<string, AnyValue> {
  let key = ''
  let value: AnyValue = null
  const outer = reader.enter()
  while (reader.more()) {
    switch (reader.tag()) {
      case 0x0a:
        key = reader.name()
        break
      case 0x12:
        value = readAnyValue(reader)
        break
      default:
        reader.skip()
    }
  }
  reader.leave(outer)
  return (attributes ?? new Map<string, AnyValue>()).set(key, value)
}

/** `opentelemetry.proto.common.v1.AnyValue`; of several values, against the rule, the last. */
export function readAnyValue(reader: ProtobufReader): AnyValue {
  let value: AnyValue = null
  const outer = reader.enter()
  while (reader.more()) {
    switch (reader.tag()) {
      case 0x0a:
        value = reader.string()
        break
      case 0x10:
        value = reader.bool()
        break
      case 0x18:
        value = reader.int64()
        break
      case 0x21:
        value = reader.double()
        break
      case 0x2a:
        value = readArray(reader)
        break
      case 0x32:
        value = readKvlist(reader)
        break
      case 0x3a:
        value = reader.bytes()
        break
      default:
        reader.skip()
    }
  }
  reader.leave(outer)
  return value
}

function readArray(reader: ProtobufReader): AnyValue[] {
  const values: AnyValue[] = []
  reader.count()
  const outer = reader.enter()
  while (reader.more()) {
    if (reader.tag() === 0x0a) values.push(readAnyValue(reader))
    else reader.skip()
  }
  reader.leave(outer)
  return values
}

function readKvlist(reader: ProtobufReader): Attributes {
  let attributes: Draft
  reader.count()
  const outer = reader.enter()
  while (reader.more()) {
    if (reader.tag() === 0x0a) attributes = readKeyValue(reader, attributes)
    else reader.skip()
  }
  reader.leave(outer)
  return attributes ?? noAttributes
}
