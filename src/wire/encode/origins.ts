import type { InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import type { OriginBytes } from '../frame.ts'
import { beginMessage, endMessage, GrowingBuffer, writeString, writeUint32 } from './target.ts'
import { writeAttributes } from './value.ts'

/** A scope as the log SDK has it, where it may carry attributes. */
export type EncodableScope = InstrumentationScope & {
  readonly attributes?: object
  readonly droppedAttributesCount?: number
}

/** Numbers fit the 16 bits of a frame. */
export const originsMax = 65_536
/** From here on scopes get no number of their own; what is left is for the pairs without a scope. */
const scopesMax = 65_000

const noScope: EncodableScope = { name: '' }

/**
 * Where records come from, encoded once: each pair of resource and scope has a small number, from 0 on.
 *
 * Pairs are known by identity first and by their bytes then, so that equal ones get the same number. When a process
 * makes more scopes than there are numbers, the records of further ones are of a scope without a name.
 */
export class Origins {
  readonly #ids = new WeakMap<EncodableScope, WeakMap<Resource, number>>()
  readonly #idsByBytes = new Map<string, number>()
  readonly #entries: OriginBytes[] = []
  #lastResource: Resource | undefined
  #lastScope: EncodableScope | undefined
  #lastId = 0

  /**
   * The number of a resource and scope. As long as attributes of the resource are pending the number is for those that
   * are known.
   */
  idOf(resource: Resource, scope: EncodableScope): number {
    if (scope === this.#lastScope && resource === this.#lastResource) return this.#lastId
    if (resource.asyncAttributesPending) return this.#idByBytes(resource, scope)
    let ids = this.#ids.get(scope)
    if (ids === undefined) this.#ids.set(scope, (ids = new WeakMap()))
    let id = ids.get(resource)
    if (id === undefined) ids.set(resource, (id = this.#idByBytes(resource, scope)))
    this.#lastResource = resource
    this.#lastScope = scope
    this.#lastId = id
    return id
  }

  /** The bytes of a number that {@link idOf} gave. */
  bytesOf(id: number): OriginBytes {
    const entry = this.#entries[id]
    if (entry === undefined) throw new RangeError(`there is no origin ${id}`)
    return entry
  }

  #idByBytes(resource: Resource, scope: EncodableScope): number {
    const isFull = this.#entries.length >= scopesMax
    const entry = {
      resource: encodeResource(resource),
      scope: encodeScope(scope),
    }
    const id = this.#idsByBytes.get(keyOf(entry))
    if (id !== undefined) return id
    if (isFull && scope !== noScope) return this.#idByBytes(resource, noScope)
    if (this.#entries.length >= originsMax) return 0
    this.#idsByBytes.set(keyOf(entry), this.#entries.length)
    return this.#entries.push(entry) - 1
  }
}

function keyOf({ resource, scope }: OriginBytes): string {
  return `${Buffer.from(resource).toString('latin1')}\n${Buffer.from(scope).toString('latin1')}`
}

/** Fields 1 (resource) and 3 (schema URL) of ResourceLogs, ResourceSpans and ResourceMetrics. */
export function encodeResource(resource: Resource): Uint8Array {
  const target = new GrowingBuffer(512)
  const start = beginMessage(target, 0x0a)
  writeAttributes(target, 0x0a, attributesOf(resource))
  endMessage(target, start)
  if (resource.schemaUrl) writeString(target, 0x1a, resource.schemaUrl)
  return target.slice()
}

/** Fields 1 (scope) and 3 (schema URL) of ScopeLogs, ScopeSpans and ScopeMetrics. */
export function encodeScope(scope: EncodableScope): Uint8Array {
  const target = new GrowingBuffer(128)
  const start = beginMessage(target, 0x0a)
  writeString(target, 0x0a, scope.name)
  if (scope.version) writeString(target, 0x12, scope.version)
  writeAttributes(target, 0x1a, scope.attributes)
  writeUint32(target, 0x20, scope.droppedAttributesCount ?? 0)
  endMessage(target, start)
  if (scope.schemaUrl) writeString(target, 0x1a, scope.schemaUrl)
  return target.slice()
}

/** The attributes that are known; of a key that comes twice the first holds, as in the SDK. */
function attributesOf(resource: Resource): object {
  // The SDK complains when `attributes` is read while some are pending.
  if (!resource.asyncAttributesPending) return resource.attributes
  const settled = resource.getRawAttributes().filter(([, value]) => !isPromise(value))
  return Object.fromEntries(settled.reverse())
}

function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value
}
