import { types } from 'node:util'
import { moreMark } from './cut.ts'
import { decimalObjectText } from './decimal.ts'

/**
 * What stands for an object that is neither an array nor a plain object:
 *
 * | object | becomes |
 * |---|---|
 * | Error | `{type, message, code?, stack, cause?, errors?, …own fields}` |
 * | Date | ISO text, or `Invalid Date` |
 * | big.js, decimal.js, bignumber.js, ethers BigNumber, bn.js | decimal text |
 * | Map | object when all keys are strings, else an array of `[key, value]` |
 * | Set, typed array | array |
 * | Uint8Array, Buffer, ArrayBuffer, DataView | `0x…` hex text |
 * | URL, RegExp, boxed primitives | their text |
 * | Headers, URLSearchParams, FormData | array of `[key, value]` |
 * | fetch Response, Request | `{type, status?, statusText?, method?, url}` |
 * | stream, socket, agent, timer, promise, WeakMap … | `[ClassName]`: wiring of the program, without end |
 * | with `toJSON` | what it returns |
 * | any other class instance | its own fields; its own `toString` or `[ClassName]` when there are none |
 */

/** The texts that stand for what cannot be shown. */
export const marks = {
  circular: '[Circular]',
  thrown: (error: unknown): string => `[Throws: ${messageOf(error)}]`,
  callable(value: Function): string {
    const name = read(value, 'name')
    return typeof name === 'string' && name !== '' ? `[Function: ${name}]` : '[Function]'
  },
  tooDeep(value: object): string {
    try {
      if (Array.isArray(value)) return `[Array of ${value.length}, too deep]`
    } catch {
      // A revoked proxy: falls through to the name.
    }
    return `[${className(value)}, too deep]`
  },
}

/** Whether the object is a literal `{…}`, of this or another realm, or has no prototype. */
export function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return true
  return (
    typeof prototype === 'object' &&
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, 'isPrototypeOf')
  )
}

/** Reads a property; when the getter throws, the text that says so. */
export function read(value: object, key: string | number): unknown {
  try {
    return Reflect.get(value, key)
  } catch (error) {
    return marks.thrown(error)
  }
}

/** How much of an object is of use. */
export interface Room {
  /** Items of a Map, Set or typed array. */
  readonly itemsMax: number
  /** Characters of a text. */
  readonly lengthMax: number
}

/**
 * What stands for an exotic object: a primitive, an array or a plain object whose parts are still
 * raw.
 */
export function readable(value: object, room: Room): unknown {
  return (
    ofError(value) ??
    ofBuiltIn(value, room) ??
    ofNumber(value) ??
    ofWeb(value, room) ??
    ofWiring(value) ??
    ofJson(value) ??
    ofFields(value)
  )
}

function ofError(value: object): unknown {
  if (!(value instanceof Error || types.isNativeError(value))) return undefined
  const name = read(value, 'name')
  const named = typeof name === 'string' && name !== '' && name !== 'Error'
  const fields: Record<string, unknown> = {
    type: named ? name : className(value),
    message: read(value, 'message'),
    code: read(value, 'code'),
    stack: read(value, 'stack'),
    cause: read(value, 'cause'),
    errors: read(value, 'errors'),
  }
  for (const key of Object.keys(value)) {
    if (key !== 'name' && !Object.hasOwn(fields, key)) fields[key] = read(value, key)
  }
  return fields
}

function ofBuiltIn(value: object, { itemsMax, lengthMax }: Room): unknown {
  if (types.isDate(value)) {
    return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  }
  if (types.isMap(value)) return ofMap(value, itemsMax)
  if (types.isSet(value)) return ofItems(value, value.size, itemsMax)
  if (types.isAnyArrayBuffer(value)) return ofBytes(new Uint8Array(value), lengthMax)
  if (types.isDataView(value)) {
    return ofBytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength), lengthMax)
  }
  if (types.isUint8Array(value) || types.isUint8ClampedArray(value))
    return ofBytes(value, lengthMax)
  if (types.isTypedArray(value)) return ofItems(value, value.length, itemsMax)
  if (types.isRegExp(value)) return String(value)
  if (types.isBoxedPrimitive(value)) return value.valueOf()
  return undefined
}

function ofMap(map: ReadonlyMap<unknown, unknown>, itemsMax: number): unknown {
  const entries = ofItems(map, map.size, itemsMax)
  const record: Record<string, unknown> = Object.create(null)
  for (const entry of entries) {
    if (!Array.isArray(entry)) {
      record['…'] = entry
      break
    }
    const [key, item]: unknown[] = entry
    if (typeof key !== 'string') return entries
    // An undefined item is kept visible: the key was set.
    record[key] = item ?? null
  }
  return record
}

function ofItems(items: Iterable<unknown>, size: number, itemsMax: number): unknown[] {
  const kept: unknown[] = []
  for (const item of items) {
    if (kept.length >= itemsMax) {
      kept.push(moreMark(size - kept.length))
      break
    }
    kept.push(item)
  }
  return kept
}

// `0x` and `…[+123456789 bytes]`.
const bytesMarkLength = 24

function ofBytes(bytes: Uint8Array | Uint8ClampedArray, lengthMax: number): string {
  const isWhole = 2 * bytes.length + 2 <= lengthMax
  const shown = isWhole ? bytes : bytes.subarray(0, Math.max(0, (lengthMax - bytesMarkLength) >> 1))
  const hex = `0x${Buffer.from(shown).toString('hex')}`
  return isWhole ? hex : `${hex}…[+${bytes.length - shown.length} bytes]`
}

function ofNumber(value: object): string | undefined {
  const text = decimalObjectText(value)
  if (text !== undefined) return text
  // BigNumber of ethers 5
  const hex = '_hex' in value ? read(value, '_hex') : undefined
  if (typeof hex === 'string' && /^-?0x[0-9a-f]+$/i.test(hex) && hex.length <= 1000) {
    return hex.startsWith('-') ? `-${BigInt(hex.slice(1))}` : String(BigInt(hex))
  }
  // bn.js
  if ('negative' in value && 'words' in value && 'red' in value) return ownText(value)
  return undefined
}

function ofWeb(value: object, { itemsMax }: Room): unknown {
  if (value instanceof URL) return value.href
  if (value instanceof URLSearchParams) return ofItems(value, [...value.keys()].length, itemsMax)
  // To name the classes has Node load all of fetch, which takes as long as thousands of records.
  if (!ofFetch.has(tagOf(value))) return undefined
  if (value instanceof Headers || value instanceof FormData) {
    return ofItems(value, [...value.keys()].length, itemsMax)
  }
  if (value instanceof Response) {
    return { type: 'Response', status: value.status, statusText: value.statusText, url: value.url }
  }
  if (value instanceof Request) return { type: 'Request', method: value.method, url: value.url }
  return undefined
}

const ofFetch: ReadonlySet<unknown> = new Set(['Headers', 'FormData', 'Response', 'Request'])

function tagOf(value: object): unknown {
  try {
    return Reflect.get(value, Symbol.toStringTag)
  } catch {
    return undefined
  }
}

function ofWiring(value: object): string | undefined {
  const name = className(value)
  const isWiring =
    types.isPromise(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    types.isGeneratorObject(value) ||
    types.isExternal(value) ||
    value instanceof EventTarget ||
    ('pipe' in value && typeof value.pipe === 'function') ||
    '_readableState' in value ||
    '_writableState' in value ||
    ('freeSockets' in value && 'sockets' in value) ||
    '_idleTimeout' in value ||
    '_onImmediate' in value
  return isWiring ? `[${name}]` : undefined
}

function ofJson(value: object): unknown {
  if (!('toJSON' in value) || typeof value.toJSON !== 'function') return undefined
  try {
    const json: unknown = value.toJSON()
    // A toJSON that gives the object itself has nothing to add to its fields.
    return json === value ? undefined : json
  } catch {
    return undefined
  }
}

function ofFields(value: object): unknown {
  const fields: Record<string, unknown> = Object.create(null)
  let count = 0
  for (const key of Object.keys(value)) {
    if (key === '_events' || key === '_eventsCount' || key === '_maxListeners') continue
    fields[key] = read(value, key)
    count += 1
  }
  if (count > 0) return fields
  return ownText(value) ?? `[${className(value)}]`
}

// What a toString of its own says.
function ownText(value: object): string | undefined {
  const toText = read(value, 'toString')
  if (typeof toText !== 'function' || toText === Object.prototype.toString) return undefined
  try {
    const text: unknown = Reflect.apply(toText, value, [])
    return typeof text === 'string' && !text.startsWith('[object ') ? text : undefined
  } catch {
    // An object whose toString throws still has a name.
    return undefined
  }
}

function className(value: object): string {
  const constructor = read(value, 'constructor')
  const name = typeof constructor === 'function' ? read(constructor, 'name') : undefined
  return typeof name === 'string' && name !== '' ? name : 'Object'
}

function messageOf(error: unknown): string {
  try {
    const told: unknown = error instanceof Error ? error.message : error
    return String(told)
  } catch {
    return 'an error that cannot be shown'
  }
}
