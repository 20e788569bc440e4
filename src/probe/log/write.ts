import { context, isSpanContextValid, trace } from '@opentelemetry/api'
import type { Context } from '@opentelemetry/api'
import { stripVTControlCharacters } from 'node:util'
import { wallTime } from '../../base/clock.ts'
import { traceIdOf } from '../../base/ids.ts'
import { normalize } from '../../base/normalize.ts'
import { clean, cleanText } from './clean.ts'
import type { Entry } from './entry.ts'
import { exceptionFields, isError } from './exception.ts'
import { inheritedFields, scopeTraceId } from './scope.ts'
import { textOf } from './text.ts'

/** A longer one is cut by `normalize`, with a mark of how much is missing. */
const messageLengthMax = 32_768

/** What a logger adds to each of its lines. */
export interface Bindings {
  readonly module: string
  readonly data: Readonly<Record<string, unknown>> | undefined
  readonly correlationId: string | undefined
}

/** One line, before it is an entry. */
export interface Line {
  readonly severity: number
  readonly level: string
  readonly event: string
  readonly message: string
  readonly data: Readonly<Record<string, unknown>> | undefined
  readonly exception: unknown
}

/**
 * Makes the entry of a line, now: time, active span, inherited fields and values are those of this moment, whatever a
 * sink does with it later.
 */
export function entryOf(bindings: Bindings, line: Line, active: Context = context.active()): Entry {
  const span = trace.getSpanContext(active)
  const validSpan = span && isSpanContextValid(span) ? span : undefined
  return {
    time: wallTime(),
    severity: line.severity,
    level: line.level,
    module: bindings.module,
    event: line.event,
    message: cleanText(plainMessage(line.message)),
    data: clean(fieldsOf(bindings, line, active)),
    span: validSpan,
    traceId:
      (bindings.correlationId === undefined
        ? scopeTraceId(validSpan)
        : traceIdOf(bindings.correlationId)) ||
      (validSpan?.traceId ?? ''),
  }
}

function fieldsOf(
  bindings: Bindings,
  line: Line,
  active: Context,
): Readonly<Record<string, unknown>> {
  const inherited = inheritedFields(active)
  const { data, exception } = line
  const thrown = exception === undefined ? errorField(data) : undefined
  if (
    data &&
    exception === undefined &&
    thrown === undefined &&
    !inherited &&
    !bindings.data &&
    bindings.correlationId === undefined
  ) {
    return data
  }
  const fields: Record<string, unknown> = { ...inherited, ...bindings.data }
  if (bindings.correlationId !== undefined) {
    fields['trading.correlation_id'] = bindings.correlationId
  }
  Object.assign(fields, data)
  if (exception !== undefined) Object.assign(fields, exceptionFields(exception))
  else if (thrown !== undefined) {
    Object.assign(fields, exceptionFields(fields[thrown]))
    delete fields[thrown]
  }
  return fields
}

/** Without colour codes, and no longer than any other text is kept. */
function plainMessage(message: string): string {
  const text = message.includes('\u001b') ? stripVTControlCharacters(message) : message
  return text.length > messageLengthMax ? textOf(normalize(text)) : text
}

/** The field that holds an error, as `{ error }` and `{ err }` do. A text under that name stays a field. */
function errorField(data: Line['data']): string | undefined {
  if (!data) return undefined
  for (const key of ['error', 'err', 'exception']) {
    if (typeof data[key] === 'object' && isError(data[key])) return key
  }
  return undefined
}
