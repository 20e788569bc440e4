/**
 * Categories of the user's own: files of the records that somebody wants to see apart, beside those that the registry
 * gives each event.
 *
 * As an option a list, as a text one after the other with `;` between, conditions with blanks between:
 *
 *   funding: event=trading.position.funding*; btc-trouble: level=warn trading.symbol=BTC/*
 *
 * A record belongs to a category that all of whose conditions hold for it. `*` is any run of characters, `?` one. An event
 * may be written in any known spelling. `level` means this level and above. What has a blank in it can only stand in a
 * list.
 */
import { globMatcher } from '../base/glob.ts'
import { didYouMean } from '../base/nearest.ts'
import { eventNameOf } from '../semconv/aliases.ts'
import { attributeDefinition, attributes as known } from '../semconv/attributes.ts'
import { FillpathError } from '../semconv/error.ts'
import { events } from '../semconv/events.ts'
import { severities } from '../semconv/severity.ts'
import { dailyFiles } from './paths.ts'

/** A category of the user's own. At least one condition. */
export interface OwnCategory {
  /** Of the file: `categories/<name>_YYYYMMDD.jsonl`. Small letters, digits and `-`. */
  readonly name: string
  /** Name of events, or a pattern such as `trading.hedge.*`. @default any, log lines too */
  readonly event?: string
  /** The logger that wrote it, or a pattern such as `bot.orders*`. @default any */
  readonly module?: string
  /** This level and above: trace, debug, info, warn, error, fatal. @default any */
  readonly level?: string
  /** By name what an attribute must be, as a text or a pattern. @default any */
  readonly attributes?: Readonly<Record<string, string>>
}

const nameForm = /^[a-z][a-z0-9-]{0,30}$/
const countMax = 32
const levels = Object.keys(severities)
const ownNamespaces = /^(?:trading|fillpath)\./

/**
 * The categories of a setting, checked.
 * @param source what the user set, named in the error
 * @throws FillpathError `setting_invalid`, one line for each fault
 */
export function ownCategories(
  given: string | readonly OwnCategory[] | undefined,
  source: string,
): readonly OwnCategory[] {
  if (given === undefined) return []
  const faults: string[] = []
  const list: readonly unknown[] =
    typeof given === 'string' ? listOf(given, faults) : Array.isArray(given) ? given : [given]
  const categories = list.flatMap((one, index) => {
    const found = readCategory(one)
    if (typeof found === 'string') faults.push(`category ${index + 1}: ${found}`)
    return typeof found === 'string' ? [] : [found]
  })
  for (const category of categories) faults.push(...faultsOf(category))
  const names = categories.map(({ name }) => name)
  for (const name of new Set(names.filter((name, index) => names.indexOf(name) < index)))
    faults.push(`category "${name}" is there twice`)
  if (categories.length > countMax)
    faults.push(`there are ${categories.length} categories; allowed are ${countMax}`)
  if (faults.length === 0) return categories
  const lines = faults.map((fault) => `${source}: ${fault}`)
  throw new FillpathError('setting_invalid', lines.join('\n'), {
    hint: 'Write NAME: event=PATTERN module=PATTERN level=LEVEL ATTRIBUTE=PATTERN, with ";" between two of them.',
  })
}

/** The categories in a text; what is none is put among the faults. */
function listOf(text: string, faults: string[]): OwnCategory[] {
  return text.split(';').flatMap((part) => {
    if (part.trim() === '') return []
    const colon = part.indexOf(':')
    if (colon < 0) {
      faults.push(`"${part.trim()}" has no ":" behind its name`)
      return []
    }
    const conditions: Record<string, string> = {}
    const name = part.slice(0, colon).trim()
    for (const word of part
      .slice(colon + 1)
      .trim()
      .split(/\s+/)) {
      const equals = word.indexOf('=')
      const key = word.slice(0, Math.max(0, equals))
      if (word === '') continue
      if (equals < 1) faults.push(`category "${name}": "${word}" is not KEY=VALUE`)
      else if (Object.hasOwn(conditions, key)) faults.push(`category "${name}" has ${key} twice`)
      else conditions[key] = word.slice(equals + 1)
    }
    const { event, module, level, ...attributes } = conditions
    return [
      {
        name,
        ...(event !== undefined && { event }),
        ...(module !== undefined && { module }),
        ...(level !== undefined && { level }),
        ...(Object.keys(attributes).length > 0 && { attributes }),
      },
    ]
  })
}

/** What a caller without types gave, as a category or as what is wrong with it. */
function readCategory(given: unknown): OwnCategory | string {
  if (typeof given !== 'object' || given === null) return 'is not an object'
  const {
    name,
    event,
    module,
    level,
    attributes = {},
    ...rest
  }: Record<string, unknown> = { ...given }
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined)
    return `${unknown} is not known.${didYouMean(unknown, ['name', 'event', 'module', 'level', 'attributes'])}`
  if (typeof name !== 'string') return 'has no name'
  if (event !== undefined && typeof event !== 'string') return 'its event is not a text'
  if (module !== undefined && typeof module !== 'string') return 'its module is not a text'
  if (level !== undefined && typeof level !== 'string') return 'its level is not a text'
  if (typeof attributes !== 'object' || attributes === null) return 'attributes is not an object'
  const texts: Record<string, string> = {}
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value !== 'string') return `its attribute ${key} is not a text`
    texts[key] = value
  }
  return {
    name,
    ...(event !== undefined && { event }),
    ...(module !== undefined && { module }),
    ...(level !== undefined && { level: level.toLowerCase() }),
    attributes: texts,
  }
}

function faultsOf({ name, event, module, level, attributes = {} }: OwnCategory): string[] {
  const faults: string[] = []
  const say = (what: string): void => void faults.push(`category "${name}" ${what}`)
  if (!nameForm.test(name))
    say('needs a name of small letters, digits and "-", at most 31, with a letter first')
  if (Object.hasOwn(dailyFiles, name)) say('is there already, in logs/, traces/ or metrics/')
  const keys = Object.keys(attributes)
  const isBare = event === undefined && module === undefined && level === undefined
  if (isBare && keys.length === 0) say('has no condition; all records stand in logs/events already')
  if (event !== undefined && !isPossibleEvent(event))
    say(
      `wants the event "${event}", which there is none of.${didYouMean(event, Object.keys(events))}`,
    )
  if (level !== undefined && !levels.includes(level.toLowerCase()))
    say(`has the level "${level}"; allowed are ${levels.join(', ')}.${didYouMean(level, levels)}`)
  for (const key of keys) {
    if (ownNamespaces.test(key) && attributeDefinition(key) === undefined)
      say(
        `wants the attribute ${key}, which there is none of.${didYouMean(key, Object.keys(known))}`,
      )
  }
  return faults
}

/** Events of a bot's own have any name; in the namespaces of the registry a name that it has not is a slip. */
function isPossibleEvent(pattern: string): boolean {
  if (pattern === '') return false
  if (!ownNamespaces.test(pattern) || eventNameOf(pattern) !== undefined) return true
  return Object.keys(events).some(globMatcher(pattern))
}
