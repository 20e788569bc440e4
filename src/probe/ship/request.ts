import type { OriginBytes } from '../../wire/frame.ts'

/**
 * Joins encoded records to the body of an `Export…ServiceRequest`, without decoding one (format: wire/frame.ts).
 *
 * `tag(1) len { resource · tag(2) len { scope · (tag(2) len payload)* } }`, once for each origin. Records of one origin
 * keep their order; origins come in the order of their first record.
 */

/** What a request is made of. */
export interface Encoded {
  /** Compared by identity. */
  readonly origin: OriginBytes
  /** One OTLP message without tag and length. */
  readonly payload: Uint8Array
}

/** Bytes that a record of `length` takes in a request at most. */
export function bytesInRequest(length: number): number {
  return 1 + varintBytes(length) + length
}

/** The body of a request with these records. */
export function joinRecords(records: readonly Encoded[]): Buffer {
  const groups = groupByOrigin(records)
  let length = 0
  for (const group of groups) length += bytesInRequest(group.resourceBytes)
  const body = Buffer.allocUnsafe(length)
  let at = 0
  for (const group of groups) at = writeGroup(body, at, group)
  return body
}

const tag1 = (1 << 3) | 2
const tag2 = (2 << 3) | 2

interface Group {
  readonly origin: OriginBytes
  readonly payloads: Uint8Array[]
  /** Length of the message that holds scope and records, and of the one around it. */
  scopeBytes: number
  resourceBytes: number
}

function groupByOrigin(records: readonly Encoded[]): Group[] {
  const groups = new Map<OriginBytes, Group>()
  let last: Group | undefined
  for (const { origin, payload } of records) {
    if (last?.origin !== origin) {
      last = groups.get(origin)
      if (last === undefined) {
        last = { origin, payloads: [], scopeBytes: origin.scope.length, resourceBytes: 0 }
        groups.set(origin, last)
      }
    }
    last.payloads.push(payload)
    last.scopeBytes += bytesInRequest(payload.length)
  }
  for (const group of groups.values()) {
    group.resourceBytes = group.origin.resource.length + bytesInRequest(group.scopeBytes)
  }
  return [...groups.values()]
}

function writeGroup(body: Buffer, start: number, group: Group): number {
  let at = writeHead(body, start, tag1, group.resourceBytes)
  body.set(group.origin.resource, at)
  at += group.origin.resource.length
  at = writeHead(body, at, tag2, group.scopeBytes)
  body.set(group.origin.scope, at)
  at += group.origin.scope.length
  for (const payload of group.payloads) {
    at = writeHead(body, at, tag2, payload.length)
    body.set(payload, at)
    at += payload.length
  }
  return at
}

function writeHead(body: Buffer, at: number, tag: number, length: number): number {
  body[at] = tag
  let place = at + 1
  let rest = length
  while (rest >= 0x80) {
    body[place] = (rest & 0x7f) | 0x80
    place += 1
    rest = Math.floor(rest / 0x80)
  }
  body[place] = rest
  return place + 1
}

function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1
  return bytes
}
