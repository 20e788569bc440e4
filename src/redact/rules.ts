import { globMatcher } from '../base/glob.ts'
import { FillpathError } from '../semconv/error.ts'
import { suspicionOf } from './names.ts'
import type { Suspicion } from './names.ts'

/** What must not leave, beyond what is hidden anyway. */
export interface RedactOptions {
  /**
   * More names whose values are secret. A string is compared without regard to case and separators
   * and may hold `*` (`'internal*'`); a RegExp is tested on the name as written. @default none
   */
  readonly keys?: readonly (string | RegExp)[]
  /**
   * Names whose values are not secret, whatever the rules say: `['signature']`. Wins over `keys`.
   * What shows as a secret by its own shape (PEM, JWT, passwords in URLs) stays hidden. @default
   * none
   */
  readonly allowKeys?: readonly (string | RegExp)[]
  /**
   * More secrets in text. The match is replaced, or only the group named `secret` where there is
   * one: `/acct-(?<secret>\d+)/`. A string is the source of a RegExp. @default none
   */
  readonly patterns?: readonly (string | RegExp)[]
  /** Hides wallet addresses too. @default false */
  readonly addresses?: boolean
  /** What stands in place of a secret. @default '[REDACTED]' */
  readonly replacement?: string
}

/** Options of {@link RedactOptions}, checked and made ready. */
export interface Rules {
  readonly replacement: string
  readonly addresses: boolean
  readonly patterns: readonly RegExp[]
  /** What a name says about its value. Remembers its answers. */
  readonly suspicionOf: (name: string) => Suspicion
}

/**
 * Checks the options and makes them ready.
 * @throws FillpathError `setting_invalid` for a RegExp that cannot be read, that matches the empty
 *   text or the replacement, or that could take forever, and for a replacement with characters that
 *   end a value
 */
export function rulesOf(options: RedactOptions): Rules {
  const { replacement = '[REDACTED]', addresses = false } = options
  if (typeof replacement !== 'string' || !/^[^\s"'`\\&=:;,#?%(){}|@/]{1,64}$/.test(replacement)) {
    throw invalid(
      'redact.replacement',
      replacement,
      'allowed are 1 to 64 characters without spaces, quotes and any of \\ & = : ; , # ? % ( ) { } | @ /',
    )
  }
  const hides = namesOf('redact.keys', listOf('redact.keys', options.keys))
  const allows = namesOf('redact.allowKeys', listOf('redact.allowKeys', options.allowKeys))
  const answers = new Map<string, Suspicion>()
  return {
    replacement,
    addresses,
    patterns: listOf('redact.patterns', options.patterns).map((pattern) =>
      patternOf(pattern, replacement),
    ),
    suspicionOf(name) {
      const known = answers.get(name)
      if (known !== undefined) return known
      const suspicion = decide(name, hides, allows, addresses)
      // Names come from data: a bot that uses ids as keys must not fill the memory.
      if (answers.size >= 4096) answers.clear()
      if (name.length <= 128) answers.set(name, suspicion)
      return suspicion
    },
  }
}

type NameTest = (name: string) => boolean

function decide(name: string, hides: NameTest, allows: NameTest, addresses: boolean): Suspicion {
  if (allows(name)) return 'plain'
  const suspicion = suspicionOf(name)
  if (suspicion === 'line' || suspicion === 'phrase') return suspicion
  if (hides(name)) return 'secret'
  return suspicion === 'address' && !addresses ? 'plain' : suspicion
}

// One name instead of a list of them is what a program without types writes soonest.
function listOf<One>(setting: string, list: readonly One[] | undefined): readonly One[] {
  if (list === undefined || Array.isArray(list)) return list ?? []
  throw invalid(setting, list, 'allowed is a list')
}

function namesOf(setting: string, names: readonly (string | RegExp)[]): NameTest {
  const tests = names.map((name): NameTest => {
    if (name instanceof RegExp) {
      const pattern = regExpOf(setting, name, 'i')
      return (candidate) => pattern.test(candidate)
    }
    if (typeof name !== 'string' || fold(name) === '') {
      throw invalid(setting, name, 'allowed are names and regular expressions')
    }
    const matches = globMatcher(fold(name))
    return (candidate) => matches(fold(candidate))
  })
  return (candidate) => tests.some((test) => test(candidate))
}

function fold(name: string): string {
  return name
    .slice(-128)
    .toLowerCase()
    .replaceAll(/[-_. ]/g, '')
}

function patternOf(source: string | RegExp, replacement: string): RegExp {
  const pattern = regExpOf('redact.patterns', source, 'gd')
  if (pattern.test('')) {
    throw invalid(
      'redact.patterns',
      source,
      'it matches the empty text, so it would match everywhere',
    )
  }
  pattern.lastIndex = 0
  if (pattern.test(replacement)) {
    throw invalid('redact.patterns', source, `it matches the replacement ${replacement} itself`)
  }
  pattern.lastIndex = 0
  return pattern
}

function regExpOf(setting: string, source: string | RegExp, flags: string): RegExp {
  let pattern: RegExp
  try {
    const given = source instanceof RegExp ? source.flags.replaceAll(/[gyd]/g, '') : ''
    pattern = new RegExp(
      source instanceof RegExp ? source.source : source,
      [...new Set(given + flags)].join(''),
    )
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw invalid(setting, source, `it is no regular expression: ${reason}`, error)
  }
  if (hasNestedRepeat(pattern.source)) {
    throw invalid(
      setting,
      source,
      'it repeats a group that repeats inside, like (a+)+, which can take forever; write it without',
    )
  }
  return pattern
}

/**
 * Whether a repeated group holds a repeat itself. Such an expression may try exponentially many
 * ways to split one text, and would stop the bot while it does.
 */
function hasNestedRepeat(source: string): boolean {
  const groups: boolean[] = [false]
  // Escapes, classes, group openings, closings with their repeat, repeats.
  const tokens =
    /\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?(?:[:=!]|<[=!]|<\w+>))?|\)([*+]|\{\d+,\d*\})?|[*+]|\{\d+,\}/gs
  for (const [token, repeat] of source.matchAll(tokens)) {
    if (token.startsWith('\\') || token.startsWith('[')) continue
    if (token.startsWith('(')) groups.push(false)
    else if (token.startsWith(')')) {
      const repeats = groups.pop() === true
      if (repeats && repeat !== undefined) return true
      if (repeats || repeat !== undefined) groups[groups.length - 1] = true
    } else groups[groups.length - 1] = true
  }
  return false
}

function invalid(setting: string, value: unknown, why: string, cause?: unknown): FillpathError {
  return new FillpathError(
    'setting_invalid',
    `${setting}: ${String(value).slice(0, 200)}: ${why}`,
    {
      ...(cause === undefined ? {} : { cause }),
      hint: 'Correct it, or leave it out to get the default.',
    },
  )
}
