/**
 * Levels of winston and severities of OpenTelemetry.
 *
 * The loggers of fillpath know every level that winston's types name (npm, syslog and cli sets), with `fatal` and
 * `trace` of OpenTelemetry. A logger of the user's own may have any set; each of its levels gets a severity number too,
 * so that no record slips through a filter because nobody knows how severe it is.
 */

/** Severity number of each level, as OpenTelemetry's winston transport maps them. */
export const severityOfLevel = {
  emerg: 23,
  alert: 22,
  crit: 21,
  fatal: 21,
  error: 17,
  warn: 13,
  warning: 13,
  help: 11,
  notice: 10,
  data: 10,
  info: 9,
  http: 7,
  verbose: 6,
  debug: 5,
  prompt: 4,
  input: 2,
  trace: 1,
  silly: 1,
} as const

/** A level of fillpath's own loggers. */
export type Level = keyof typeof severityOfLevel

const severityMax = 24

/** The same levels as a winston set: the lower the number, the more severe. */
export const winstonLevels: Readonly<Record<Level, number>> = rankedLevels()

function rankedLevels(): Record<Level, number> {
  const ranks: Record<Level, number> = { ...severityOfLevel }
  for (const level of Object.keys(ranks).filter(isLevel)) ranks[level] = severityMax - ranks[level]
  return ranks
}

/** Whether `name` is a level of fillpath's own loggers. */
export function isLevel(name: string): name is Level {
  return Object.hasOwn(severityOfLevel, name)
}

/** A logger's levels with the severity number of each. */
export type Severities = ReadonlyMap<string, number>

/**
 * Severity numbers for a level set of the user's own. Known names keep their number; one between two known ones gets a
 * number between theirs, one beyond the last known one a step more or less; a set without any known name is spread
 * from fatal (its most severe level) to trace.
 * @param levels winston's form: the lower the number, the more severe
 */
export function severitiesOf(levels: Readonly<Record<string, number>>): Severities {
  const names = Object.keys(levels).sort((a, b) => (levels[a] ?? 0) - (levels[b] ?? 0))
  const known = names.map((name) => (isLevel(name) ? severityOfLevel[name] : undefined))
  const severities = new Map<string, number>()
  for (const [index, name] of names.entries()) {
    severities.set(name, known[index] ?? between(known, index))
  }
  return severities
}

function between(known: readonly (number | undefined)[], index: number): number {
  const above = lastKnown(known.slice(0, index))
  const below = known.slice(index + 1).find((number) => number !== undefined)
  if (above === undefined && below === undefined) {
    const share = known.length === 1 ? 0.5 : index / (known.length - 1)
    return Math.round(severityOfLevel.fatal - share * (severityOfLevel.fatal - 1))
  }
  if (above === undefined) return Math.min(severityMax, (below ?? 0) + 4)
  if (below === undefined) return Math.max(1, above - 4)
  return Math.round((above + below) / 2)
}

function lastKnown(numbers: readonly (number | undefined)[]): number | undefined {
  return numbers.findLast((number) => number !== undefined)
}

/** The name of a severity number: that of the nearest level of OpenTelemetry at or below it. */
export function levelOfSeverity(severityNumber: number): Level {
  if (severityNumber >= severityOfLevel.fatal) return 'fatal'
  if (severityNumber >= severityOfLevel.error) return 'error'
  if (severityNumber >= severityOfLevel.warn) return 'warn'
  if (severityNumber >= severityOfLevel.info) return 'info'
  return severityNumber >= severityOfLevel.debug ? 'debug' : 'trace'
}
