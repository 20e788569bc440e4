import { normalize } from '../base/normalize.ts'
import { isPlainObject } from '../base/readable.ts'
import { glance } from './glance.ts'
import { redactLabels } from './labels.ts'
import { isHeaderName } from './names.ts'
import type { Suspicion } from './names.ts'
import { rulesOf } from './rules.ts'
import type { RedactOptions, Rules } from './rules.ts'
import {
  redactAddresses,
  redactPem,
  redactSchemes,
  redactSpoken,
  redactTokens,
  redactUrls,
} from './shapes.ts'
import { isSecretAsWhole, isSecretText } from './values.ts'

/**
 * What must never leave the process. Runs before anything is written, sent or shown.
 *
 * - A value is hidden when its name says so (`names.ts`, `values.ts`), at any depth, in objects,
 *   Maps, lists of pairs, header lists and `{name, value}` records; and inside any text, behind its
 *   name (`labels.ts`) or by its shape (`shapes.ts`): messages, stacks, URLs, JSON in strings, also
 *   JSON inside JSON.
 * - What is not secret passes as the same object. Order ids, client order ids, transaction hashes,
 *   token ids and, unless asked, wallet addresses are not secret.
 * - Redacting twice gives what redacting once gave.
 * - Never throws after it was made, never follows a cycle, takes time linear in the text. What is
 *   too large or not plain is normalised first (`base/normalize.ts`), so the result is always
 *   finite.
 */
export interface Redactor {
  /** A value under its name; the value itself when nothing was hidden. */
  redact(key: string, value: unknown): unknown
  /** All attributes of a record; the same object when nothing was hidden. */
  redactAttributes(attributes: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>
  /** A text of its own: a message, a body, the status of a span. */
  redactText(text: string): string
}

/**
 * Makes a redactor.
 * @throws FillpathError `setting_invalid` when an option cannot be used, see {@link RedactOptions}
 */
export function createRedactor(options: RedactOptions = {}): Redactor {
  return new RuledRedactor(rulesOf(options))
}

/**
 * What is known about a name: what it says, and how it may be shown (a key can be a URL with a
 * password).
 */
interface Name {
  readonly suspicion: Suspicion
  readonly shown: string
}

const depthMax = 16
const nodesMax = 16_384
const passesMax = 4
const tooLarge = Symbol('too large')

class RuledRedactor implements Redactor {
  readonly #rules: Rules
  readonly #names = new Map<string, Name>()
  #nodesLeft = 0

  constructor(rules: Rules) {
    this.#rules = rules
  }

  redactText(text: string): string {
    let result = this.#pass(text)
    if (result === text) return text
    // What was hidden may bring what stood around it together: again, until nothing more is found.
    for (let passes = 1; passes < passesMax; passes += 1) {
      const next = this.#pass(result)
      if (next === result) break
      result = next
    }
    return result
  }

  // The expressions of the bot may fail on a text (too large for their way of searching): then all
  // of it is hidden.
  #ownPatterns(text: string): string {
    const { patterns, replacement } = this.#rules
    try {
      return patterns.reduce((result, each) => replaceMatches(result, each, replacement), text)
    } catch {
      return replacement
    }
  }

  #pass(text: string): string {
    const { replacement, patterns, addresses, suspicionOf } = this.#rules
    const seen = glance(text)
    let result = text
    if (seen) {
      if (seen.tokens) result = redactPem(result, replacement)
      if (seen.paths) result = redactUrls(result, replacement)
      if (seen.words) result = redactSchemes(result, replacement)
      if (seen.tokens) result = redactTokens(result, replacement)
      if (seen.labels) result = redactLabels(result, replacement, suspicionOf)
      if (seen.words) {
        result = redactSpoken(result, replacement, (name) => suspicionOf(name) !== 'plain')
      }
    }
    if (addresses) result = redactAddresses(result, replacement)
    return patterns.length === 0 ? result : this.#ownPatterns(result)
  }

  redact(key: string, value: unknown): unknown {
    const { suspicion } = this.#name(key)
    return this.#bounded(value, (given) => this.#value(suspicion, given, false, 0))
  }

  redactAttributes(
    attributes: Readonly<Record<string, unknown>>,
  ): Readonly<Record<string, unknown>> {
    const result = this.#bounded(attributes, (given) =>
      isRecord(given) && isPlainObject(given)
        ? this.#object(given, 0)
        : this.#value('plain', given, false, 0),
    )
    return isRecord(result) ? result : { value: result }
  }

  // First as it is. What is too large, runs in circles or throws is normalised, which makes it
  // finite and quiet.
  #bounded(value: unknown, walk: (value: unknown) => unknown): unknown {
    // A getter that logs comes back in here: each walk has its own count.
    const outer = this.#nodesLeft
    try {
      this.#nodesLeft = nodesMax
      return walk(value)
    } catch {
      this.#nodesLeft = Infinity
      return walk(normalize(value))
    } finally {
      this.#nodesLeft = outer
    }
  }

  #value(suspicion: Suspicion, value: unknown, beside: boolean, depth: number): unknown {
    const { replacement } = this.#rules
    switch (typeof value) {
      case 'string':
        if (suspicion !== 'plain' && isSecretText(suspicion, value, beside)) return replacement
        return this.redactText(value)
      case 'number':
      case 'bigint':
        return isSecretAsWhole(suspicion) && suspicion !== 'signature' ? replacement : value
      case 'object':
        if (value === null) return value
        if (isSecretAsWhole(suspicion)) return replacement
        if (!Array.isArray(value) && !isPlainObject(value)) {
          return this.#value(suspicion, normalize(value), beside, depth)
        }
        return this.#object(value, depth, suspicion)
      case 'boolean':
      case 'undefined':
      case 'function':
      case 'symbol':
        return value
    }
  }

  #object(value: object, depth: number, suspicion: Suspicion = 'plain'): unknown {
    if (depth > depthMax && Number.isFinite(this.#nodesLeft)) throw tooLarge
    if (Array.isArray(value)) return this.#array(value, depth + 1, suspicion)
    if (isRecord(value)) return this.#record(value, depth + 1)
    return value
  }

  #count(): void {
    this.#nodesLeft -= 1
    if (this.#nodesLeft < 0) throw tooLarge
  }

  #array(array: readonly unknown[], depth: number, ofAll: Suspicion): unknown {
    let copy: unknown[] | undefined
    let suspicion = ofAll
    for (let index = 0; index < array.length; index += 1) {
      this.#count()
      const value = array[index]
      const clean = this.#value(suspicion, value, false, depth)
      const listed = this.#listed(array, index)
      suspicion = listed === 'plain' ? ofAll : listed
      if (copy) copy[index] = clean
      else if (!Object.is(clean, value)) {
        copy = array.slice()
        copy[index] = clean
      }
    }
    return copy ?? array
  }

  // What an item of a list says about the next one: `[name, value]`, and flat lists of headers or
  // arguments.
  #listed(array: readonly unknown[], index: number): Suspicion {
    const name = array[index]
    if (typeof name !== 'string' || !/^[-\w. \u0080-\uffff]{1,64}$/.test(name)) return 'plain'
    const next = array[index + 1]
    const isPair = array.length === 2 && index === 0
    if (next === undefined || !(isPair || isHeaderName(name))) return 'plain'
    const { suspicion } = this.#name(name)
    const isListOfNames =
      suspicion !== 'plain' && typeof next === 'string' && /^[\w-]{1,40}$/.test(next)
    return isListOfNames && this.#name(next).suspicion !== 'plain' ? 'plain' : suspicion
  }

  #record(record: Readonly<Record<string, unknown>>, depth: number): unknown {
    let copy: Record<string, unknown> | undefined
    for (const key in record) {
      this.#count()
      const value = record[key]
      const { suspicion, shown } = this.#name(key)
      const told = key === 'value' && suspicion === 'plain' ? this.#labelled(record) : suspicion
      const beside = told === 'key' && this.#hasCredentials(record)
      const clean = this.#value(told, value, beside, depth)
      if (copy === undefined && (!Object.is(clean, value) || shown !== key)) copy = { ...record }
      if (copy !== undefined) {
        if (shown !== key) delete copy[key]
        copy[shown] = clean
      }
    }
    return copy ?? record
  }

  // `{name: 'X-MBX-APIKEY', value: '…'}`
  #labelled(record: Readonly<Record<string, unknown>>): Suspicion {
    const name = record['name'] ?? record['key'] ?? record['header'] ?? record['field']
    return typeof name === 'string' ? this.#name(name).suspicion : 'plain'
  }

  #hasCredentials(record: Readonly<Record<string, unknown>>): boolean {
    return Object.keys(record).some((key) => {
      const { suspicion } = this.#name(key)
      return suspicion === 'secret' || suspicion === 'phrase' || suspicion === 'sign'
    })
  }

  #name(key: string): Name {
    const known = this.#names.get(key)
    if (known !== undefined) return known
    const name = { suspicion: this.#rules.suspicionOf(key), shown: this.redactText(key) }
    if (this.#names.size >= 4096) this.#names.clear()
    if (key.length <= 128) this.#names.set(key, name)
    return name
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function replaceMatches(text: string, pattern: RegExp, replacement: string): string {
  let result = ''
  let kept = 0
  for (const match of text.matchAll(pattern)) {
    const whole = match.indices?.[0]
    const [from, to] = match.indices?.groups?.['secret'] ?? whole ?? [0, 0]
    if (to <= from) continue
    result += text.slice(kept, from) + replacement
    kept = to
  }
  return kept === 0 ? text : result + text.slice(kept)
}
