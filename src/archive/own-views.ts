import { globMatcher } from '../base/glob.ts'
import { eventNameOf } from '../semconv/aliases.ts'
import { severities } from '../semconv/severity.ts'
import { valueText } from '../wire/line/value.ts'
import type { OwnCategory } from '../wire/own-category.ts'
import type { OwnFile } from '../wire/paths.ts'
import type { AnyValue, WireRecord } from '../wire/record.ts'
import { eventOf } from './destination.ts'

interface Category {
  readonly file: OwnFile
  readonly takesEvent: ((name: string) => boolean) | undefined
  readonly takesModule: ((name: string) => boolean) | undefined
  readonly severityMin: number
  readonly attributes: readonly (readonly [string, (text: string) => boolean])[]
}

/** Which files of the user's own categories a record belongs to. */
export class OwnViews {
  readonly #categories: readonly Category[]

  constructor(categories: readonly OwnCategory[]) {
    this.#categories = categories.map(({ name, event, module, level, attributes = {} }) => ({
      file: `+${name}`,
      takesEvent: event === undefined ? undefined : globMatcher(eventNameOf(event) ?? event),
      takesModule: module === undefined ? undefined : globMatcher(module),
      severityMin: severityOf(level),
      attributes: Object.entries(attributes).map(([key, text]) => [key, globMatcher(text)]),
    }))
  }

  /** The files, in the order of the categories. Spans and metric points belong to none. */
  of(record: WireRecord): readonly OwnFile[] {
    if (record.signal !== 'log' || this.#categories.length === 0) return []
    const event = eventOf(record)
    const name = eventNameOf(event) ?? event
    const files: OwnFile[] = []
    for (const category of this.#categories) {
      const { file, takesEvent, takesModule, severityMin, attributes } = category
      if (record.severityNumber < severityMin) continue
      if (takesModule?.(record.scope.name) === false) continue
      if (takesEvent !== undefined && (name === '' || !takesEvent(name))) continue
      if (attributes.every(([key, takes]) => isTaken(record.attributes.get(key), takes)))
        files.push(file)
    }
    return files
  }
}

function isTaken(value: AnyValue | undefined, takes: (text: string) => boolean): boolean {
  if (value === undefined) return false
  return takes(typeof value === 'string' ? value : valueText(value))
}

function severityOf(level: string | undefined): number {
  return level === undefined
    ? 0
    : (new Map<string, number>(Object.entries(severities)).get(level) ?? 0)
}
