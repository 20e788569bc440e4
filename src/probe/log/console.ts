import type { Writable } from 'node:stream'
import { print } from '../../base/print.ts'
import type { Entry } from './entry.ts'
import { humanLines } from './human.ts'
import { jsonLine } from './json.ts'
import { isLevel, severityOfLevel } from './levels.ts'
import type { Level } from './levels.ts'
import type { Sink } from './sink.ts'

/** How lines are written: for people, or one JSON object each. */
export type LineFormat = 'human' | 'json'

/** What the console shows. */
export interface ConsoleOptions {
  /** @default 'human' */
  readonly format?: LineFormat | undefined
  /** @default process.stdout */
  readonly stream?: Writable | undefined
  /** Lowest level that goes to `errorStream` instead, so that both can be kept apart. @default 'off' */
  readonly stderrLevel?: Level | 'off' | undefined
  /** @default process.stderr */
  readonly errorStream?: Writable | undefined
  /** @default true on a terminal, unless NO_COLOR is set; FORCE_COLOR has the last word */
  readonly colour?: boolean | undefined
}

/**
 * A sink that prints. A closed pipe (`bot | head`) does not end the bot.
 */
export function consoleSink(options: ConsoleOptions = {}): Sink {
  const stdout = options.stream ?? process.stdout
  const stderr = options.errorStream ?? process.stderr
  const lineFor = (stream: Writable): ((entry: Entry) => string) =>
    options.format === 'json' ? jsonLine : humanLines(options.colour ?? wantsColour(stream))
  const line = lineFor(stdout)
  const errorLine = lineFor(stderr)
  const { stderrLevel = 'off' } = options
  const errorSeverity = isLevel(stderrLevel) ? severityOfLevel[stderrLevel] : Infinity
  return {
    write(entry) {
      if (entry.severity < errorSeverity) print(stdout, line(entry))
      else print(stderr, errorLine(entry))
    },
  }
}

function wantsColour(stream: Writable): boolean {
  const { FORCE_COLOR: forced, NO_COLOR: none } = process.env
  if (forced !== undefined && forced !== '0' && forced !== 'false') return true
  if ((none !== undefined && none !== '') || forced !== undefined) return false
  return 'isTTY' in stream && stream.isTTY === true && process.env['TERM'] !== 'dumb'
}
