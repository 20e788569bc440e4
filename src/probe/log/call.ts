import { format } from 'node:util'
import { normalize } from '../../base/normalize.ts'
import { isError } from './exception.ts'
import { textOf } from './text.ts'

/** What the arguments of a log call say. */
export interface Call {
  message: string
  /** Fields, in the order given; undefined when there are none. */
  data: Record<string, unknown> | undefined
  /** The error that was handed over, if any. */
  exception: unknown
}

const tokens = /%[sdifjoOc%]/g

/**
 * Reads the arguments of `log.info(…)` in every form winston takes: message and fields, an error alone or beside a
 * message, an entry `{message, …}`, and `%s` with its values.
 *
 * Nothing is dropped and nothing the caller owns is changed: fields called `level` or `message` stay fields, several
 * objects are merged in order, values that are no objects become the list `args`.
 */
export function readCall(args: readonly unknown[]): Call {
  const [first] = args
  if (typeof first === 'string') {
    if (args.length === 1) return { message: first, data: undefined, exception: undefined }
    const second = args[1]
    if (args.length === 2 && isRecord(second) && !first.includes('%')) {
      return { message: first, data: second, exception: undefined }
    }
    return readRest(first, args.slice(1))
  }
  if (isError(first)) {
    const call = readRest('', args.slice(1))
    if (call.exception !== undefined) addField(call, 'exception', call.exception)
    call.exception = first
    if (call.message === '') call.message = messageOf(first)
    return call
  }
  if (isRecord(first)) return readEntry(first, args.slice(1))
  if (args.length === 0) return { message: '', data: undefined, exception: undefined }
  const isObject = typeof first === 'object' && first !== null
  return readRest(isObject ? '' : textOf(first), args.slice(1), first)
}

/** winston's entry form: `{ message, …fields }`. Placeholders in its text take what stands behind it, not its fields. */
function readEntry(entry: Readonly<Record<string, unknown>>, rest: readonly unknown[]): Call {
  const { message, ...fields } = entry
  const isText = !isError(message) && (typeof message !== 'object' || message === null)
  if (message === undefined || (!isText && !isError(message))) return readRest('', [entry, ...rest])
  const call = isError(message)
    ? readRest(messageOf(message), [message, ...rest])
    : readRest(textOf(message), rest)
  if (Object.keys(fields).length > 0) call.data = { ...fields, ...call.data }
  return call
}

function readRest(text: string, rest: readonly unknown[], first?: unknown): Call {
  const call: Call = { message: text, data: undefined, exception: undefined }
  let values = rest
  if (rest.length > 0 && text.includes('%')) {
    const wanted = [...text.matchAll(tokens)].filter(([token]) => token !== '%%').length
    if (wanted > 0) {
      // Values go into the text in their plain form, so that no getter and no secret-bearing class prints itself.
      const taken = rest
        .slice(0, wanted)
        .map((value) => (isError(value) ? value.message : plain(value)))
      call.message = format(text, ...taken)
      values = rest.slice(wanted)
    }
  }
  const others: unknown[] = typeof first === 'object' && first !== null ? [first] : []
  for (const value of values) {
    if (isError(value)) {
      if (call.exception === undefined) call.exception = value
      else others.push(value)
    } else if (isRecord(value)) {
      call.data = call.data ? { ...call.data, ...value } : { ...value }
    } else if (value !== undefined) others.push(value)
  }
  if (others.length > 0) addField(call, 'args', others)
  return call
}

function addField(call: Call, name: string, value: unknown): void {
  let key = name
  while (call.data && Object.hasOwn(call.data, key)) key += '_'
  call.data = { ...call.data, [key]: value }
}

function plain(value: unknown): unknown {
  return typeof value === 'object' ? normalize(value) : value
}

function messageOf(error: Error): string {
  try {
    return textOf(error.message)
  } catch {
    return ''
  }
}

/** Whether a value gives fields: a plain object or an instance of a class, not a list, date, map, set or buffer. */
function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return true
  if (Array.isArray(value) || isError(value)) return false
  const stand = normalize(value)
  return typeof stand === 'object' && stand !== null && !Array.isArray(stand)
}
