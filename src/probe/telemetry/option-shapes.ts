import type { RedactOptions } from '../../redact/rules.ts'
import { FillpathError } from '../../semconv/error.ts'
import { checkHeld, checkObject, objectOf } from '../../wire/option-object.ts'
import type { FlowsOptions } from '../flow/handles/flows.ts'
import type { DestinationOptions } from '../ship/endpoint.ts'
import { consoleTable, fileTable, filesTable, repeatTable, spoolTable } from './setting-table.ts'

/** What an option holds that has no table: the compiler holds the names to its type. */
type Names<Options> = Readonly<Record<keyof Options, true>>

const ofRedact = Object.keys({
  keys: true,
  allowKeys: true,
  patterns: true,
  addresses: true,
  replacement: true,
} satisfies Names<RedactOptions>)

const ofFlows = Object.keys({
  clock: true,
  attributes: true,
  runId: true,
  commit: true,
  flowAgeMaxMs: true,
  hedgeDelayLimitMs: true,
  foreignGraceMs: true,
  endedKeepMs: true,
  endedKeepMax: true,
  liquidationDistanceMin: true,
  markIntervalMs: true,
} satisfies Names<FlowsOptions>)

const ofDestination = Object.keys({
  url: true,
  name: true,
  headers: true,
  timeoutMs: true,
  compression: true,
  tls: true,
} satisfies Names<DestinationOptions>)

const { enabled: _spoolItself, ...ofSpool } = spoolTable
const tables = { spool: ofSpool, console: { ...consoleTable, stream: true }, repeats: repeatTable }

/**
 * Checks what options are made of, as a program without types may write them. What is in those that have a table is
 * checked when they are read from it; in the others a name that is misspelt would be left out without a word, and of
 * `redact` that is a secret that leaves.
 * @throws FillpathError `setting_invalid`
 */
export function checkShapes(options: object): void {
  checkObject('what start() was given', options, 'an object of options')
  const given: Readonly<Record<string, unknown>> = { ...options }
  for (const [name, table] of Object.entries(tables)) {
    const value = given[name]
    if (value !== false) checkObject(`option ${name}`, value, `false, or ${namesOf(table)}`)
  }
  checkObject('option file', given['file'], namesOf(fileTable))
  const { files } = given
  if (typeof files !== 'string' && files !== false)
    checkObject('option files', files, `a folder, false, or ${namesOf(filesTable)}`)
  checkObject('option resourceAttributes', given['resourceAttributes'], 'an object')
  checkHeld('option redact', given['redact'], ofRedact)
  checkHeld('option flows', given['flows'], ofFlows)
  checkDestination(given['destination'])
}

function namesOf(table: object): string {
  return objectOf(Object.keys(table))
}

function checkDestination(option: unknown): void {
  if (!Array.isArray(option)) checkReceiver('option destination', option)
  else for (const [at, one] of option.entries()) checkReceiver(`option destination[${at}]`, one)
}

function checkReceiver(name: string, receiver: unknown): void {
  if (receiver === undefined || typeof receiver === 'string') return
  checkObject(name, receiver, `a URL, or ${objectOf(ofDestination)}`)
  checkHeld(name, receiver, ofDestination)
  const { url, headers }: { readonly url?: unknown; readonly headers?: unknown } = { ...receiver }
  if (typeof url !== 'string')
    throw new FillpathError('setting_invalid', `${name}.url is missing; allowed is a URL.`)
  checkObject(`${name}.headers`, headers, 'an object of names and values')
}
