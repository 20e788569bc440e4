import { FillpathError } from '../../semconv/error.ts'
import { ownCategories } from '../../wire/own-category.ts'
import type { OwnCategory } from '../../wire/own-category.ts'
import { dayOf } from '../../wire/paths.ts'
import { readSettings } from '../../wire/settings.ts'
import type { Environment } from '../../wire/settings.ts'
import { destinationOf } from '../ship/endpoint.ts'
import type { Destination, DestinationOptions } from '../ship/endpoint.ts'
import { destinationFromEnvironment, namesReceiver } from '../ship/environment.ts'
import type { FilesOptions } from '../ship/files.ts'
import { absolute } from './absolute.ts'
import { filesTable } from './setting-table.ts'

export type { OwnCategory } from '../../wire/own-category.ts'
export type { DestinationOptions } from '../ship/endpoint.ts'

type DestinationOption = string | DestinationOptions | readonly (string | DestinationOptions)[]

/** Files that the bot writes itself: those that a desk would write, with the words and defaults of a desk. */
export interface FilesSettings {
  /** Made when missing; of this bot alone. FILLPATH_FILES */
  readonly folder: string
  /** Zone whose midnight begins a new file: UTC, local, or an IANA name. FILLPATH_TIME_ZONE @default 'UTC' */
  readonly timeZone?: string
  /** Bytes, or a text such as '64MiB', after which a day goes on in another file. FILLPATH_FILE_MAX @default 268_435_456 */
  readonly fileMax?: number | string
  /** What the folder may take on the disk; past it the oldest files are deleted. FILLPATH_DATA_MAX @default no limit */
  readonly dataMax?: number | string
  /** Free space below which order-book snapshots are thinned; 0 never. FILLPATH_DISK_FREE_MIN @default 1_073_741_824 */
  readonly diskFreeMin?: number | string
  /** Of so many order-book snapshots of a task one is kept; 0 keeps none. FILLPATH_SNAPSHOTS_EVERY @default 1 */
  readonly snapshotsEvery?: number
  /** Days after which a file is compressed; 0 never. FILLPATH_ARCHIVE_AFTER_DAYS @default 7 */
  readonly archiveAfterDays?: number
  /** Days after which a file is deleted; 0 never. FILLPATH_DELETE_AFTER_DAYS @default 90 */
  readonly deleteAfterDays?: number
  /**
   * Files of one's own, `categories/<name>_YYYYMMDD.jsonl`, by event, module, level and attributes; as a text
   * `NAME: event=PATTERN module=PATTERN level=LEVEL ATTRIBUTE=PATTERN; NAME: …`. FILLPATH_CATEGORIES @default none
   */
  readonly categories?: string | readonly OwnCategory[]
}

/** What says where records go. */
interface Going {
  readonly destination: DestinationOption | undefined
  readonly files: string | FilesSettings | false | undefined
  readonly spool: { readonly folder: string } | false
}

/**
 * Receivers and files that records go to. Who has files and names no receiver has none: nobody is looked for in vain.
 * @throws FillpathError `setting_invalid`
 */
export function destinationsFrom(
  { destination, files, spool }: Going,
  environment: Environment,
): { readonly destinations: readonly Destination[]; readonly files: FilesOptions | undefined } {
  const own = filesOf(files, environment)
  if (own !== undefined) checkFiles(own, spool)
  const isAlone = own !== undefined && destination === undefined && !namesReceiver(environment)
  return { destinations: isAlone ? [] : receiversFrom(destination, environment), files: own }
}

/** Takes nothing. */
export const nobody: Destination = { name: 'nobody', endpoints: {} }

function receiversFrom(
  option: DestinationOption | undefined,
  environment: Environment,
): readonly Destination[] {
  if (option === undefined) return [destinationFromEnvironment(environment)]
  const given = isList(option) ? option : [option]
  const destinations = given.map((one, index) => {
    const source = isList(option) ? `option destination[${index}]` : 'option destination'
    return destinationOf(typeof one === 'string' ? { url: one } : one, source)
  })
  if (destinations.length === 0) {
    const message = 'option destination is an empty list; allowed is at least one receiver'
    throw new FillpathError('setting_invalid', message)
  }
  const names = destinations.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice === undefined) return destinations
  const message = `option destination names ${twice} twice; give one of them a name of its own`
  throw new FillpathError('setting_invalid', message)
}

function isList<One>(option: One | readonly One[]): option is readonly One[] {
  return Array.isArray(option)
}

function filesOf(
  option: string | FilesSettings | false | undefined,
  environment: Environment,
): FilesOptions | undefined {
  if (option === false) return undefined
  const optionName = (name: string): string =>
    typeof option === 'string' ? 'files' : `files.${name}`
  const { categories: given, ...options }: Partial<FilesSettings> =
    typeof option === 'string' ? { folder: option } : (option ?? {})
  const read = readSettings(filesTable, { options, environment, optionName })
  const { folder } = read
  if (folder !== undefined) {
    const source =
      given === undefined ? 'environment variable FILLPATH_CATEGORIES' : 'option files.categories'
    const categories = ownCategories(given ?? read.categories, source)
    return { ...read, folder: absolute(folder), categories }
  }
  if (option === undefined) return undefined
  const message = 'option files.folder is missing; allowed is a text that is not empty'
  throw new FillpathError('setting_invalid', message)
}

/** What only shows when the first record comes is refused at the start. */
function checkFiles({ folder, timeZone }: FilesOptions, spool: Going['spool']): void {
  dayOf(0, timeZone)
  if (spool === false) {
    throw new FillpathError('setting_invalid', `files in ${folder} are written from the spool`, {
      hint: 'Leave out "spool: false" and FILLPATH_SPOOL=false, or the files.',
    })
  }
  if (spool.folder !== folder) return
  throw new FillpathError('setting_invalid', `files and spool share the folder ${folder}`, {
    hint: 'Give one of them another folder: FILLPATH_FILES, FILLPATH_SPOOL_FOLDER, or the options.',
  })
}
