import { inspect } from 'node:util'
import { didYouMean } from '../base/nearest.ts'
import { FillpathError } from '../semconv/error.ts'
import { allowedOf, durationText, readKind, sizeText } from './setting-kinds.ts'
import type { SettingKind, SettingValue } from './setting-kinds.ts'

/**
 * Settings, each declared once: name, environment variables, kind, default and what it is for.
 *
 * - An option wins over a variable, a variable over the default. Several variables: the first one
 *   that is set.
 * - An empty variable counts as not set (OpenTelemetry, "Environment Variable Specification"), an
 *   `undefined` option too.
 * - A value that is not allowed is an error that names the setting, the value, where it came from
 *   and what is allowed; all of them at once. A secret is never in an error.
 */
type Setting = SettingKind & {
  /** What it is for, in one sentence. */
  readonly brief: string
  /** Environment variables, the first one set wins. */
  readonly variables?: readonly string[]
  readonly default?: SettingValue
  /** The value is not shown anywhere. */
  readonly secret?: true
}

/** Settings by the name of their option. */
export type Settings = Readonly<Record<string, Setting>>

/** The environment: `process.env` or a part of it. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The type of the value of a setting, without its default. */
type Read<S extends Setting> = S extends { kind: 'integer' | 'duration' | 'size' }
  ? number
  : S extends { kind: 'boolean' }
    ? boolean
    : S extends { kind: 'headers' }
      ? Readonly<Record<string, string>>
      : S extends { kind: 'choice'; values: readonly (infer V)[] }
        ? V
        : string

/** The values of settings; one without a default may be undefined. */
export type Values<All extends Settings> = {
  readonly [Name in keyof All]: All[Name] extends { default: SettingValue }
    ? Read<All[Name]>
    : Read<All[Name]> | undefined
}

/** Where settings are read from. */
export interface SettingSources {
  /** Options of the call or the command. @default none */
  readonly options?: object
  /** @default process.env */
  readonly environment?: Environment
  /** How an option is called in messages. @default its name */
  readonly optionName?: (name: string) => string
}

/**
 * Reads all settings.
 * @throws FillpathError `setting_invalid`, one line for each value that is not allowed and each
 * unknown option
 */
export function readSettings<const All extends Settings>(
  settings: All,
  sources: SettingSources = {},
): Values<All> {
  const { options = {}, environment = process.env, optionName = (name) => name } = sources
  const given: Readonly<Record<string, unknown>> = { ...options }
  const problems = unknownOptions(settings, given, optionName)
  const values: Record<string, SettingValue | undefined> = {}
  for (const [name, setting] of Object.entries(settings)) {
    const option = given[name]
    const found =
      option === undefined
        ? variableOf(setting, environment)
        : { value: option, from: `option ${optionName(name)}` }
    if (!found) {
      values[name] = setting.default
      continue
    }
    const value = readKind(setting, found.value)
    if (value === undefined) problems.push(problemOf(setting, found))
    values[name] = value
  }
  if (problems.length > 0) throw new FillpathError('setting_invalid', problems.join('\n'))
  // Every name of `All` was read above by the kind that `Values` is derived from.
  return values as Values<All>
}

interface Found {
  readonly value: unknown
  readonly from: string
}

function variableOf(setting: Setting, environment: Environment): Found | undefined {
  for (const name of setting.variables ?? []) {
    const value = environment[name]?.trim()
    if (value) return { value, from: `environment variable ${name}` }
  }
  return undefined
}

function unknownOptions(
  settings: Settings,
  options: Readonly<Record<string, unknown>>,
  optionName: (name: string) => string,
): string[] {
  const names = Object.keys(settings)
  return Object.keys(options)
    .filter((name) => options[name] !== undefined && !Object.hasOwn(settings, name))
    .map(
      (name) =>
        `option ${optionName(name)} is not known.${didYouMean(name, names).replaceAll(
          /"([^"]+)"/g,
          (_, near: string) => `"${optionName(near)}"`,
        )}`,
    )
}

function problemOf(setting: Setting, { value, from }: Found): string {
  const near =
    setting.kind === 'choice' && typeof value === 'string' ? didYouMean(value, setting.values) : ''
  return `${from} is ${shown(setting, value)}; allowed is ${allowedOf(setting)}.${near}`
}

const shownLengthMax = 120

/** A value as it may be shown in a message. */
function shown(setting: Setting, value: unknown): string {
  if (setting.secret || setting.kind === 'headers') {
    return typeof value === 'string'
      ? `a text of ${value.length} characters (not shown)`
      : `${typeof value} (not shown)`
  }
  return shownValue(value)
}

/** A value as it may be shown in a message, unless it is a secret as a whole. */
export function shownValue(value: unknown): string {
  if (typeof value === 'object') return kindOfObject(value)
  if (typeof value !== 'string') return inspect(value)
  // A password in a URL, also in one that cannot be read.
  const text = value.replaceAll(/(:\/\/)[^\s/]*@/g, '$1***@')
  return JSON.stringify(text.length > shownLengthMax ? `${text.slice(0, shownLengthMax)}…` : text)
}

function kindOfObject(value: object | null): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : 'an object'
}

/** Variables of fillpath that another of its programs reads: not a slip, however near. */
const readElsewhere = new Set(['FILLPATH_DATA'])

/**
 * Variables in the environment that begin with `prefix`, belong to none of these settings, and are nearly the name of one:
 * most likely misspelt. One sentence for each.
 */
export function misspeltVariables(
  settings: readonly Settings[],
  environment: Environment = process.env,
  prefix = 'FILLPATH_',
): string[] {
  const known = settings
    .flatMap((all) => Object.values(all).flatMap((one) => one.variables ?? []))
    .filter((name) => name.startsWith(prefix))
  return Object.keys(environment)
    .filter((name) => name.startsWith(prefix) && !known.includes(name) && !readElsewhere.has(name))
    .sort()
    .flatMap((name) => {
      // The prefix alone would make every name near to every other.
      const own = known.map((each) => each.slice(prefix.length))
      const near = didYouMean(name.slice(prefix.length), own)
      const meant = near.replaceAll(/"(\w+)"/g, `"${prefix}$1"`)
      return near === ''
        ? []
        : [`environment variable ${name} is not known and was not read.${meant}`]
    })
}

/** One line of the page of settings. */
export interface SettingRow {
  readonly name: string
  readonly variables: readonly string[]
  readonly allowed: string
  readonly default: string
  readonly brief: string
}

/** All settings as rows, in the order they were declared. */
export function settingRows(settings: Settings): SettingRow[] {
  return Object.entries(settings).map(([name, setting]) => ({
    name,
    variables: setting.variables ?? [],
    allowed: allowedOf(setting),
    default: defaultText(setting),
    brief: setting.brief,
  }))
}

function defaultText(setting: Setting): string {
  const value = setting.default
  if (value === undefined) return ''
  if (typeof value === 'number' && setting.kind === 'duration') return durationText(value)
  if (typeof value === 'number' && setting.kind === 'size') return sizeText(value)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
