import { context, trace } from '@opentelemetry/api'
import winston from 'winston'
// By name, for the default of a CommonJS module in our types would ask each TypeScript bot for `esModuleInterop`.
import type { LeveledLogMethod, Logger as WinstonLogger } from 'winston'
import { LEVEL, SPLAT } from 'triple-beam'
import { eventNameOf } from '../../semconv/aliases.ts'
import { eventDefinition } from '../../semconv/events.ts'
import { accompany } from '../event/emit.ts'
import { fault } from '../event/fault.ts'
import { readCall } from './call.ts'
import type { Entry } from './entry.ts'
import { eventsOf } from './events.ts'
import type { EventExtras, Events } from './events.ts'
import { namedFields } from './fields.ts'
import { isLevel, severityOfLevel, winstonLevels } from './levels.ts'
import type { LogData } from './scope.ts'
import { textOf } from './text.ts'
import { deliver, floor, openDefaultSinks } from './sinks.ts'
import { entryOf } from './write.ts'
import type { Bindings, Line } from './write.ts'

/**
 * One logger for every module: a winston logger whose lines carry the trace of the flow they were written in.
 *
 * - A line is complete when the log call returns: time, context and values are those of the call. winston's stream
 *   comes after that, and only for transports that the user added to the logger.
 * - Nothing is thrown into the bot, and nothing the caller owns is changed or shared: not the fields of a parent, not
 *   an object handed to a call.
 * - A call below every sink's level costs a comparison.
 */
export interface Logger extends WinstonLogger {
  readonly fatal: LeveledLogMethod
  readonly trace: LeveledLogMethod
  /** Name of the logger: `module` of a line, scope of a record. */
  readonly module: string
  /** A method for each event of the registry: `log.events.signalDetected({ symbol, side, confidence })`. */
  readonly events: Events
  /** A logger whose lines carry these fields too. */
  withData(data: LogData): Logger
  /** A logger whose lines belong to the flow of this correlation id. */
  withCorrelationId(correlationId: string): Logger
  /**
   * Writes an event. The name may have any known spelling (`order_filled`, `ORDER_FILLED`, `trading.order.filled`);
   * one that the registry does not know is kept as it is. Fields may have their short names.
   */
  event(name: string, message?: string | LogData, data?: LogData): Logger
}

const own: unique symbol = Symbol('fillpath.logger')

interface Own extends Bindings {
  readonly root: ModuleLogger
}

class ModuleLogger extends winston.Logger {
  declare [own]: Own
  /** Whether the user added transports. Known, because asking winston costs more than a line that nobody wants. */
  declare hasTransports: boolean
  declare ownFloor: number
  declare ownEvents: Events | undefined

  constructor(module: string) {
    super({ levels: { ...winstonLevels }, level: 'silly', format: winston.format.json() })
    // The official instrumentation gives every new logger its transport: each line would be sent twice.
    this.clear()
    this.hasTransports = false
    // An error event that nobody listens for would end the bot.
    this.on('error', (error) => fault(`write to a transport of the logger ${module}`, error))
    this[own] = { module, data: undefined, correlationId: undefined, root: this }
  }

  get module(): string {
    return this[own].module
  }

  get events(): Events {
    if (!Object.hasOwn(this, 'ownEvents')) {
      this.ownEvents = eventsOf((name, fields, extras) => writeEvent(this, name, fields, extras))
    }
    // Set by the line above, once for each logger.
    return this.ownEvents as Events
  }

  withData(data: object): ModuleLogger {
    return derive(this, { ...this[own], data: { ...this[own].data, ...data } })
  }

  withCorrelationId(correlationId: string): ModuleLogger {
    return derive(this, { ...this[own], correlationId: textOf(correlationId) })
  }

  override child(data: object): this {
    // A derived logger has the parent as its prototype, so it is of the parent's type.
    return this.withData(data) as this
  }

  event(name: string, message?: string | object, data: object = {}): this {
    const [text, fields] = typeof message === 'object' ? [undefined, message] : [message, data]
    writeEvent(this, eventNameOf(name) ?? name, { ...fields }, { message: text })
    return this
  }

  // What winston adds, removes and clears transports with; its constructor does so too.
  override pipe<T extends NodeJS.WritableStream>(target: T, options?: { end?: boolean }): T {
    const result = super.pipe(target, options)
    countTransports(this)
    return result
  }

  override unpipe(target?: NodeJS.WritableStream): this {
    super.unpipe(target)
    countTransports(this)
    return this
  }

  override isLevelEnabled(level: string): boolean {
    return isEnabled(this, severityOf(level))
  }

  /** What reaches winston's stream by other ways than a log call: timers, exception handlers, piped streams. */
  override write(info: unknown): boolean {
    if (typeof info === 'object' && info !== null && 'level' in info) {
      const { level, ...rest } = info as Record<string | symbol, unknown>
      const splat = rest[SPLAT]
      logCall(this, textOf(level), [rest, ...(Array.isArray(splat) ? splat : [])])
    } else logCall(this, 'info', [info])
    return true
  }
}

function countTransports(logger: ModuleLogger): void {
  // Not there yet while the constructor of winston runs.
  const bindings: Partial<Own> = logger[own] ?? {}
  const root = bindings.root ?? logger
  root.hasTransports = root.transports.length > 0
}

function derive(parent: ModuleLogger, bindings: Own): ModuleLogger {
  // As winston's own children: the parent is the prototype, so levels, transports and stream stay shared.
  const child: ModuleLogger = Object.create(parent)
  child[own] = bindings
  return child
}

function severityOf(level: string): number {
  return isLevel(level) ? severityOfLevel[level] : severityOfLevel.info
}

function isEnabled(logger: ModuleLogger, severity: number): boolean {
  if (severity < logger.ownFloor || logger.silent) return false
  return severity >= floor || logger.hasTransports
}

function logCall(logger: ModuleLogger, level: string, args: readonly unknown[]): void {
  const severity = severityOf(level)
  if (!isEnabled(logger, severity)) return
  try {
    const { message, data, exception } = readCall(args)
    const text = typeof args[0] === 'string' ? args[0] : message
    writeLine(logger, { severity, level, event: '', message, data, exception }, text)
  } catch (error) {
    fault(`log ${level}`, error)
  }
}

function writeEvent(
  logger: ModuleLogger,
  name: string,
  fields: Readonly<Record<string, unknown>>,
  { message, error, data }: EventExtras,
): void {
  try {
    const definition = eventDefinition(name)
    const level = definition?.severity ?? 'info'
    const named = namedFields(name, fields)
    const active = context.active()
    const line: Line = {
      severity: severityOfLevel[level],
      level,
      event: name,
      message: message ?? definition?.brief ?? '',
      data: data ? { ...named, ...data } : named,
      exception: error,
    }
    const entry = writeLine(logger, line)
    const span = trace.getSpan(active)
    const { data: all } = entry
    if (definition || span?.isRecording()) accompany(name, { own: all, all }, span)
  } catch (error_) {
    fault(`log event ${name}`, error_)
  }
}

/** @param text the message before values were put into it */
function writeLine(logger: ModuleLogger, line: Line, text = line.message): Entry {
  const active = context.active()
  const bindings = logger[own]
  const entry = entryOf(bindings, line, active)
  if (isEnabled(logger, line.severity)) {
    deliver(entry, active, text)
    if (logger.hasTransports) forward(bindings.root, entry)
  }
  return entry
}

const writeToStream: (this: WinstonLogger, info: object) => boolean =
  // oxlint-disable-next-line typescript/unbound-method -- called with the root as `this` below
  winston.Logger.prototype.write

/** To the transports that the user added: winston's own way, with its formats and its back-pressure. */
function forward(root: ModuleLogger, entry: Entry): void {
  // A stream that was ended answers with an error event, which nobody listens for: it would end the bot.
  if (!root.writable) return
  writeToStream.call(root, {
    timestamp: new Date(entry.time[0] * 1000 + entry.time[1] / 1e6).toISOString(),
    ...entry.data,
    module: entry.module,
    ...(entry.event !== '' && { event: entry.event }),
    ...(entry.traceId !== '' && { trace_id: entry.traceId }),
    level: entry.level,
    message: entry.message,
    [LEVEL]: entry.level,
  })
}

Object.defineProperties(ModuleLogger.prototype, {
  level: {
    configurable: true,
    get(this: ModuleLogger) {
      const found = Object.entries(severityOfLevel).find(([, number]) => number === this.ownFloor)
      return found?.[0] ?? 'silly'
    },
    set(this: ModuleLogger, level: string) {
      this.ownFloor = level === 'off' || this.silent ? Number.POSITIVE_INFINITY : severityOf(level)
    },
  },
  log: {
    configurable: true,
    writable: true,
    value(this: ModuleLogger, level: unknown, ...args: unknown[]) {
      if (typeof level === 'string') logCall(this, level, args)
      else this.write(level)
      return this
    },
  },
})

for (const level of Object.keys(severityOfLevel)) {
  const name = `is${level.charAt(0).toUpperCase()}${level.slice(1)}Enabled`
  Object.defineProperties(ModuleLogger.prototype, {
    [level]: {
      configurable: true,
      writable: true,
      value(this: ModuleLogger, ...args: unknown[]) {
        logCall(this, level, args)
        return this
      },
    },
    [name]: {
      configurable: true,
      writable: true,
      value(this: ModuleLogger) {
        return this.isLevelEnabled(level)
      },
    },
  })
}

const loggers = new Map<string, Logger>()

/**
 * The logger of a module, the same one each time. Works before telemetry is started, and without it: lines are printed,
 * and records wait for the start.
 * @param module name of the part of the bot that logs: `strategy.atr`
 */
export function logger(module: string): Logger {
  let found = loggers.get(module)
  if (!found) {
    openDefaultSinks()
    // The level methods are defined above, for each level that the interface names.
    found = new ModuleLogger(module) as unknown as Logger
    loggers.set(module, found)
  }
  return found
}
