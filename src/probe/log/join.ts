import { context } from '@opentelemetry/api'
import { LEVEL, SPLAT } from 'triple-beam'
import type { Logger as WinstonLogger, transport as WinstonTransport } from 'winston'
import Transport from 'winston-transport'
import { eventNameOf } from '../../semconv/aliases.ts'
import { FillpathError } from '../../semconv/error.ts'
import { fault } from '../event/fault.ts'
import { exceptionFields, isError } from './exception.ts'
import { isLevel, severitiesOf, severityOfLevel } from './levels.ts'
import type { Level, Severities } from './levels.ts'
import { deliverJoined, openDefaultSinks } from './sinks.ts'
import { textOf } from './text.ts'
import { entryOf } from './write.ts'
import type { Line } from './write.ts'

/*
 * winston loggers that a bot has already.
 *
 * A winston transport runs when the stream gets to it, which is late behind a slow transport, and then in whatever
 * context is active. So a joined logger is listened to in `write`, where each of its calls arrives while it is made:
 * context and values are those of the call. Its own transports, formats, levels and children work as before.
 *
 * The logger's format runs at that moment too, once, and its result is what both we and the transports get: what a
 * format masks, fills in or filters out is masked, filled in and filtered out here as well.
 */

/** How a winston logger joins. */
export interface JoinOptions {
  /** `module` of its lines, where they do not say it themselves (`module` or `label`). @default 'winston' */
  readonly module?: string
  /** Lowest level that is taken. @default the level of the logger */
  readonly level?: string
  /** Severity of levels of the bot's own, in the words of fillpath: `{ trade: 'notice' }`. */
  readonly severities?: Readonly<Record<string, Level>>
}

interface Info extends Record<string | symbol, unknown> {
  level?: unknown
  message?: unknown
}

const joined = new WeakSet<object>()

/** Class of the official transport, which a joined logger needs no more. */
const officialTransport = 'OpenTelemetryTransportV3'

/**
 * Lets a winston logger's lines go to OpenTelemetry too, each with the trace it was written in. Its children follow,
 * also those made before; the official OpenTelemetry transport, where it has one, is taken out. Returns the logger.
 * Joining twice is joining once.
 * @throws FillpathError `setting_invalid` for what is no winston logger
 * @example export const log = joinWinston(winston.createLogger({ … }))
 */
export function joinWinston<L extends WinstonLogger>(logger: L, options: JoinOptions = {}): L {
  if (!isWinston(logger)) {
    throw new FillpathError('setting_invalid', 'joinWinston() was given no winston logger', {
      hint: 'Give it what winston.createLogger() gave, or winston.loggers.get().',
    })
  }
  if (joined.has(logger)) return logger
  joined.add(logger)
  openDefaultSinks()
  for (const transport of logger.transports) {
    // It would send each line a second time, with the context of whenever it runs.
    if (transport.constructor.name === officialTransport) logger.remove(transport)
  }
  const formatted = formatOnce(logger)
  const severityOf = severityReader(logger, options)
  // Called with the logger as `this` below.
  // oxlint-disable-next-line typescript/unbound-method
  const { write }: { write: Function } = logger
  Object.defineProperty(logger, 'write', {
    configurable: true,
    writable: true,
    value(info: unknown, ...rest: unknown[]) {
      if (isInfo(info) && !logger.silent) {
        try {
          take(logger, info, formatted, { options, severityOf })
        } catch (error) {
          fault('take a line of a joined winston logger', error)
        }
      }
      return Reflect.apply(write, logger, [info, ...rest])
    },
  })
  return logger
}

/** A transport that does what {@link joinWinston} does to the logger it is given to, for where only transports fit in. */
export function winstonTransport(options: JoinOptions = {}): WinstonTransport {
  const transport = new Transport({ log: (_info: unknown, next: () => void) => next() })
  // What a logger pipes into is its transport: the source of the pipe is the logger.
  transport.on('pipe', (source: unknown) => {
    if (isWinston(source)) joinWinston(source, options)
  })
  return transport
}

function isWinston(source: unknown): source is WinstonLogger {
  return (
    typeof source === 'object' &&
    source !== null &&
    'levels' in source &&
    'format' in source &&
    'write' in source
  )
}

function isInfo(value: unknown): value is Info {
  return typeof value === 'object' && value !== null
}

type Formatted = (info: Info) => Info | false

/** Makes the logger's format run once for each line: when it is written. */
function formatOnce(logger: WinstonLogger): Formatted {
  let { format } = logger
  const results = new WeakMap<Info, Info | false>()
  const run = (info: Info): Info | false => {
    const result: unknown = format.transform(info as never, format.options)
    return isInfo(result) ? result : false
  }
  const once = {
    get options() {
      return format.options
    },
    transform(info: Info) {
      const result = results.get(info)
      if (result === undefined) return run(info)
      results.delete(info)
      return result
    },
  }
  Object.defineProperty(logger, 'format', {
    configurable: true,
    enumerable: true,
    get: () => once,
    set(next: typeof format) {
      format = next
    },
  })
  return (info) => {
    const result = run(info)
    results.set(info, result)
    return result
  }
}

interface Taking {
  readonly options: JoinOptions
  readonly severityOf: (level: string) => number
}

function take(logger: WinstonLogger, info: Info, formatted: Formatted, taking: Taking): void {
  const level = String(info[LEVEL] ?? info.level)
  if (!isTaken(logger, level, taking.options.level)) return
  const active = context.active()
  const raw = rawOf(info, level)
  // Before the format runs: when the line is the error itself, formats write into it.
  const exception = raw.error && exceptionFields(raw.error)
  let shown: Info | false
  try {
    shown = formatted(info)
  } catch {
    // winston runs it again and throws what it throws; the line itself is kept.
    shown = info
  }
  if (shown === false) return
  const { options, severityOf } = taking
  const fields = fieldsOf(shown, raw)
  const { message, tail } = messageOf(shown, raw)
  if (tail !== undefined && !isError(raw.meta)) fields['message'] = tail
  const module = moduleOf(fields) ?? options.module ?? 'winston'
  const event = typeof fields['event'] === 'string' ? eventNameOf(fields['event']) : undefined
  if (event !== undefined) delete fields['event']
  const line: Line = {
    severity: severityOf(level),
    level,
    event: event ?? '',
    message,
    data: exception ? { ...fields, ...exception } : fields,
    exception: exception ? undefined : stackOnly(fields),
  }
  const bindings = { module, data: undefined, correlationId: undefined }
  deliverJoined(entryOf(bindings, line, active), active, raw.text ?? line.message)
}

/** What the caller gave, before winston and its formats put things together. */
interface Raw {
  readonly level: string
  readonly keys: ReadonlySet<string>
  readonly error: Error | undefined
  /** The message as it was given, before values were put into it. */
  readonly text: string | undefined
  /** Fields of the first object that was handed over. */
  readonly meta: Readonly<Record<string, unknown>> | undefined
}

function rawOf(info: Info, level: string): Raw {
  const splat = info[SPLAT]
  const args: readonly unknown[] = Array.isArray(splat) ? splat : []
  const error = [info, info.message, ...args].find(isError)
  const [first] = args
  return {
    level,
    keys: new Set(Object.keys(info)),
    error,
    text: typeof info.message === 'string' ? info.message : undefined,
    meta: isInfo(first) ? first : undefined,
  }
}

function fieldsOf(shown: Info, { level, keys, error, meta }: Raw): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const key of Object.keys(shown)) {
    const value = shown[key]
    if (key === 'message' || key === 'level') continue
    // The record has a time of its own; one that the caller gave is a field.
    if (key === 'timestamp' && !keys.has(key)) continue
    // winston spreads an error over the line; the exception says all that.
    if (error && key !== 'error' && key !== 'err' && Reflect.get(error, key) === value) continue
    fields[key] = value
  }
  // A field of the caller's own that winston overwrote with the level of the line.
  if (meta && !isError(meta) && 'level' in meta && meta['level'] !== level) {
    fields['level'] = meta['level']
  }
  return fields
}

/** The message, and what winston put behind it: the message of an error, or that of the fields. */
function messageOf(
  shown: Info,
  { error, meta }: Raw,
): { readonly message: string; readonly tail?: string } {
  const { message: given } = shown
  const text = isError(given) ? given.message : given === undefined ? '' : textOf(given)
  const tail: unknown = meta?.['message'] ?? error?.message
  if (typeof tail !== 'string' || tail === '' || meta === undefined) return { message: text }
  if (!text.endsWith(` ${tail}`)) return { message: text }
  return { message: text.slice(0, -tail.length - 1), tail }
}

/** A child logger copies an error before we see it: only its text and stack are left. */
function stackOnly(fields: Record<string, unknown>): Error | undefined {
  const { stack } = fields
  if (typeof stack !== 'string' || !/\n\s+at /.test(stack)) return undefined
  delete fields['stack']
  const [, name = 'Error', message = ''] = /^([\w$.]+)(?:: (.*))?/.exec(stack) ?? []
  const error = new Error(message, 'cause' in fields ? { cause: fields['cause'] } : {})
  delete fields['cause']
  return Object.assign(error, { name, stack })
}

function moduleOf(fields: Record<string, unknown>): string | undefined {
  for (const key of ['module', 'label']) {
    const value = fields[key]
    if (typeof value !== 'string' || value === '') continue
    delete fields[key]
    return value
  }
  return undefined
}

function isTaken(logger: WinstonLogger, level: string, lowest = logger.level): boolean {
  const own = logger.levels[level]
  const limit = logger.levels[lowest]
  return own === undefined || limit === undefined || own <= limit
}

function severityReader(
  logger: WinstonLogger,
  { severities = {} }: JoinOptions,
): (level: string) => number {
  let levels: unknown
  let known: Severities = new Map()
  return (level) => {
    const named = severities[level]
    if (named !== undefined && isLevel(named)) return severityOfLevel[named]
    if (levels !== logger.levels) {
      levels = logger.levels
      known = severitiesOf(logger.levels)
    }
    return known.get(level) ?? severityOfLevel.info
  }
}
