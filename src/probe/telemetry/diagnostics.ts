import { DiagLogLevel, diag } from '@opentelemetry/api'
import type { DiagLogger } from '@opentelemetry/api'
import { isError } from '../log/exception.ts'
import { logger } from '../log/logger.ts'
import type { Settings } from './settings.ts'

/*
 * What the SDK says about itself goes through our logger: to the console and to the receiver, never into silence, and
 * never in floods. The same text is written once a minute; the next line with it says how often it was held back.
 * What is said while a diag line is being written is dropped: it would be about that line.
 */

const sameTextMs = 60_000
const textsMax = 500

const levels: Readonly<Record<Settings['diagLevel'], DiagLogLevel>> = {
  none: DiagLogLevel.NONE,
  error: DiagLogLevel.ERROR,
  warn: DiagLogLevel.WARN,
  info: DiagLogLevel.INFO,
  debug: DiagLogLevel.DEBUG,
  verbose: DiagLogLevel.VERBOSE,
  all: DiagLogLevel.ALL,
}

interface Said {
  atMs: number
  held: number
}

/** Lets the SDK's own messages through our logger from now on. */
export function openDiagnostics(level: Settings['diagLevel']): void {
  diag.setLogger(diagLogger(), { logLevel: levels[level], suppressOverrideMessage: true })
}

/** The SDK is silent again. */
export function closeDiagnostics(): void {
  diag.disable()
}

function diagLogger(): DiagLogger {
  const log = logger('opentelemetry')
  const said = new Map<string, Said>()
  let isSpeaking = false
  const say =
    (level: 'error' | 'warn' | 'info' | 'debug' | 'trace') =>
    (message: string, ...args: unknown[]): void => {
      if (isSpeaking) return
      const held = mayBeSaid(said, `${level} ${message}`)
      if (held === undefined) return
      isSpeaking = true
      try {
        log[level](entryOf(message, args, held))
      } finally {
        isSpeaking = false
      }
    }
  return {
    error: say('error'),
    warn: say('warn'),
    info: say('info'),
    debug: say('debug'),
    verbose: say('trace'),
  }
}

/** As an entry, so that a `%` in the text of the SDK is no place for a value. */
function entryOf(message: string, args: readonly unknown[], repeated: number): object {
  const error = args.find(isError)
  const others = args.filter((arg) => arg !== error)
  return {
    message,
    ...(error && { error }),
    ...(others.length > 0 && { details: others.length === 1 ? others[0] : others }),
    ...(repeated > 0 && { repeated }),
  }
}

/** How often the text was held back since it was last said; undefined when it is to be held back now. */
function mayBeSaid(said: Map<string, Said>, text: string): number | undefined {
  const now = performance.now()
  const before = said.get(text)
  if (before && now - before.atMs < sameTextMs) {
    before.held += 1
    return undefined
  }
  if (said.size >= textsMax) said.clear()
  said.set(text, { atMs: now, held: 0 })
  return before?.held ?? 0
}
