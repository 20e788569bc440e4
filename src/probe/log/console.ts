import { Console } from 'node:console'
import type { Writable } from 'node:stream'
import { humanLines } from './human.ts'
import { jsonLine } from './json.ts'
import type { Sink } from './sink.ts'

/** How lines are written: for people, or one JSON object each. */
export type LineFormat = 'human' | 'json'

/** What the console shows. */
export interface ConsoleOptions {
  /** @default 'human' */
  readonly format?: LineFormat | undefined
  /** @default process.stdout */
  readonly stream?: Writable | undefined
  /** @default true on a terminal, unless NO_COLOR is set; FORCE_COLOR has the last word */
  readonly colour?: boolean | undefined
}

/**
 * A sink that prints. A closed pipe (`bot | head`) does not end the bot: Node's Console swallows the error of its own
 * writes, and of those alone.
 */
export function consoleSink(options: ConsoleOptions = {}): Sink {
  const stream = options.stream ?? process.stdout
  const printer = new Console({ stdout: stream, stderr: stream, ignoreErrors: true })
  const line =
    options.format === 'json' ? jsonLine : humanLines(options.colour ?? wantsColour(stream))
  return { write: (entry) => printer.log(line(entry)) }
}

function wantsColour(stream: Writable): boolean {
  const { FORCE_COLOR: forced, NO_COLOR: none } = process.env
  if (forced !== undefined && forced !== '0' && forced !== 'false') return true
  if ((none !== undefined && none !== '') || forced !== undefined) return false
  return 'isTTY' in stream && stream.isTTY === true && process.env['TERM'] !== 'dumb'
}
