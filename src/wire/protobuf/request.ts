import type { Origin, Resource, Scope } from '../record.ts'
import { ProtobufReader } from './reader.ts'
import { noAttributes, readKeyValue } from './value.ts'
import type { Draft } from './value.ts'

/** Reads one record (LogRecord, Span or Metric) from the reader and appends what it holds. */
export type ReadRecord<R> = (reader: ProtobufReader, origin: Origin, records: R[]) => void

const noResource: Resource = { attributes: noAttributes, droppedAttributesCount: 0, schemaUrl: '' }
const noScope: Scope = { name: '', version: '', ...noResource }

/**
 * The records of an export request. The requests of the three signals are built alike, with the same field numbers:
 * request { 1: resource group { 1: resource, 2: scope group { 1: scope, 2: record, 3: schema URL }, 3: schema URL } }.
 */
export function readRequest<R>(bytes: Uint8Array, readRecord: ReadRecord<R>): R[] {
  const reader = new ProtobufReader(bytes)
  const records: R[] = []
  while (reader.more()) {
    if (reader.tag() === 0x0a) readResourceGroup(reader, readRecord, records)
    else reader.skip()
  }
  return records
}

// The schema URL stands behind the records, and resource and scope may: so each group is passed over once before.

function readResourceGroup<R>(
  reader: ProtobufReader,
  readRecord: ReadRecord<R>,
  records: R[],
): void {
  const outer = reader.enter()
  const start = reader.position()
  let resource = noResource
  let schemaUrl = ''
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === 0x0a) resource = readResource(reader)
    else if (tag === 0x1a) schemaUrl = reader.string()
    else reader.skip()
  }
  if (schemaUrl !== '') resource = { ...resource, schemaUrl }
  reader.rewind(start)
  while (reader.more()) {
    if (reader.tag() === 0x12) readScopeGroup(reader, resource, readRecord, records)
    else reader.skip()
  }
  reader.leave(outer)
}

function readScopeGroup<R>(
  reader: ProtobufReader,
  resource: Resource,
  readRecord: ReadRecord<R>,
  records: R[],
): void {
  const outer = reader.enter()
  const start = reader.position()
  let scope = noScope
  let schemaUrl = ''
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === 0x0a) scope = readScope(reader)
    else if (tag === 0x1a) schemaUrl = reader.string()
    else reader.skip()
  }
  if (schemaUrl !== '') scope = { ...scope, schemaUrl }
  const origin = { resource, scope }
  reader.rewind(start)
  while (reader.more()) {
    if (reader.tag() === 0x12) readRecord(reader, origin, records)
    else reader.skip()
  }
  reader.leave(outer)
}

function readResource(reader: ProtobufReader): Resource {
  let attributes: Draft
  let droppedAttributesCount = 0
  reader.count()
  const outer = reader.enter()
  while (reader.more()) {
    switch (reader.tag()) {
      case 0x0a:
        attributes = readKeyValue(reader, attributes)
        break
      case 0x10:
        droppedAttributesCount = reader.uint32()
        break
      default:
        reader.skip()
    }
  }
  reader.leave(outer)
  return { attributes: attributes ?? noAttributes, droppedAttributesCount, schemaUrl: '' }
}

function readScope(reader: ProtobufReader): Scope {
  let name = ''
  let version = ''
  let attributes: Draft
  let droppedAttributesCount = 0
  reader.count()
  const outer = reader.enter()
  while (reader.more()) {
    switch (reader.tag()) {
      case 0x0a:
        name = reader.name()
        break
      case 0x12:
        version = reader.name()
        break
      case 0x1a:
        attributes = readKeyValue(reader, attributes)
        break
      case 0x20:
        droppedAttributesCount = reader.uint32()
        break
      default:
        reader.skip()
    }
  }
  reader.leave(outer)
  return {
    name,
    version,
    attributes: attributes ?? noAttributes,
    droppedAttributesCount,
    schemaUrl: '',
  }
}
